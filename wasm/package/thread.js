// @ts-check

import { HalverError } from './error.js';

/** @typedef {{ resolve: (done: any) => void, reject: (reason: unknown) => void, onStage: (stage: string) => void }} Pending */

/** A worker as `Pool` sees it: one question at a time, one answer each. */
export class Thread {
  isAlive = true;
  /** Bytes of its WebAssembly memory after its last answer. */
  memory = 0;
  /** @type {any} What its engine says of itself. */
  about;
  #isReady = false;
  #worker;
  /** @type {Pending | undefined} */
  #pending;
  /** @type {unknown} */
  #reason;

  /**
   * @param {Worker} worker
   * @param {import('./pool.js').Size} size of its engine
   * @param {import('./pool.js').Build} build of its engine
   */
  constructor(worker, size, build) {
    this.#worker = worker;
    this.size = size;
    this.build = build;
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      const code = this.#isReady ? 'engine-crashed' : 'engine-missing';
      this.end(new HalverError({ code, message: `the worker failed: ${event.message ?? 'it did not load'}` }));
    };
  }

  /**
   * @param {import('./job.js').Question} question
   * @param {(stage: string) => void} [onStage]
   * @returns {Promise<any>}
   */
  ask(question, onStage = () => {}) {
    return new Promise((resolve, reject) => {
      if (!this.isAlive) {
        throw this.#reason;
      }
      try {
        this.#worker.postMessage(question);
      } catch (/** @type {any} */ cause) {
        // What is asked holds a function, or the like.
        throw new HalverError({ code: 'bad-options', message: `bad options: ${cause.message}`, cause });
      }
      this.#pending = { resolve, reject, onStage };
    });
  }

  /** @param {unknown} [reason] why the question under way, if any, has no answer */
  end(reason) {
    this.isAlive = false;
    this.#reason = reason;
    this.#worker.terminate();
    this.#pending?.reject(reason);
    this.#pending = undefined;
  }

  /** @param {{ stage?: string, done?: any, failure?: any, memory?: number }} answer */
  #hear({ stage, done, failure, memory = 0 }) {
    if (!this.#pending) {
      // It was ended, and this was on its way: Node still delivers it.
      return;
    }
    const { resolve, reject, onStage } = this.#pending;
    if (stage) {
      try {
        onStage(stage);
      } catch (error) {
        this.end(error);
      }
    } else if (failure?.code.startsWith('engine-')) {
      // Its memory is in no known state.
      this.end(new HalverError(failure));
    } else {
      this.#pending = undefined;
      this.memory = memory;
      this.#isReady = true;
      failure ? reject(new HalverError(failure)) : resolve(done);
    }
  }
}
