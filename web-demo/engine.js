// @ts-check
/** The engine as the page sees it: files go to a worker, halves come back. */

/**
 * What `halve` in `halver/core.d.ts` reports, parsed.
 *
 * @typedef {object} Report
 * @property {number} width
 * @property {number} height
 * @property {string} format
 * @property {string} type media type
 * @property {number} bytes
 * @property {string} sha256
 * @property {string} recipe
 * @property {number} outputVersion
 * @property {import('./decision.js').Decision[]} decisions
 * @property {{ width: number, height: number, format: string, frames: number }} source
 */

/**
 * @typedef {object} Half
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {Report} report
 * @property {string | null} sourceSha256 null where the page has no secure context, so that it cannot upload
 * @property {'simd' | 'plain'} build which of the two modules did it
 * @property {number} milliseconds
 */

/** An error that came over from the worker; `code` and `details` are those of a `HalverError` or of `worker.js`. */
export class EngineError extends Error {
  /** @param {{ code: string, message: string, details?: Record<string, unknown> }} failure */
  constructor({ code, message, details }) {
    super(message);
    this.name = 'EngineError';
    this.code = code;
    this.details = details ?? {};
  }
}

/** Halves one file at a time; a newer file ends the work on the older one. */
export class Engine {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {((reason: unknown) => void) | undefined} Rejects the job that runs. */
  #interrupt;

  /**
   * @param {File} file read in the worker: the bytes never pass through the main thread
   * @param {object} options `halver::Options`
   * @returns {Promise<Half>} rejects with an {@link EngineError}, or with an `AbortError` when a newer file came
   */
  halve(file, options) {
    this.#end(new DOMException('a newer picture came', 'AbortError'));
    this.#worker ??= new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      worker.onmessage = ({ data }) => {
        if (data.fatal) {
          this.#end(new EngineError(data.failure));
          return;
        }
        this.#interrupt = undefined;
        if (data.half) {
          resolve(data.half);
        } else {
          reject(new EngineError(data.failure));
        }
      };
      worker.onerror = () => this.#end(new EngineError({ code: 'engine-missing', message: 'the worker did not load' }));
      worker.postMessage({ file, options });
    });
  }

  /** @param {unknown} reason Why the job that runs, if any, ends together with its worker. */
  #end(reason) {
    if (this.#interrupt) {
      this.#worker?.terminate();
      this.#worker = undefined;
      this.#interrupt(reason);
      this.#interrupt = undefined;
    }
  }
}
