// @ts-check

import { HalverError } from './error.js';
import { Thread } from './thread.js';

/** Milliseconds after which threads that have nothing to do give back their memory. */
const REST = 20_000;

/** Milliseconds beyond which timers count wrong: 24 days. */
const FOREVER = 2 ** 31;

/** @typedef {{ resolve: (thread?: any) => void, reject: (reason: unknown) => void, isFull: boolean }} Waiting and whether it takes the full engine */
/** @typedef {'core' | 'full'} Size */
/** @typedef {'simd' | 'scalar'} Build */

/**
 * As many threads as there are jobs, up to a limit; further jobs wait in a queue, and the first come is the first served.
 *
 * A thread passes from hand to hand: whoever changes what there is calls `#serve`, which gives a free thread to a job
 * that waits. A job is never only told that there may be one, as it could be gone by then, and the word with it.
 *
 * Threads have the smaller engine until a job has had the full one loaded; from then on all have that. They have the build
 * with SIMD until one counts wrong; where the smaller engine does, the full one is not tried with it.
 */
export class Pool {
  #settings;
  /** Of the engine that threads start with. */
  #size;
  /** @type {Record<Size, Build>} Of either size: the scalar one as soon as the other has counted wrong. */
  #builds;
  #isDisposed = false;
  /** @type {Set<Thread>} All of them, those that start as well. */
  #threads = new Set();
  /** @type {Thread[]} */
  #idle = [];
  #starting = 0;
  /** @type {Set<Waiting>} */
  #queue = new Set();
  /** @type {Set<Waiting>} Those for whom the full engine is loaded. */
  #growing = new Set();
  /** @type {any} */
  #resting;

  /**
   * @param {{ spawn: () => Worker, load: (size: Size, build: Build) => Promise<WebAssembly.Module>, size: Size, build: Build, workers: number, memory: number, timeout: number }} settings
   */
  constructor(settings) {
    this.#settings = settings;
    this.#size = settings.size;
    this.#builds = { core: settings.build, full: settings.build };
  }

  /** Starts the first thread, and gives what its engine says of itself. */
  async start() {
    const first = await this.#start();
    const thread = first.isAlive ? first : await this.#start();
    this.#release(thread);
    return { build: thread.build, ...thread.about };
  }

