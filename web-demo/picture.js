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
  /** Why there is no half, as a sentence that says what to do; empty unless the state is `refused`. */
  sentence = '';
  /** @type {object | null} The options, by identity, that the present state comes from. */
  options = null;
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
    Object.assign(this, { half, options, state: 'halved', sentence: '' });
  }

  /**
   * @param {string} sentence
   * @param {object} options with which it was refused
   */
  refuse(sentence, options) {
    Object.assign(this, { sentence, options, state: 'refused', half: null });
  }
}
