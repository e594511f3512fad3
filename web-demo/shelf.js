// @ts-check
/** The list of pictures on the page: one button to open each, one to remove it, and what all of them save. */

import { bytes, saving, signedSaving } from './quantity.js';

/** @typedef {import('./picture.js').Picture} Picture */

/**
 * @typedef {object} Actions
 * @property {(picture: Picture) => void} open
 * @property {(picture: Picture) => void} remove
 * @property {() => void} clear
 */

const shelf = /** @type {HTMLElement} */ (document.getElementById('shelf'));
const list = /** @type {HTMLElement} */ (document.getElementById('pictures'));
const count = /** @type {HTMLElement} */ (document.getElementById('shelf-count'));
const total = /** @type {HTMLElement} */ (document.getElementById('shelf-total'));

const MARGIN = 4; // CSS pixels that an item in view keeps from the list's edge; it may grow a little when it is halved

/** @type {Record<string, string>} */
const STATES = { waiting: 'waiting', halving: 'halving …' };

export class Shelf {
  /** @type {Map<Picture, HTMLElement>} */
  #items = new Map();
  /** @type {WeakMap<HTMLElement, object>} The half of which each item shows a thumbnail. */
  #shown = new WeakMap();
  /** @type {Worker | undefined} */
  #thumbnails;
  /** @type {Picture | null} */
  #open = null;
  #actions;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    document.getElementById('clear')?.addEventListener('click', actions.clear);
    list.addEventListener('keydown', (event) => this.#press(event));
  }

  /**
   * The list as it is now. One picture alone needs none.
   *
   * @param {import('./album.js').Album} album
   */
  show({ pictures, open }) {
    shelf.hidden = pictures.length < 2;
    for (const [picture, item] of this.#items) {
      if (!pictures.includes(picture)) {
        item.remove();
        this.#items.delete(picture);
      }
    }
    for (const picture of pictures) {
      if (!this.#items.has(picture)) {
        this.#add(picture);
      }
      this.update(picture, picture === open);
    }
    this.sum(pictures);
    if (open !== this.#open) {
      this.#open = open;
      this.#reveal(open);
    }
  }

  /**
   * Scrolls the list, and nothing but the list, until the picture lies in it.
   *
   * @param {Picture | null} picture
   */
  #reveal(picture) {
    const item = picture && this.#items.get(picture);
    if (item) {
      const [inner, outer] = [item, list].map((element) => element.getBoundingClientRect());
      list.scrollTop += Math.max(0, inner.bottom + MARGIN - outer.bottom) || Math.min(0, inner.top - MARGIN - outer.top);
    }
  }

  /**
   * @param {Picture} picture nothing happens where it is not in the list
   * @param {boolean} open
   * @param {string} [delivery] how far that is
   */
  update(picture, open, delivery) {
    const item = this.#items.get(picture);
    if (!item) {
      return;
    }
    const [button] = item.children;
    const { state, half, file, sentence } = picture;
    item.dataset.state = state;
    if (open) {
      button.setAttribute('aria-current', 'true');
    } else {
      button.removeAttribute('aria-current');
    }
    const done = half && `${bytes(file.size)} → ${bytes(half.bytes.length)}`;
    write(item, '.item-facts', done ?? (sentence || STATES[state]));
    if (delivery !== undefined) {
      write(item, '.item-delivery', delivery);
    }
    write(item, '.item-saving', half ? signedSaving(file.size, half.bytes.length) : '');
    if (half && !shelf.hidden && this.#shown.get(item) !== half) {
      this.#shown.set(item, half);
      this.#thumbnail(picture);
    }
  }

  /**
   * Puts the focus on a picture's button, where the list shows it.
   *
   * @param {Picture} picture
   */
  focus(picture) {
    const button = /** @type {HTMLElement | undefined} */ (this.#items.get(picture)?.firstElementChild);
    button?.focus();
  }

  /** @param {Picture} picture */
  #add(picture) {
    const item = document.createElement('li');
    const open = make('button', 'item-open');
    const thumb = make('canvas', 'thumb');
    thumb.setAttribute('aria-hidden', 'true');
    Object.assign(thumb, { width: 1, height: 1 });
    const above = make('span', 'item-line');
    above.append(make('span', 'item-name', picture.name), make('span', 'item-delivery'));
    const below = make('span', 'item-line');
    below.append(make('span', 'item-facts'), make('span', 'item-saving'));
    open.append(thumb, above, below);
    open.addEventListener('click', () => this.#actions.open(picture));
    const remove = make('button', 'item-remove');
    remove.setAttribute('aria-label', `Remove ${picture.name}`);
    // Under a double click, or a key that is held down, the next one would lie a moment later.
    remove.addEventListener('keydown', (event) => event.repeat && event.preventDefault());
    remove.addEventListener('click', ({ detail }) => detail < 2 && this.#actions.remove(picture));
    for (const button of [open, remove]) {
      button.setAttribute('type', 'button');
    }
    item.append(open, remove);
    list.append(item);
    this.#items.set(picture, item);
  }

  /**
   * Up and down go from picture to picture, Delete removes one; Tab works as ever.
   *
   * @param {KeyboardEvent} event
   */
  #press(event) {
    const items = [...this.#items];
    const index = items.findIndex(([, item]) => item.contains(document.activeElement));
    const target = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === 'Delete') {
      if (!event.repeat) {
        this.#actions.remove(items[index][0]);
      }
    } else if (target !== undefined && items[target]) {
      this.focus(items[target][0]);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {Picture} picture */
  #thumbnail(picture) {
    if (!this.#thumbnails) {
      this.#thumbnails = new Worker(new URL('thumbnail.js', import.meta.url), { type: 'module' });
      this.#thumbnails.onmessage = ({ data: { id, bitmap } }) => this.#draw(id, bitmap);
    }
    this.#thumbnails.postMessage({ id: picture.id, blob: picture.blob });
  }

  /**
   * @param {number} id of the picture
   * @param {ImageBitmap | null} bitmap
   */
  #draw(id, bitmap) {
    const item = [...this.#items].find(([picture]) => picture.id === id)?.[1];
    const canvas = item?.querySelector('canvas');
    if (!bitmap || !canvas) {
      bitmap?.close();
      return;
    }
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
  }

  /** @param {Picture[]} pictures */
  sum(pictures) {
    const halved = pictures.filter(({ half }) => half);
    const before = halved.reduce((sum, { file }) => sum + file.size, 0);
    const after = halved.reduce((sum, { half }) => sum + (half?.bytes.length ?? 0), 0);
    const { figure, word } = saving(before, after);
    count.textContent = `${pictures.length} pictures`;
    total.textContent = halved.length > 0 ? `${bytes(before)} → ${bytes(after)}, ${figure} ${word}` : '';
  }
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [textContent]
 */
function make(tag, className, textContent = '') {
  return Object.assign(document.createElement(tag), { className, textContent });
}

/**
 * @param {HTMLElement} item
 * @param {string} selector
 * @param {string} text
 */
function write(item, selector, text) {
  const element = /** @type {HTMLElement} */ (item.querySelector(selector));
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
