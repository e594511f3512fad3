// @ts-check
/** `halver` for Node: the same, in worker threads. */

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { HalverError } from './error.js';
import { create } from './halver.js';

export { HalverError };

/** @type {import('./halver.js').Platform} */
const node = {
  workers: Math.min(4, availableParallelism() - 1),
  spawn: (base) => /** @type {any} */ (new NodeWorker(new URL('./worker-node.js', base ?? import.meta.url))),
  carry: async (blob) => {
    try {
      return structuredClone(blob); // By reference.
    } catch {
      const buffer = await blob.arrayBuffer().catch(unreadable); // Of a file: Node does not hand these over.
      return new Uint8Array(buffer);
    }
  },
  compile: async (name, base) => {
    const file = new URL(`./${name}.wasm`, base ?? import.meta.url);
    return WebAssembly.compile(/** @type {BufferSource} */ (await readFile(file)));
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
    this.#thread.postMessage(message); // First: what cannot be posted has no answer to stay alive for.
    this.#thread.ref();
  }

  terminate() {
    void this.#thread.terminate();
  }
}

/**
 * @param {any} cause
 * @returns {never}
 */
function unreadable(cause) {
  throw new HalverError({ code: 'unreadable', message: `the file could not be read: ${cause.message}`, cause });
}

/** @param {import('./index.js').Settings} [settings] */
export function createHalver(settings) {
  return create(node, settings ?? {});
}
