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
 * @returns {Promise<Halver>} the one engine of the page; rejects with a `HalverError`. After a failure the next call tries again
 */
export function engine() {
  loading ??= load();
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

/** Loads the engine ahead of the first picture. A failure shows when it is needed. */
export function warmUp() {
  engine().catch(() => {});
}

/** @returns {number} bytes of the engine's module as it was loaded, decompressed; 0 where the browser does not tell */
export function moduleBytes() {
  const loads = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource'));
  return loads.findLast(({ name }) => new URL(name).pathname.endsWith('.wasm'))?.decodedBodySize ?? 0;
}

/** @returns {Promise<Halver>} */
async function load() {
  const { createHalver } = await import('./halver/index.js').catch((error) => {
    throw Object.assign(new Error(String(error)), { name: 'HalverError', code: 'engine-missing', details: {} });
  });
  return createHalver({ workers: LANES });
}
