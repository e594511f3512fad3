// @ts-check
/**
 * Before and after on one spot: a divider that a range input moves, and one lens for both pictures.
 *
 * 100 % is one pixel of the half on one pixel of the screen; at 200 % it is the original whose pixels are the screen's.
 */

import { Gestures } from './gesture.js';
import { fitted, scaledAt, settled, visible } from './lens.js';
import { percent } from './quantity.js';

/** @typedef {import('./lens.js').Lens} Lens */
/** @typedef {import('./lens.js').Point} Point */

const figure = /** @type {HTMLElement} */ (document.getElementById('compare'));
const split = /** @type {HTMLInputElement} */ (document.getElementById('split'));
const readout = /** @type {HTMLElement} */ (document.getElementById('zoom-readout'));
const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('[data-zoom]')]);

const LARGEST = 8; // device pixels for one of the half
const STEP = 0.12; // of the frame, for one press of an arrow key

/** The picture's sides in pixels of the half; those of the original halved, so they may end in a half. */
let picture = { width: 2, height: 2 };
/** @type {Lens} */
let lens = { scale: 1, x: 0, y: 0 };
/** Whether the picture follows the frame's size. */
let fits = true;

split.addEventListener('input', divide);
new ResizeObserver(() => look(fits ? fit() : lens)).observe(figure);
for (const button of buttons) {
  button.addEventListener('click', () => zoom(Number(button.dataset.zoom), middle()));
}
figure.addEventListener('keydown', (event) => {
  if (event.target === figure && press(event.key)) {
    event.preventDefault();
  }
});
new Gestures(figure, {
  grips: ({ x }) => Math.abs(x - dividerAt()) < 22 || isWhole(),
  divide: ({ x }) => {
    const [left, right] = visible(lens, picture, frame());
    split.value = String(Math.round((100 * (x - left)) / (right - left)));
    divide();
    split.focus({ preventScroll: true });
  },
  pan: (dx, dy) => look({ ...lens, x: lens.x + dx, y: lens.y + dy }),
  pinch: (growth, point) => zoomTo(lens.scale * growth, point),
  tap: (point) => zoom(fits ? 1 : 0, point),
});

/**
 * Shows both pictures as soon as both are decoded. The figure has its shape before, so that nothing moves; what was
 * there stays until then.
 *
 * @param {Blob} whole
 * @param {Blob} half
 * @param {{ width: number, height: number }} size of the whole, upright
 * @param {AbortSignal} signal when something newer is to be shown
 * @returns {Promise<void>} a picture that this browser cannot show stays empty; rejects as `signal` says
 */
export async function compare(whole, half, { width, height }, signal) {
  const [before, after] = await Promise.all([decoded('before', whole), decoded('after', half)]);
  if (signal.aborted) {
    discard(before, after);
    throw signal.reason;
  }
  picture = { width: width / 2, height: height / 2 };
  figure.style.setProperty('--width', String(width));
  figure.style.setProperty('--height', String(height));
  sizeOf(before, width / 2, height / 2);
  sizeOf(after, Math.ceil(width / 2), Math.ceil(height / 2));
  swap(before);
  swap(after);
  split.value = '50';
  look(fit());
}

/**
 * Another half of the picture that is there; divider and lens stay.
 *
 * @param {Blob} half
 * @param {AbortSignal} signal
 */
export async function compareAnew(half, signal) {
  const after = await decoded('after', half);
  if (signal.aborted) {
    discard(after);
    throw signal.reason;
  }
  sizeOf(after, Math.ceil(picture.width), Math.ceil(picture.height));
  swap(after);
  look(lens);
}

/** Forgets both pictures, so that the browser can. */
export function compareNothing() {
  for (const id of ['before', 'after']) {
    const image = /** @type {HTMLImageElement} */ (document.getElementById(id));
    discard(image);
    image.removeAttribute('src');
  }
}

/**
 * A new element with the picture in it. Elements are exchanged rather than their addresses, because a decoded one
 * is painted at once, without an empty moment.
 *
 * @param {string} id of the element that it will replace
 * @param {Blob} blob
 */
async function decoded(id, blob) {
  const image = /** @type {HTMLImageElement} */ (document.getElementById(id)?.cloneNode());
  image.src = URL.createObjectURL(blob);
  await image.decode().catch(() => {});
  return image;
}

/** @param {HTMLImageElement} image */
function swap(image) {
  const old = /** @type {HTMLImageElement} */ (document.getElementById(image.id));
  discard(old);
  old.replaceWith(image);
}

