// @ts-check

import { HalverError } from './error.js';

/** @typedef {{ resolve: (done: any) => void, reject: (reason: unknown) => void, onStage: (stage: string) => void }} Pending */

/** A worker as `Pool` sees it: one question at a time, one answer each. */
export class Thread {
  isAlive = true;
  #isReady = false;
  #worker;
  /** @type {Pending | undefined} */
  #pending;

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      const [code, message] = this.#isReady ? ['engine-crashed', 'the worker crashed'] : ['engine-missing', 'the worker did not load'];
      this.end(new HalverError({ code, message: event.message ? `${message}: ${event.message}` : message }));
    };
  }

  /**
   * @param {import('./job.js').Question} question
   * @param {(stage: string) => void} [onStage]
   * @returns {Promise<any>}
   */
  ask(question, onStage = () => {}) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, onStage };
      this.#worker.postMessage(question);
    });
  }

  /** @param {unknown} reason why the question under way, if any, has no answer */
  end(reason) {
    this.isAlive = false;
    this.#worker.terminate();
    this.#pending?.reject(reason);
    this.#pending = undefined;
  }

  /** @param {{ stage?: string, done?: any, failure?: any }} answer */
  #hear({ stage, done, failure }) {
    if (stage) {
      this.#pending?.onStage(stage);
    } else if (failure?.code.startsWith('engine-')) {
      this.end(new HalverError(failure)); // Its memory is in no known state.
    } else {
      const { resolve, reject } = /** @type {Pending} */ (this.#pending);
      this.#pending = undefined;
      this.#isReady = true;
      failure ? reject(new HalverError(failure)) : resolve(done);
    }
  }
}
