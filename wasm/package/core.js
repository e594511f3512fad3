// @ts-check
/**
 * The engine itself, on whatever thread it is called: bytes in, bytes out. For Node, Deno, Cloudflare Workers and
 * workers of one's own; pages want `halver`, which keeps it off their main thread.
 */

import { HalverError, missing } from './error.js';
import * as glue from './glue.js';

export { HalverError };

/** @typedef {import('./index.js').Options} Options */

/** @type {WebAssembly.Memory | undefined} of the instance; none before `load` and after a crash */
let memory;
/** The glue remembers the memory of its first instance. */
let isSpent = false;

/** @param {WebAssembly.Module | BufferSource} module */
export function load(module) {
  if (isSpent) {
    missing(Error('this copy has had one'));
  }
  try {
    const compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
    const { exports } = /** @type {{ exports: any }} */ (new WebAssembly.Instance(compiled, { './glue_bg.js': glue }));
    glue.__wbg_set_wasm(exports);
    exports.__wbindgen_start();
    memory = exports.memory;
    isSpent = true;
  } catch (cause) {
    missing(cause);
  }
}

/**
 * @param {Uint8Array} source
 * @param {Options} [options]
 */
export function halve(source, options) {
  const [report, bytes] = ask(glue.halve, bytesOf(source), json(options));
  return { bytes, ...JSON.parse(report) };
}

/** @param {Uint8Array} source */
export function probe(source) {
  return JSON.parse(ask(glue.probe, bytesOf(source)));
}

/**
 * @param {Uint8Array} head
 * @param {number} sourceBytes
 * @param {Options} [options]
 */
export function estimate(head, sourceBytes, options) {
  return JSON.parse(ask(glue.estimate, bytesOf(head), sourceBytes, json(options)));
}

/** @param {Options} [options] */
export function recipe(options) {
  return ask(glue.recipe, json(options));
}

/** @param {Options} [options] */
export function allOptions(options) {
  return JSON.parse(ask(glue.allOptions, json(options)));
}

/** @param {Uint8Array} bytes */
export function sha256(bytes) {
  return ask(glue.sha256, bytesOf(bytes));
}

export function about() {
  return JSON.parse(ask(glue.about));
}

export function memoryBytes() {
  return memory?.buffer.byteLength ?? 0;
}

/** @param {Options} [options] */
function json(options) {
  try {
    return new TextEncoder().encode(JSON.stringify(options ?? {}));
  } catch (/** @type {any} */ cause) {
    // A BigInt, a circle.
    throw new HalverError({ code: 'bad-options', message: `bad options: ${cause.message}`, cause });
  }
}

/** @param {Uint8Array} source */
function bytesOf(source) {
  if (source instanceof Uint8Array) {
    return source;
  }
  throw new TypeError('the source is a Uint8Array');
}

/**
 * What the engine throws is text; anything else is a trap, which leaves its memory in no known state.
 *
 * @template {unknown[]} Given
 * @template T
 * @param {(...given: Given) => T} call
 * @param {Given} given
 * @returns {T}
 */
function ask(call, ...given) {
  if (!memory) {
    return missing(Error('call load() first'));
  }
  try {
    return call(...given);
  } catch (cause) {
    if (typeof cause === 'string') {
      throw new HalverError(JSON.parse(cause));
    }
    const details = { memory: memoryBytes(), isFull: false };
    let message = `the engine failed: ${cause}`;
    try {
      // By 1 GiB, the most that a picture may take by default: where there is no room for it, that is why.
      memory.grow(16384);
    } catch {
      details.isFull = true;
      message = 'the engine ran out of memory';
    }
    memory = undefined;
    throw new HalverError({ code: 'engine-crashed', message, details, cause });
  }
}
