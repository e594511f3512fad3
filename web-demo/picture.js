// @ts-check
/** One picked file, and what became of it. */

/** @typedef {import('./engine.js').Half} Half */

let count = 0;

export class Picture {
  /** Unique on this page. */
  id = (count += 1);
  /** @type {'waiting' | 'halving' | 'halved' | 'refused'} A halved picture that is halved anew stays `halved` meanwhile. */
  state = 'waiting';
  /** @type {Half | null} */
  half = null;
  /**
   * Why there is no half, or not the one that was asked for last, as a sentence that says what to do; else empty.
   */
  sentence = '';
  /** Whether the last job failed by the engine: what it failed on may work another time. */
  isStuck = false;
  /** @type {object | null} The options, by identity, that the present state comes from. */
  options = null;
  /** @type {object | null} Those that the half was made with. */
  made = null;
  /** @type {AbortController | null} Ends the job that runs. */
  job = null;
  /** When the last job began, in milliseconds since the page did. */
  begun = 0;
  /** Milliseconds that the last job took which gave a half. */
  took = 0;

  /** @param {File} file */
  constructor(file) {
    this.file = file;
  }

  /** A file from the clipboard of some systems has no name. */
  get name() {
    return this.file.name || 'pasted picture';
  }

  /** @returns {Blob} the half's bytes, for an image on the page; only while there is a half */
  get blob() {
    const { bytes, type } = /** @type {Half} */ (this.half);
    return new Blob([bytes], { type });
  }

  /**
   * @param {Half} half
   * @param {object} options with which it was made
   */
  settle(half, options) {
    Object.assign(this, { half, options, made: options, state: 'halved', sentence: '', isStuck: false });
  }

  /**
   * A half that is there stays where it was the engine that failed: it is as good as before.
   *
   * @param {string} sentence
   * @param {object} options with which it was refused
   * @param {boolean} isStuck whether it was
   */
  refuse(sentence, options, isStuck) {
    Object.assign(this, { sentence, options, isStuck });
    if (!this.half || !isStuck) {
      Object.assign(this, { state: 'refused', half: null });
    }
  }
}
