// @ts-check
/** The open picture on the page: the two pictures, the numbers, the decisions, what is revealed, how it was made. */

import { showQualityLimit } from './choice.js';
import { compare, compareAnew, compareNothing } from './compare.js';
import { sentences } from './decision.js';
import { moduleBytes } from './engine.js';
import { showPrivacy } from './privacy.js';
import { profileName } from './profile.js';
import { bytes, dimensions, duration, formatName, saving, whole } from './quantity.js';

/** @typedef {import('./picture.js').Picture} Picture */

/** @type {WeakRef<Picture> | undefined} Whose pictures are in the compare view. */
let shown;

/**
 * Pictures and numbers change in the same moment, when the pictures are decoded; the numbers of a picture that is
 * there already change at once.
 *
 * @param {Picture} picture halved
 * @param {import('./halver/index.js').Engine} engine
 * @param {AbortSignal} signal when something newer is to be shown
 * @returns {Promise<void>} when the pictures can be seen; rejects as `signal` says
 */
export async function showResult(picture, engine, signal) {
  const { file, blob } = picture;
  const half = /** @type {import('./picture.js').Half} */ (picture.half);
  const profile = await profileName(half.bytes, half.format);
  signal.throwIfAborted();
  if (shown?.deref() === picture) {
    write(picture, half, engine, profile);
    await compareAnew(blob, signal);
  } else {
    await compare(file, blob, half.source, signal);
    shown = new WeakRef(picture);
    write(picture, half, engine, profile);
  }
}

/** No picture is open any more. */
export function showNothing() {
  shown = undefined;
  compareNothing();
}

/**
 * @param {Picture} picture
 * @param {import('./picture.js').Half} half
 * @param {import('./halver/index.js').Engine} engine
 * @param {string | null} profile
 */
function write({ name, file }, half, engine, profile) {
  text('result-title', name).title = name; // Long ones are cut after two lines.
  text('before-pixels', dimensions(half.source.width, half.source.height));
  text('after-pixels', dimensions(half.width, half.height));
  size('before-bytes', file.size);
  size('after-bytes', half.bytes.length);
  text('before-format', formatName(half.source.format));
  text('after-format', formatName(half.format));
  text('sha256', half.sha256);
  text('made', made(half, engine));
  showSaving(file.size, half.bytes.length);
  showQualityLimit(half);
  showPrivacy(half.source.reveals, half.reveals);
  const items = sentences(half.decisions, profile).map((sentence) => Object.assign(document.createElement('li'), { textContent: sentence }));
  document.getElementById('decisions')?.replaceChildren(...items);
}

/**
 * @param {import('./picture.js').Half} half
 * @param {import('./halver/index.js').Engine} engine
 * @returns {string} what it took, and what made it
 */
function made({ timings, memory, recipe, engine: build }, engine) {
  // A worker's memory never shrinks, so this is the most that any of its pictures took.
  const time = `Halved here in ${duration(timings.halving)}, by a worker that has taken ${bytes(memory)} of memory at its peak so far`;
  const kind = build === 'simd' ? 'with SIMD' : 'without SIMD';
  const length = moduleBytes();
  return `${time}. Engine ${engine.version} ${kind}${length ? `, ${bytes(length)}` : ''}; recipe ${recipe}.`;
}

/**
 * @param {number} before
 * @param {number} after
 */
function showSaving(before, after) {
  const { figure, word } = saving(before, after);
  text('saving-figure', figure);
  text('saving-word', word);
  const panel = /** @type {HTMLElement} */ (document.querySelector('.saving'));
  const longest = Math.max(before, after);
  panel.style.setProperty('--before', String(before / longest));
  panel.style.setProperty('--after', String(after / longest));
}

/**
 * Rounded for people, exact in the title.
 *
 * @param {string} id
 * @param {number} count
 */
function size(id, count) {
  text(id, bytes(count)).title = `${whole(count)} bytes`;
}

/**
 * @param {string} id
 * @param {string} textContent
 */
function text(id, textContent) {
  return Object.assign(/** @type {HTMLElement} */ (document.getElementById(id)), { textContent });
}
