// @ts-check
/** The deliveries of all pictures on the page: one for each that has a half, all of them behind one button. */

import { Deliveries } from './deliveries.js';
import { Delivery } from './delivery.js';

/** @typedef {import('./picture.js').Picture} Picture */

/** States that a list need not mention. */
const SILENT = ['ready', 'off'];

export class Outbox {
  #all = new Deliveries();
  /** @type {Map<Picture, { delivery: Delivery, half: object, listener: () => void }>} */
  #deliveries = new Map();
  /** @type {Delivery | undefined} */
  #mounted;
  #onChange;

  /**
   * @param {HTMLElement} place for the button that uploads all
   * @param {(picture: Picture) => void} onChange its label is another
   */
  constructor(place, onChange) {
    this.#onChange = onChange;
    place.append(this.#all.element);
  }

  /**
   * The picture's delivery promises its present half from now on.
   *
   * @param {Picture} picture halved
   * @param {import('./halver/index.js').Engine} engine
   * @param {import('./config.js').Config} config
   */
  promise(picture, engine, config) {
    const { file } = picture;
    const half = /** @type {import('./picture.js').Half} */ (picture.half);
    const options = /** @type {Record<string, any>} */ (picture.made);
    const known = this.#deliveries.get(picture);
    if (!known) {
      const delivery = new Delivery({ file, half, options, engine, config });
      const listener = () => this.#onChange(picture);
      this.#deliveries.set(picture, { delivery, half, listener });
      delivery.addEventListener('change', listener);
      this.#all.add(delivery);
    } else if (known.half !== half) {
      known.half = half;
      known.delivery.renew(half, options);
    }
  }

  /** @param {import('./config.js').Config} config what the server has said since */
  configure(config) {
    for (const { delivery } of this.#deliveries.values()) {
      delivery.configure(config);
    }
  }

  /**
   * There is no half to promise any more. An upload that runs goes on.
   *
   * @param {Picture} picture
   */
  refuse(picture) {
    if (this.#deliveries.get(picture)?.delivery.isRunning === false) {
      this.#drop(picture);
    }
  }

  /**
   * @param {Picture} picture
   * @param {HTMLElement} host
   */
  mount(picture, host) {
    const delivery = this.#deliveries.get(picture)?.delivery;
    if (delivery && delivery !== this.#mounted) {
      delivery.mount(host);
      this.#mounted = delivery;
    }
  }

  /**
   * @param {Picture} picture
   * @returns {boolean} whether its delivery is the one that is mounted
   */
  shows(picture) {
    return this.#mounted !== undefined && this.#mounted === this.#deliveries.get(picture)?.delivery;
  }

  /**
   * None is shown any more; one that is under way goes on.
   *
   * @param {HTMLElement} host
   */
  unmount(host) {
    host.replaceChildren();
    this.#mounted = undefined;
  }

  /**
   * @param {Picture} picture
   * @returns {string} how far its delivery is; empty where there is nothing to say
   */
  labelOf(picture) {
    const delivery = this.#deliveries.get(picture)?.delivery;
    return delivery && !SILENT.includes(delivery.state) ? delivery.label : '';
  }

  /**
   * Lets go of what belongs to other pictures.
   *
   * @param {Picture[]} pictures
   */
  keep(pictures) {
    for (const picture of this.#deliveries.keys()) {
      if (!pictures.includes(picture)) {
        this.#drop(picture);
      }
    }
  }

  /** @param {Picture} picture */
  #drop(picture) {
    const known = this.#deliveries.get(picture);
    if (known) {
      this.#all.remove(known.delivery);
      known.delivery.removeEventListener('change', known.listener); // It ends a moment later, and nobody is left to tell.
      known.delivery.dispose();
      this.#deliveries.delete(picture);
    }
  }
}
