// @ts-check
/** `halver` for Node: the same, in worker threads. */

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { create } from './halver.js';

export { HalverError } from './error.js';

/** @type {import('./halver.js').Platform} */
const node = {
  workers: Math.min(4, availableParallelism() - 1),
  spawn: (base) => /** @type {any} */ (new NodeWorker(new URL('./worker-node.js', base ?? import.meta.url))),
  carry: async (blob) => {
    try {
      return structuredClone(blob); // By reference.
    } catch {
      return new Uint8Array(await blob.arrayBuffer()); // Of a file: Node does not hand these over.
    }
  },
  compile: async (build, base) => {
    const file = build === 'simd' ? './core-simd.wasm' : './core.wasm';
    return WebAssembly.compile(/** @type {BufferSource} */ (await readFile(new URL(file, base ?? import.meta.url))));
  },
};

/** A worker thread that looks like a page's worker, and keeps Node alive only while it owes an answer. */
class NodeWorker {
  /** @type {(event: { data: any }) => void} */
  onmessage = () => {};
  /** @type {(event: any) => void} */
  onerror = () => {};
  #thread;

  /** @param {URL} url */
  constructor(url) {
    this.#thread = new Worker(url, { execArgv: [] });
    this.#thread.unref();
    this.#thread.on('error', (error) => this.onerror(error));
    this.#thread.on('message', (data) => {
      if (!data.stage) {
        this.#thread.unref();
      }
      this.onmessage({ data });
    });
  }

  /** @param {any} message */
  postMessage(message) {
    this.#thread.ref();
    this.#thread.postMessage(message);
  }

  terminate() {
    void this.#thread.terminate();
  }
}

/** @param {import('./index.js').Settings} [settings] */
export function createHalver(settings) {
  return create(node, settings ?? {});
}
