// @ts-check
/** The pictures on the page, one of them open, and the order in which they are halved. */

import { Picture } from './picture.js';

/** Milliseconds for which the options must have stayed the same before pictures that are not open are halved anew. */
const CALM = 400;
/** Milliseconds of a job that is not ended for a choice on the move: ended each time, it would never show anything. */
const LONG = 300;

/**
 * @typedef {object} Work
 * @property {(file: File, options: object, signal: AbortSignal) => Promise<import('./engine.js').Half>} halve
 * @property {(error: unknown, file: File) => string} sentenceOf
 * @property {(picture: Picture | null) => void} onChange the picture whose state changed; null where the list did
 * @property {number} lanes jobs at the same time
 */

export class Album {
  /** @type {Picture[]} In the order of their coming. */
  pictures = [];
  /** @type {Picture | null} The one in the compare view. */
  open = null;
  /** @type {Work} */
  #work;
  /** @type {object | null} Null until they are known; nothing is halved before. */
  #options = null;
  #calmAt = 0;

  /** @param {Work} work */
  constructor(work) {
    this.#work = work;
  }

  /** @param {Iterable<File>} files whose first is opened; at least one */
  add(files) {
    const added = Array.from(files, (file) => new Picture(file));
    this.pictures.push(...added);
    this.show(added[0]);
  }

  /** @param {Picture} picture */
  show(picture) {
    this.open = picture;
    this.#work.onChange(null);
    this.#next();
  }

  /**
   * Where the open one is removed, its successor is opened, or its predecessor where it was the last.
   *
   * @param {Picture} picture nothing happens where it is gone already
   */
  remove(picture) {
    const index = this.pictures.indexOf(picture);
    if (index < 0) {
      return;
    }
    this.pictures.splice(index, 1);
    picture.job?.abort();
    if (this.open === picture) {
      this.open = this.pictures[Math.min(index, this.pictures.length - 1)] ?? null;
    }
    this.#work.onChange(null);
    this.#next();
  }

  clear() {
    for (const picture of this.pictures.splice(0)) {
      picture.job?.abort();
    }
    this.open = null;
    this.#work.onChange(null);
  }

  /**
   * Every picture is due again: the open one at once, the others when the options have come to rest. Jobs with older
   * options end here; but while the options move on and on, a long one of the open picture may finish, and is shown
   * before that of the newest options begins.
   *
   * @param {object} options `halver::Options`; another object each time
   * @param {boolean} [isMoving] whether more of the like is about to come, as from a slider
   */
  setOptions(options, isMoving = false) {
    this.#options = options;
    this.#calmAt = performance.now() + CALM;
    for (const picture of this.pictures) {
      if (!(isMoving && picture === this.open && this.#isLong(picture))) {
        picture.job?.abort();
      }
    }
    setTimeout(() => this.#next(), CALM + 1);
    this.#next();
  }

  /** Pictures that the engine failed on, rather than they on it, are due again. */
  retry() {
    for (const picture of this.pictures) {
      if (picture.isStuck) {
        picture.options = null;
      }
    }
    this.#next();
  }

  /** Whether any picture is being halved or waits for it. */
  get busy() {
    return this.pictures.some((picture) => this.#isDue(picture));
  }

  /** @param {Picture} picture */
  #isDue(picture) {
    return picture.options === null || picture.options !== this.#options;
  }

  /**
   * Whether its job has run for long, or will, to judge by the one before.
   *
   * @param {Picture} picture
   */
  #isLong({ begun, took }) {
    return Math.max(performance.now() - begun, took) > LONG;
  }

  /** Begins what can begin: the open picture whatever else runs, then as many as there are lanes. */
  #next() {
    if (this.#options === null) {
      return;
    }
    if (this.open && this.#isDue(this.open) && !this.open.job) {
      this.#run(this.open, this.#options);
    }
    const calm = performance.now() >= this.#calmAt && !this.open?.job;
    let running = this.pictures.filter(({ job }) => job).length;
    for (const picture of this.pictures) {
      if (running < this.#work.lanes && !picture.job && this.#isDue(picture) && (calm || picture.options === null)) {
        running += 1;
        this.#run(picture, this.#options);
      }
    }
  }

  /**
   * @param {Picture} picture
   * @param {object} options
   */
  async #run(picture, options) {
    const job = new AbortController();
    picture.job = job;
    picture.begun = performance.now();
    if (picture.state === 'waiting') {
      picture.state = 'halving';
    }
    this.#work.onChange(picture);
    try {
      const half = await this.#work.halve(picture.file, options, job.signal);
      job.signal.throwIfAborted();
      picture.took = performance.now() - picture.begun;
      picture.settle(half, options);
    } catch (error) {
      if (!job.signal.aborted) {
        picture.refuse(this.#work.sentenceOf(error, picture.file), options, isOfEngine(error));
      }
    }
    picture.job = null;
    if (this.pictures.includes(picture)) {
      this.#work.onChange(picture);
    }
    this.#next();
  }
}

/**
 * Whether it says nothing of the picture.
 *
 * @param {any} error
 */
function isOfEngine(error) {
  return `${error?.code}`.startsWith('engine-');
}
