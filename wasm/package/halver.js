// @ts-check
/** What is the same in pages and in Node: the choice of a build, and the jobs. */

import { missing } from './error.js';
import { Pool } from './pool.js';

/** The smallest module with a 128-bit instruction: `(func (result v128) i32.const 0 i8x16.splat)`. */
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11]);

/**
 * @typedef {object} Platform
 * @property {(base: string | undefined) => Worker} spawn from the folder `base`, which ends with a slash
 * @property {(name: string, base: string | undefined) => Promise<WebAssembly.Module>} compile a module, by the name of its file without `.wasm`
 * @property {(blob: Blob) => Promise<Blob | Uint8Array>} carry gives what can cross over to a worker
 * @property {number} workers
 */

/**
 * The SIMD build where there is SIMD and it counts right, else the scalar one.
 *
 * @param {Platform} platform
 * @param {import('./index.js').Settings} settings
 */
export async function create(platform, { base, workers = platform.workers, simd, full, memory = 64 << 20, timeout = Infinity } = {}) {
  const folder = base && `${base}`.replace(/\/?$/, '/');
  /** @type {Record<string, Promise<WebAssembly.Module>>} */
  const modules = {};
  const pool = new Pool({
    spawn: () => spawn(platform, folder),
    load: (size, build) => {
      const name = build === 'simd' ? `${size}-simd` : size;
      return (modules[name] ??= platform.compile(name, folder).catch((cause) => {
        delete modules[name];
        missing(cause);
      }));
    },
    size: full ? 'full' : 'core',
    build: simd !== 'off' && globalThis.WebAssembly?.validate(SIMD) ? 'simd' : 'scalar',
    workers: Math.max(1, workers || 1),
    memory,
    timeout,
  });
  return new Halver(pool, platform.carry, await pool.start());
}

/**
 * Browsers throw at once where a page may not start a worker: from another site, under Trusted Types.
 *
 * @param {Platform} platform
 * @param {string | undefined} base
 */
function spawn(platform, base) {
  try {
    return platform.spawn(base);
  } catch (cause) {
    return missing(cause);
  }
}

class Halver {
  #pool;
  #carry;

  /**
   * @param {Pool} pool
   * @param {Platform['carry']} carry
   * @param {import('./index.js').Engine} engine
   */
  constructor(pool, carry, engine) {
    this.#pool = pool;
    this.#carry = carry;
    this.engine = engine;
  }

  /**
   * @param {import('./index.js').Source} source
   * @param {import('./index.js').HalveOptions} [options]
   */
  async halve(source, { signal, onProgress, ...options } = {}) {
    const begin = performance.now();
    onProgress?.({ stage: 'waiting' });
    const question = { task: /** @type {const} */ ('halve'), source: await this.#portable(source), options };
    let waiting = 0;
    const { done, build } = await this.#pool.run(question, signal, (stage) => {
      waiting = stage === 'reading' ? performance.now() - begin : waiting;
      onProgress?.(/** @type {any} */ ({ stage }));
    });
    return { ...done, engine: build, timings: { waiting, ...done.timings } };
  }

  /**
   * @param {import('./index.js').Source} source
   * @param {{ signal?: AbortSignal }} [options]
   */
  async probe(source, { signal } = {}) {
    return (await this.#pool.run({ task: 'probe', source: await this.#portable(source) }, signal, () => {})).done;
  }

  /** @param {import('./index.js').Options} [options] */
  async recipe(options = {}) {
    return (await this.#pool.run({ task: 'recipe', options }, undefined, () => {})).done;
  }

  dispose() {
    this.#pool.dispose();
  }

  /** What `using` calls; where that is not known yet, nobody can. */
  [/** @type {any} */ (Symbol.dispose ?? Symbol())]() {
    this.dispose();
  }

  /**
   * A Blob crosses over to a worker without its bytes; anything else is copied.
   *
   * @param {any} source
   * @returns {Promise<Blob | Uint8Array>}
   */
  async #portable(source) {
    if (source instanceof Blob) {
      return this.#carry(source);
    }
    if (source instanceof Uint8Array) {
      // All that lies behind a view would be copied with it, and of shared memory nothing.
      const { buffer } = source;
      return buffer instanceof ArrayBuffer && buffer.byteLength === source.length && source.length ? source : new Uint8Array(source);
    }
    if (source instanceof ArrayBuffer) {
      return new Uint8Array(source);
    }
    throw new TypeError('the source is no Blob, ArrayBuffer or Uint8Array');
  }
}
