// @ts-check
/** The engine: the package `halver`, loaded when a picture is there or about to come, never before the page is painted. */

/** @typedef {import('./halver/index.js').Halver} Halver */
/** @typedef {import('./halver/index.js').Half} Half */
/** @typedef {import('./halver/index.js').HalveOptions} HalveOptions */

/** @type {Promise<Halver> | undefined} */
let loading;

/** Pictures at work at the same time; as many as the package has workers for. */
export const LANES = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));

/**
 * @param {Record<string, any>} [options] of the pictures to come, as far as they are known: whether they take the full engine
 * @returns {Promise<Halver>} the one engine of the page; rejects with a `HalverError`. After a failure the next call tries again
 */
export function engine({ format, effort } = {}) {
  loading ??= load(['webp', 'auto'].includes(format) || effort === 'small');
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

/**
 * Loads the engine ahead of the first picture. A failure shows when it is needed.
 *
 * @param {Record<string, any>} options as far as they are known
 */
export function warmUp(options) {
  engine(options).catch(() => {});
}

/** @returns {number} bytes of the engine's modules as they were loaded, decompressed; 0 where the browser does not tell */
export function moduleBytes() {
  const loads = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource'));
  const modules = new Map(loads.map(({ name, decodedBodySize }) => [new URL(name).pathname, decodedBodySize]));
  return [...modules].filter(([path]) => path.endsWith('.wasm')).reduce((sum, [, length]) => sum + length, 0);
}

/**
 * @param {boolean} full
 * @returns {Promise<Halver>}
 */
async function load(full) {
  const { createHalver } = await import('./halver/index.js').catch((error) => {
    throw Object.assign(new Error(String(error)), { name: 'HalverError', code: 'engine-missing', details: {} });
  });
  return createHalver({ workers: LANES, full });
}
