// @ts-check

import { HalverError } from './error.js';
import { Thread } from './thread.js';

/** Milliseconds after which threads that have nothing to do give back their memory. */
const REST = 20_000;

/** As many threads as there are jobs, up to a limit; further jobs wait in a queue. */
export class Pool {
  #spawn;
  #module;
  #settings;
  #isDisposed = false;
  /** @type {Set<Thread>} */
  #threads = new Set();
  /** @type {Thread[]} */
  #idle = [];
  /** @type {(() => void)[]} Each lets one job look for a thread. */
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
    const timer = timeout < Infinity ? setTimeout(() => thread.end(late), timeout) : undefined;
    try {
      signal?.throwIfAborted();
      const done = await thread.ask(question, onStage);
      if (done.memory > this.#settings.memory) {
        thread.end(undefined); // Wasm memory never shrinks: only a fresh worker is small again.
      }
      return done;
    } finally {
      signal?.removeEventListener('abort', abort);
      clearTimeout(timer);
      this.#release(thread);
    }
  }

  dispose() {
    this.#isDisposed = true;
    clearTimeout(this.#resting);
    this.#threads.forEach((thread) => thread.end(disposed()));
    this.#queue.splice(0).forEach((next) => next());
  }

  /**
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<Thread>}
   */
  async #hire(signal) {
    while (!this.#isDisposed) {
      signal?.throwIfAborted();
      const idle = this.#idle.pop();
      if (idle) {
        clearTimeout(this.#resting);
        return idle;
      }
      if (this.#threads.size < this.#settings.workers) {
        return (await this.#start()).thread;
      }
      await this.#turn(signal);
    }
    throw disposed();
  }

  /**
   * Waits until a thread may be free, or the signal says that nobody waits any more.
   *
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<void>}
   */
  #turn(signal) {
    return new Promise((resolve) => {
      const next = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(next), 1);
        resolve();
      };
      this.#queue.push(next);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** A thread that has proved its engine. */
  async #start() {
    const thread = new Thread(this.#spawn());
    this.#threads.add(thread);
    try {
      return { thread, about: await thread.ask({ module: this.#module }) };
    } catch (error) {
      this.#release(thread);
      throw error;
    }
  }

  /** @param {Thread} thread */
  #release(thread) {
    if (thread.isAlive) {
      this.#idle.push(thread);
    } else {
      this.#threads.delete(thread);
    }
    this.#queue.shift()?.();
    clearTimeout(this.#resting);
    if (this.#idle.length === this.#threads.size) {
      this.#resting = setTimeout(() => this.#rest(), REST);
      this.#resting.unref?.(); // Node does not stay alive for it.
    }
  }

  #rest() {
    this.#idle.splice(0).forEach((thread) => thread.end(undefined));
    this.#threads.clear();
  }
}

function disposed() {
  return new HalverError({ code: 'disposed', message: 'this halver was disposed of' });
}
