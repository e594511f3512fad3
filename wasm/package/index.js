// @ts-check
/** `halver` for pages: images are halved in workers. */

import { create } from './halver.js';

export { HalverError } from './error.js';

/**
 * Bundlers look for addresses in exactly these shapes.
 *
 * @type {import('./halver.js').Platform}
 */
const page = {
  workers: Math.min(4, (globalThis.navigator?.hardwareConcurrency ?? 2) - 1),
  spawn: (base) => (base
    ? new Worker(at(base, 'worker.js'), { type: 'module' })
    : new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })),
  carry: async (blob) => blob,
  compile: async (name, base) => {
    /** @type {Record<string, URL>} */
    const ours = {
      'core': new URL('./core.wasm', import.meta.url),
      'core-simd': new URL('./core-simd.wasm', import.meta.url),
      'full': new URL('./full.wasm', import.meta.url),
      'full-simd': new URL('./full-simd.wasm', import.meta.url),
    };
    const answer = await fetch(base ? at(base, `${name}.wasm`) : ours[name]);
    const type = answer.headers.get('content-type');
    // Servers of applications give their page for what is not there.
    if (!answer.ok || type?.startsWith('text/html')) {
      throw new Error(`${answer.url}: ${answer.status} ${type}`);
    }
    // Servers that do not know the type of wasm forbid compiling while it comes.
    return type === 'application/wasm' ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
  },
};

/** @param {import('./index.js').Settings} [settings] */
export function createHalver(settings) {
  return create(page, settings ?? {});
}

/**
 * @param {string} base
 * @param {string} file
 */
function at(base, file) {
  // Workers have no document.
  return new URL(file, new URL(base, globalThis.document?.baseURI ?? location.href));
}