  /**
   * @param {import('./job.js').Question} question
   * @param {AbortSignal | undefined} signal
   * @param {(stage: string) => void} onStage
   * @param {boolean} [isFull] whether it takes the full engine
   * @returns {Promise<{ done: any, build: Build }>} what was done, and by which build
   */
  async run(question, signal, onStage, isFull = false) {
    const hired = this.#wait(this.#queue, signal, isFull);
    this.#serve();
    const thread = await hired;
    const { timeout, memory } = this.#settings;
    const abort = () => thread.end(signal?.reason);
    const late = () => thread.end(new HalverError({ code: 'timeout', message: `not done after ${timeout} ms`, details: { timeout } }));
    signal?.addEventListener('abort', abort);
    const timer = timeout < FOREVER ? setTimeout(late, timeout) : undefined;
    try {
      signal?.throwIfAborted();
      return { done: await thread.ask(question, onStage), build: thread.build };
    } catch (/** @type {any} */ error) {
      if (error?.code !== 'left-out' || thread.size === 'full') {
        throw error;
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      clearTimeout(timer);
      if (thread.memory > memory) {
        // Wasm memory never shrinks: only a fresh worker is small again.
        thread.end();
      }
      this.#release(thread);
    }
    onStage('waiting');
    const grown = this.#wait(this.#growing, signal, true);
    void this.#grow();
    await grown;
    return this.run(question, signal, onStage, true);
  }

  dispose() {
    this.#isDisposed = true;
    [...this.#queue, ...this.#growing].forEach(({ reject }) => reject(disposed()));
    this.#queue.clear();
    this.#threads.forEach((thread) => thread.end(disposed()));
    this.#serve();
  }

  /**
   * Waits among `others` for what they wait for, and no longer than it is wanted.
   *
   * @param {Set<Waiting>} others
   * @param {AbortSignal | undefined} signal
   * @param {boolean} isFull
   * @returns {Promise<any>}
   */
  async #wait(others, signal, isFull) {
    if (this.#isDisposed) {
      throw disposed();
    }
    signal?.throwIfAborted();
    let leave = () => {};
    try {
      return await new Promise((resolve, reject) => {
        const job = { resolve, reject, isFull };
        leave = () => {
          others.delete(job);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', leave);
        others.add(job);
      });
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Loads the full engine for those who wait for it. Where that fails, nobody else is told. */
  async #grow() {
    try {
      await this.#settings.load('full', this.#builds.full);
      this.#size = /** @type {Size} */ ('full');
      this.#growing.forEach(({ resolve }) => resolve());
    } catch (error) {
      this.#growing.forEach(({ reject }) => reject(error));
    }
    this.#growing.clear();
  }

  /** @param {Thread} thread */
  #release(thread) {
    this.#idle.push(thread);
    this.#serve();
  }

  /** Gives threads to jobs that wait, starts those that are missing, and lets all rest when there is nothing to do. */
  #serve() {
    // What jobs take, by an engine that has not counted wrong.
    const isGood = (/** @type {Thread} */ { size, build }) => (size === 'full' || size === this.#size) && build === this.#builds[size];
    this.#idle.forEach((thread) => isGood(thread) || thread.end());
    this.#threads.forEach((thread) => thread.isAlive || this.#threads.delete(thread));
    this.#idle = this.#idle.filter(({ isAlive }) => isAlive);
    for (const job of this.#queue) {
      const thread = this.#idle.pop();
      if (!thread) {
        break;
      }
      this.#queue.delete(job);
      job.resolve(thread);
    }
    while (this.#starting < this.#queue.size && this.#threads.size < this.#settings.workers) {
      void this.#add();
    }
    clearTimeout(this.#resting);
    if (this.#idle.length && this.#idle.length === this.#threads.size) {
      this.#resting = setTimeout(() => this.#rest(), REST);
      // Node does not stay alive for it.
      this.#resting.unref?.();
    }
  }

  /**
   * One thread more. Should it not start, the job is told that has waited longest; of the full engine only one that takes it,
   * and the others go on with the smaller one.
   */
  async #add() {
    const { size } = this.#settings;
    const hasGrown = this.#size !== size;
    this.#starting += 1;
    try {
      const thread = await this.#start();
      this.#idle.push(thread);
    } catch (error) {
      const job = [...this.#queue].find(({ isFull }) => isFull || !hasGrown);
      if (job) {
        this.#queue.delete(job);
        job.reject(error);
      }
      if (hasGrown) {
        this.#size = size;
      }
    }
    this.#starting -= 1;
    this.#serve();
  }

  /**
   * A thread that has proved its engine; one that does not is ended, whatever it says. Where SIMD counts wrong, it is given all the
   * same: the next one to be started is without.
   *
   * @returns {Promise<Thread>}
   */
  async #start() {
    const { spawn, load } = this.#settings;
    const size = this.#size;
    const thread = new Thread(spawn(), size, this.#builds[size]);
    this.#threads.add(thread);
    try {
      thread.about = await thread.ask({ module: await load(size, thread.build) });
    } catch (/** @type {any} */ error) {
      thread.end(error);
      if (error.code !== 'engine-mismatch' || thread.build === 'scalar') {
        throw error;
      }
      this.#builds.full = this.#builds[size] = 'scalar';
    }
    return thread;
  }

  #rest() {
    this.#idle.forEach((thread) => thread.end());
    this.#serve();
  }
}

function disposed() {
  return new HalverError({ code: 'disposed', message: 'it was disposed of' });
}
