// @ts-check
/**
 * The deliveries of a list, with one button for all: “Upload all”, which becomes “Cancel all” while it is at work or all
 * that is left is under way, and a line that counts how they ended.
 *
 * ```js
 * const all = new Deliveries();
 * list.before(all.element);   // hidden while there are fewer than two to upload
 * all.add(delivery);          // and `all.remove(delivery)` when its file leaves the page
 * ```
 */

import { element } from './element.js';
import { announce } from './view.js';

/** @typedef {import('./delivery.js').Delivery} Delivery */

/** States in which “Upload all” begins an upload: those that are identical need none, those that differ a look. */
const TO_DO = ['ready', 'failed', 'cancelled'];

export class Deliveries {
  #button = element('button', { type: 'button' });
  #line = element('p', { className: 'fine' });
  element = element('div', { className: 'deliveries', hidden: true }, this.#button, this.#line);
  /** @type {Set<Delivery>} */
  #all = new Set();
  #isRunning = false;
  #show = () => this.#write();

  constructor() {
    this.#button.addEventListener('keydown', (event) => event.repeat && event.preventDefault());
    this.#button.addEventListener('click', ({ detail }) => {
      if (detail < 2) {
        void (this.#isRunning || this.#toDo.length === 0 ? this.cancel() : this.start());
      }
    });
  }

  /** @param {Delivery} delivery */
  add(delivery) {
    this.#all.add(delivery);
    delivery.addEventListener('change', this.#show);
    this.#show();
  }

  /** @param {Delivery} delivery which goes on, if it is under way */
  remove(delivery) {
    this.#all.delete(delivery);
    delivery.removeEventListener('change', this.#show);
    this.#show();
  }

  /** @returns {Promise<void>} when all have ended, however they did; never rejects */
  async start() {
    const toDo = this.#toDo;
    if (this.#isRunning || toDo.length === 0) {
      return;
    }
    this.#isRunning = true;
    announce(toDo.length === 1 ? 'Uploading 1 file' : `Uploading ${toDo.length} files`);
    await Promise.all(toDo.map((delivery) => delivery.start()));
    this.#isRunning = false;
    this.#show();
    announce(this.summary);
  }

  cancel() {
    for (const delivery of this.#all) {
      delivery.cancel();
    }
  }

  /** @returns {string} `5 files: 3 identical, 1 failed, 1 under way` */
  get summary() {
    const count = (/** @type {(delivery: Delivery) => boolean} */ is) => [...this.#all].filter(is).length;
    const parts = [
      ...['identical', 'different', 'failed', 'cancelled'].map((state) => /** @type {const} */ ([count((one) => one.state === state), state])),
      /** @type {const} */ ([count((one) => one.isRunning), 'under way']),
      /** @type {const} */ ([count((one) => one.state === 'ready'), 'not uploaded']),
    ];
    return `${this.#all.size} files: ${parts.filter(([number]) => number > 0).map((part) => part.join(' ')).join(', ')}`;
  }

  get #toDo() {
    return [...this.#all].filter((delivery) => !delivery.isRunning && TO_DO.includes(delivery.state));
  }

  /** The button keeps its focus through all of it, because it stays the same element and is never `disabled`. */
  #write() {
    const number = this.#toDo.length;
    const isUnderWay = [...this.#all].some((delivery) => delivery.isRunning);
    const cancels = this.#isRunning || (number === 0 && isUnderWay);
    const isUseful = [...this.#all].some((delivery) => delivery.state !== 'off');
    this.element.hidden = this.#all.size < 2 || !isUseful;
    this.#button.textContent = cancels ? 'Cancel all' : number > 0 ? `Upload all (${number})` : 'All uploaded';
    this.#button.setAttribute('aria-disabled', String(!cancels && number === 0));
    this.#line.textContent = this.summary;
  }
}
