// @ts-check
/** The four steps of an upload, drawn as a line that fills. */

import { element } from './element.js';

/** @type {[step: import('./upload.js').Step, name: string][]} */
const STEPS = [['uploading', 'Uploading'], ['stored', 'Stored'], ['halving', 'Halving'], ['comparing', 'Identical']];

export class Steps {
  element = element('ol', { className: 'steps' });
  #items = STEPS.map(([step, name]) => {
    const item = element('li', {}, name);
    item.dataset.step = step;
    return item;
  });

  constructor() {
    this.element.setAttribute('aria-label', 'Upload');
    this.element.append(...this.#items);
    this.mark(null, 'waiting');
  }

  /**
   * Steps before `current` are done, those behind it wait.
   *
   * @param {import('./upload.js').Step | null} current null before the first
   * @param {'waiting' | 'now' | 'paused' | 'done' | 'failed'} state of `current`
   * @param {'Identical' | 'Different'} end what the last step is called
   */
  mark(current, state, end = 'Identical') {
    const now = STEPS.findIndex(([step]) => step === current);
    for (const [index, item] of this.#items.entries()) {
      item.dataset.state = index < now ? 'done' : index === now ? state : 'waiting';
      item.toggleAttribute('aria-current', false);
    }
    if (state === 'now' || state === 'paused') {
      this.#items[now]?.setAttribute('aria-current', 'step');
    }
    this.#items[STEPS.length - 1].textContent = end;
  }

  /** @param {number} share of the file that has been sent, 0 to 1 */
  fill(share) {
    this.element.style.setProperty('--progress', String(share));
  }
}
