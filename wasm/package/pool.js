// @ts-check

import { HalverError } from './error.js';
import { Thread } from './thread.js';

/** Milliseconds after which threads that have nothing to do give back their memory. */
const REST = 20_000;

/** Milliseconds beyond which timers count wrong: 24 days. */
const FOREVER = 2 ** 31;

/** @typedef {{ resolve: (thread: Thread) => void, reject: (reason: unknown) => void }} Waiting */

/**
 * As many threads as there are jobs, up to a limit; further jobs wait in a queue, and the first come is the first served.
 *
 * A thread passes from hand to hand: whoever changes what there is calls `#serve`, which gives a free thread to a job
 * that waits. A job is never only told that there may be one, as it could be gone by then, and the word with it.
 */
export class Pool {
  #spawn;
  #module;
  #settings;
  #isDisposed = false;
  /** @type {Set<Thread>} All of them, those that start as well. */
  #threads = new Set();
  /** @type {Thread[]} */
  #idle = [];
  #starting = 0;
  /** @type {Waiting[]} */
  #queue = [];
  /** @type {any} */
  #resting;

  /**
   * @param {() => Worker} spawn
   * @param {WebAssembly.Module} module
   * @param {{ workers: number, memory: number, timeout: number }} settings
   */
  constructor(spawn, module, settings) {
    this.#spawn = spawn;
    this.#module = module;
    this.#settings = settings;
  }

  /** Starts the first thread, and gives what its engine says of itself. */
  async start() {
    const { thread, about } = await this.#start();
    this.#release(thread);
    return about;
  }

  /**
   * @param {import('./job.js').Question} question
   * @param {AbortSignal | undefined} signal
   * @param {(stage: string) => void} onStage
   * @returns {Promise<any>}
   */
  async run(question, signal, onStage) {
    const thread = await this.#hire(signal);
    const abort = () => thread.end(signal?.reason);
    signal?.addEventListener('abort', abort);
    const { timeout } = this.#settings;
    const late = new HalverError({ code: 'timeout', message: `not done after ${timeout} ms`, details: { timeout } });
    const timer = timeout < FOREVER ? setTimeout(() => thread.end(late), timeout) : undefined;
    try {
      signal?.throwIfAborted();
      return await thread.ask(question, onStage);
    } finally {
      signal?.removeEventListener('abort', abort);
      clearTimeout(timer);
      if (thread.memory > this.#settings.memory) {
        // Wasm memory never shrinks: only a fresh worker is small again.
        thread.end();
      }
      this.#release(thread);
    }
  }

  dispose() {
    this.#isDisposed = true;
    this.#queue.splice(0).forEach(({ reject }) => reject(disposed()));
    this.#threads.forEach((thread) => thread.end(disposed()));
    this.#serve();
  }

  /**
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<Thread>}
   */
  async #hire(signal) {
    if (this.#isDisposed) {
      throw disposed();
    }
    signal?.throwIfAborted();
    let leave = () => {};
    try {
      return await new Promise((resolve, reject) => {
        const job = { resolve, reject };
        leave = () => {
          this.#queue = this.#queue.filter((other) => other !== job);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', leave);
        this.#queue.push(job);
        this.#serve();
      });
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** @param {Thread} thread */
  #release(thread) {
    this.#idle.push(thread);
    this.#serve();
  }

  /** Gives threads to jobs that wait, starts those that are missing, and lets all rest when there is nothing to do. */
  #serve() {
    this.#threads.forEach((thread) => thread.isAlive || this.#threads.delete(thread));
    this.#idle = this.#idle.filter(({ isAlive }) => isAlive);
    while (this.#queue.length && this.#idle.length) {
      /** @type {Waiting} */ (this.#queue.shift()).resolve(/** @type {Thread} */ (this.#idle.pop()));
    }
    while (this.#starting < this.#queue.length && this.#threads.size < this.#settings.workers) {
      void this.#add();
    }
    clearTimeout(this.#resting);
    if (this.#idle.length && this.#idle.length === this.#threads.size) {
      this.#resting = setTimeout(() => this.#rest(), REST);
      // Node does not stay alive for it.
      this.#resting.unref?.();
    }
  }

  /** One thread more. Should it not start, the job that has waited longest is told. */
  async #add() {
    this.#starting += 1;
    try {
      const { thread } = await this.#start();
      this.#idle.push(thread);
    } catch (error) {
      this.#queue.shift()?.reject(error);
    }
    this.#starting -= 1;
    this.#serve();
  }

  /** A thread that has proved its engine; one that does not is ended, whatever it says. */
  async #start() {
    const thread = new Thread(this.#spawn());
    this.#threads.add(thread);
    try {
      return { thread, about: await thread.ask({ module: this.#module }) };
    } catch (error) {
      thread.end(error);
      throw error;
    }
  }

  #rest() {
    this.#idle.forEach((thread) => thread.end());
    this.#serve();
  }
}

function disposed() {
  return new HalverError({ code: 'disposed', message: 'this halver was disposed of' });
}