/** @param {HTMLImageElement[]} images */
function discard(...images) {
  for (const { src } of images) {
    URL.revokeObjectURL(src);
  }
}

/**
 * @param {HTMLImageElement} image
 * @param {number} width CSS pixels at scale 1
 * @param {number} height
 */
function sizeOf(image, width, height) {
  image.style.width = `${width}px`;
  image.style.height = `${height}px`;
}

function frame() {
  return { width: figure.clientWidth, height: figure.clientHeight };
}

function middle() {
  const { width, height } = frame();
  return { x: width / 2, y: height / 2 };
}

function fit() {
  fits = true;
  return fitted(picture, frame());
}

/** Whether all of the picture can be seen, so that there is nothing to pan. */
function isWhole() {
  const { width, height } = frame();
  return picture.width * lens.scale <= width + 1 && picture.height * lens.scale <= height + 1;
}

/**
 * @param {number} level device pixels for one of the half, or 0 for Fit
 * @param {Point} point that stays where it is
 */
function zoom(level, point) {
  if (level === 0) {
    look(fit());
  } else {
    zoomTo(level / devicePixelRatio, point);
  }
}

/**
 * @param {number} scale CSS pixels for one of the half
 * @param {Point} point
 */
function zoomTo(scale, point) {
  const least = Math.min(fitted(picture, frame()).scale, 1 / devicePixelRatio);
  fits = false;
  look(scaledAt(lens, Math.min(Math.max(scale, least), LARGEST / devicePixelRatio), point));
}

/**
 * @param {string} key
 * @returns {boolean} whether it means something here
 */
function press(key) {
  const { width, height } = frame();
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => look({ ...lens, x: lens.x + width * STEP }),
    ArrowRight: () => look({ ...lens, x: lens.x - width * STEP }),
    ArrowUp: () => look({ ...lens, y: lens.y + height * STEP }),
    ArrowDown: () => look({ ...lens, y: lens.y - height * STEP }),
    '+': () => zoomTo(lens.scale * 1.25, middle()),
    '-': () => zoomTo(lens.scale / 1.25, middle()),
    0: () => zoom(0, middle()),
    1: () => zoom(1, middle()),
    2: () => zoom(2, middle()),
  };
  keys[key]?.();
  return key in keys;
}

/** @param {Lens} next */
function look(next) {
  const size = frame();
  if (size.width === 0) {
    return; // Not on the page yet; the observer calls when it is.
  }
  lens = settled(next, picture, size);
  const { left, top } = figure.getBoundingClientRect();
  // On the screen's own pixels: only then is 100 % what it says.
  const onPixel = (/** @type {number} */ at, /** @type {number} */ origin) =>
    Math.round((origin + at) * devicePixelRatio) / devicePixelRatio - origin;
  const place = `translate(${onPixel(lens.x, left)}px, ${onPixel(lens.y, top)}px)`;
  for (const image of figure.querySelectorAll('img')) {
    image.style.transform = `${place} scale(${lens.scale})`;
  }
  const board = /** @type {HTMLElement} */ (figure.querySelector('.board'));
  board.style.transform = place;
  board.style.width = `${picture.width * lens.scale}px`;
  board.style.height = `${picture.height * lens.scale}px`;
  tell();
  divide();
}

/** Marks the buttons, and what can be done. */
function tell() {
  const level = Math.round(lens.scale * devicePixelRatio * 1e4) / 1e4;
  for (const button of buttons) {
    const own = Number(button.dataset.zoom);
    button.setAttribute('aria-pressed', String(own === 0 ? fits : !fits && level === own));
  }
  const exact = level === 1 ? ', pixel for pixel' : level === 2 ? ', the original pixel for pixel' : '';
  readout.textContent = `The half at ${percent(level * 100)}${exact}`;
  // A small picture that is fitted into the frame is grown: smoothly, unless it is so small that pixels tell more.
  figure.classList.toggle('magnified', level > (fits ? 2 : 1));
  const pans = !isWhole();
  figure.classList.toggle('pans', pans);
  figure.tabIndex = pans ? 0 : -1;
}

/** The divider's place in the frame, in CSS pixels. */
function dividerAt() {
  const [left, right] = visible(lens, picture, frame());
  return left + ((right - left) * Number(split.value)) / 100;
}

function divide() {
  const share = Number(split.value);
  figure.style.setProperty('--split', `${dividerAt()}px`);
  split.setAttribute('aria-valuetext', `${share} percent before, ${100 - share} percent after`);
}
