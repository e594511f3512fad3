// @ts-check
/** The worker: reads a file, halves it with WebAssembly, and hands the bytes back without a copy. */

import init, { allOptions, halve } from './halver/core.js';
import { sha256 } from './digest.js';

/** The smallest module with a 128-bit instruction: `(func (result v128) i32.const 0 i8x16.splat)`. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

const build = WebAssembly.validate(SIMD_PROBE) ? 'simd' : 'plain';
const module = new URL(build === 'simd' ? 'halver/core-simd.wasm' : 'halver/core.wasm', import.meta.url);
const ready = init({ module_or_path: module });
ready.catch(() => {}); // Each job awaits it and reports for itself.

self.onmessage = async ({ data: { file, options } }) => {
  try {
    const half = await work(file, JSON.stringify(options));
    self.postMessage({ half }, { transfer: [half.bytes.buffer] });
  } catch (error) {
    self.postMessage(failed(error));
  }
};

/**
 * @param {File} file
 * @param {string} options
 */
async function work(file, options) {
  await ready.catch((error) => {
    throw problem('engine-missing', String(error));
  });
  refuseTooManyBytes(file, options);
  const source = await file.arrayBuffer().catch((error) => {
    throw problem('unreadable', String(error));
  });
  const sourceSha256 = self.isSecureContext ? await sha256(source) : null;
  const begin = performance.now();
  const half = halve(new Uint8Array(source), options);
  const milliseconds = performance.now() - begin;
  const report = JSON.parse(half.report);
  return { bytes: half.takeBytes(), report, sourceSha256, build, milliseconds };
}

/**
 * The engine has the same limit, but could only tell once all the bytes are in memory.
 *
 * @param {File} file
 * @param {string} options
 */
function refuseTooManyBytes(file, options) {
  const allowed = JSON.parse(allOptions(options)).limits.source_bytes;
  if (file.size > allowed) {
    const details = { limit: 'source-bytes', needed: file.size, allowed };
    throw problem('too-large', `${file.size} bytes, ${allowed} allowed`, details);
  }
}

/**
 * @param {string} code
 * @param {string} message
 * @param {object} [details]
 */
function problem(code, message, details) {
  return Object.assign(new Error(message), { code, details });
}

/**
 * What the page is told. An error without a code is a trap, and leaves the instance's memory in no known state: `fatal`
 * asks for a new worker. So does an engine that did not load, which a later try may find.
 *
 * @param {any} error
 */
function failed(error) {
  const code = typeof error.code === 'string' ? error.code : 'engine-crashed'; // A DOMException's is a number.
  return { failure: { code, message: String(error.message), details: error.details }, fatal: code.startsWith('engine-') };
}
