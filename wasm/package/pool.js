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
 *
 * Threads have the smaller engine until a job takes the full one; from then on all have that.
 */
export class Pool {
  #settings;
  /** Whether threads start with the full engine. */
  #isFull;
  /** @type {((reason: unknown) => void)[]} Ends jobs that wait for the full engine. */
  #growing = [];
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
   * @param {{ spawn: () => Worker, load: (isFull: boolean) => Promise<WebAssembly.Module>, workers: number, full: boolean, memory: number, timeout: number }} settings
   */
  constructor(settings) {
    this.#settings = settings;
    this.#isFull = settings.full;
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
    } catch (/** @type {any} */ error) {
      if (error?.code !== 'left-out' || thread.isFull) {
        throw error;
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      clearTimeout(timer);
      if (thread.memory > this.#settings.memory) {
        // Wasm memory never shrinks: only a fresh worker is small again.
        thread.end();
      }
      this.#release(thread);
    }
    onStage('waiting');
    await this.#grow(signal);
    return this.run(question, signal, onStage);
  }

  dispose() {
    this.#isDisposed = true;
    this.#queue.splice(0).forEach(({ reject }) => reject(disposed()));
    this.#growing.forEach((reject) => reject(disposed()));
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

  /**
   * Loads the full engine. Where that fails, only the job is told that takes it.
   *
   * @param {AbortSignal | undefined} signal
   */
  async #grow(signal) {
    await new Promise((resolve, reject) => {
      this.#growing.push(reject);
      signal?.addEventListener('abort', () => reject(signal.reason));
      this.#settings.load(true).then(resolve, reject);
    });
    this.#isFull = true;
  }

  /** @param {Thread} thread */
  #release(thread) {
    this.#idle.push(thread);
    this.#serve();
  }

  /** Gives threads to jobs that wait, starts those that are missing, and lets all rest when there is nothing to do. */
  #serve() {
    this.#idle.forEach((thread) => thread.isFull === this.#isFull || thread.end());
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

  /** One thread more. Should it not start, the job that has waited longest is told, and others try the smaller engine again. */
  async #add() {
    this.#starting += 1;
    try {
      const { thread } = await this.#start();
      this.#idle.push(thread);
    } catch (error) {
      this.#queue.shift()?.reject(error);
      this.#isFull = this.#settings.full;
    }
    this.#starting -= 1;
    this.#serve();
  }

  /** A thread that has proved its engine; one that does not is ended, whatever it says. */
  async #start() {
    const { spawn, load } = this.#settings;
    const thread = new Thread(spawn(), this.#isFull);
    this.#threads.add(thread);
    try {
      return { thread, about: await thread.ask({ module: await load(thread.isFull) }) };
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
