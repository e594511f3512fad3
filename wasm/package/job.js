// @ts-check
/** What a worker does: loads the engine, proves that it counts right, then takes one job after the other. */

import { HalverError, about, estimate, halve, load, memoryBytes, probe, recipe, sha256 } from './core.js';
import { countsRight } from './known-answer.js';

/** Bytes of a file that nearly always tell what the whole will cost. */
const HEAD = 65536;

/**
 * @typedef {{ module: WebAssembly.Module }
 *   | { task: 'halve', source: Blob | Uint8Array, options: import('./index.js').Options }
 *   | { task: 'probe', source: Blob | Uint8Array }
 *   | { task: 'recipe', options: import('./index.js').Options }} Question
 */

/**
 * Answers with any number of `{ stage }` and then one `{ done, memory }` or `{ failure, memory }`.
 *
 * @param {any} question a {@link Question}
 * @param {(answer: object, transfer?: ArrayBuffer[]) => void} post
 */
export async function answer(question, post) {
  try {
    const done = question.module ? start(question.module) : await TASKS[question.task](question, post);
    post({ done, memory: memoryBytes() }, done.bytes ? [done.bytes.buffer] : []);
  } catch (/** @type {any} */ error) {
    const { code, message, details } = error instanceof HalverError ? error : { code: 'engine-crashed', message: `${error}` };
    post({ failure: { code, message, details }, memory: memoryBytes() });
  }
}

/** @param {WebAssembly.Module} module */
function start(module) {
  load(module);
  if (!countsRight()) {
    throw new HalverError({ code: 'engine-mismatch', message: 'the engine counts wrong here' });
  }
  return about();
}

/** @type {Record<string, (question: any, post: (answer: object) => void) => any>} */
const TASKS = {
  async halve({ source, options }, post) {
    const { enter, stop } = clock(post);
    enter('reading');
    const bytes = await read(source, options, HEAD);
    // By another thread of the browser's, while this one halves.
    const hash = digest(bytes);
    enter('halving');
    const half = halve(bytes, options);
    enter('hashing');
    const info = { ...half.source, bytes: bytes.length, sha256: await hash };
    return { ...half, source: info, memory: memoryBytes(), timings: stop() };
  },

  async probe({ source }) {
    // What is too large to be halved can be probed.
    return probe(await read(source, {}, 0));
  },

  recipe: ({ options }) => recipe(options),
};

/**
 * How long each stage takes, in milliseconds.
 *
 * @param {(answer: object) => void} post is told of each
 */
function clock(post) {
  /** @type {Record<string, number>} */
  const timings = {};
  let stage = '';
  let since = 0;
  const stop = () => {
    const now = performance.now();
    if (stage) {
      timings[stage] = now - since;
    }
    since = now;
    return timings;
  };
  const enter = (/** @type {string} */ next) => {
    stop();
    stage = next;
    post({ stage });
  };
  return { enter, stop };
}

/**
 * The whole source, unless its length or its first `head` bytes say that it is too large.
 *
 * @param {Blob | Uint8Array} source
 * @param {import('./index.js').Options} options
 * @param {number} head
 * @returns {Promise<Uint8Array>}
 */
async function read(source, options, head) {
  if (source instanceof Uint8Array) {
    return source;
  }
  estimate(await bytesOf(source.slice(0, head)), source.size, options);
  return bytesOf(source);
}

/** @param {Blob} blob */
async function bytesOf(blob) {
  const buffer = await blob.arrayBuffer().catch((cause) => {
    throw new HalverError({ code: 'unreadable', message: `the file could not be read: ${cause.message}` });
  });
  return new Uint8Array(buffer);
}

/**
 * SHA-256, 64 lower-case hexadecimal digits. Pages without encryption have no WebCrypto.
 *
 * @param {Uint8Array} bytes
 */
async function digest(bytes) {
  if (!globalThis.crypto?.subtle) {
    return sha256(bytes);
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {BufferSource} */ (bytes)));
  return Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('');
}
