// @ts-check
/** The options that a visitor may choose, beside those of the function. */

import { element } from './element.js';
import { formatName } from './quantity.js';

/** @typedef {{ quality: number, format: import('./halver/index.js').Format | 'auto' | null, effort: 'fast' | 'balanced' | 'small' }} Choice */

const REST = 60; // milliseconds without a change until the choice counts …
const LONGEST = 200; // … or this long since the last one that counted, so that numbers move while the slider does

const quality = /** @type {HTMLInputElement} */ (document.getElementById('quality'));
const figure = /** @type {HTMLElement} */ (document.getElementById('quality-figure'));
const format = /** @type {HTMLSelectElement} */ (document.getElementById('format'));
const effort = /** @type {HTMLInputElement} */ (document.getElementById('effort'));
const note = /** @type {HTMLElement} */ (document.getElementById('quality-note'));
const notice = /** @type {HTMLElement} */ (document.getElementById('choice-notice'));
const reset = /** @type {HTMLButtonElement} */ (document.getElementById('choice-reset'));
/** The same where a refusal is shown, which the choice may be the cause of. */
const refusalReset = /** @type {HTMLButtonElement} */ (document.getElementById('refusal-reset'));

/** @type {Choice} What the function does; until it has said so, what the engine does by itself. */
let own = { quality: 80, format: null, effort: 'balanced' };
setChoice(own); // Browsers bring back what a control had before a reload.

/**
 * What a visitor has chosen before the function said this stays.
 *
 * @param {Record<string, any>} options `halver::Options` of the function
 */
export function offerChoice(options) {
  const isUntouched = isOwnChoice();
  own = { quality: options.quality ?? 80, format: options.format ?? null, effort: options.effort ?? 'balanced' };
  if (isUntouched) {
    setChoice(own);
  }
}

/** @returns {Choice} */
export function choice() {
  const other = own.effort === 'small' ? 'balanced' : own.effort;
  const chosen = /** @type {import('./halver/index.js').Format | 'auto' | ''} */ (format.value);
  return { quality: Number(quality.value), format: chosen || null, effort: effort.checked ? 'small' : other };
}

/** Whether the choice is what the function does. */
export function isOwnChoice() {
  const { quality: q, format: f, effort: e } = choice();
  return q === own.quality && f === own.format && e === own.effort;
}

/**
 * @param {(isMoving: boolean) => void} change called when the choice has changed and rests, or has been moving for a
 *   while; `isMoving` where it is the slider that changed, of which more may come
 */
export function onChoice(change) {
  let timer = 0;
  let last = 0;
  const settle = (/** @type {boolean} */ isMoving) => {
    clearTimeout(timer);
    last = performance.now();
    change(isMoving);
  };
  quality.addEventListener('input', () => {
    writeFigure();
    clearTimeout(timer);
    timer = setTimeout(() => settle(true), Math.max(0, Math.min(REST, last + LONGEST - performance.now())));
  });
  for (const control of [format, effort]) {
    control.addEventListener('change', () => settle(false));
  }
  for (const button of [reset, refusalReset]) {
    button.addEventListener('click', () => {
      setChoice(own);
      settle(false);
      quality.focus(); // The button goes away with the difference.
    });
  }
}

/**
 * Says whether an upload would give what is previewed.
 *
 * @param {boolean} uploads whether there is a function to upload to
 * @param {string} [trouble] why what is previewed is not what was chosen; empty where it is
 */
export function showNotice(uploads, trouble = '') {
  const isOwn = isOwnChoice();
  notice.classList.toggle('differs', !isOwn || trouble !== '');
  reset.hidden = isOwn;
  refusalReset.hidden = isOwn;
  reset.textContent = uploads ? 'As the function' : 'Reset';
  const [same, other] = uploads
    ? ['As the function does it: an upload gives these very bytes.', `An upload gives otherwise: ${words(own)}.`]
    : ['As the engine does it by itself.', `By itself the engine does otherwise: ${words(own)}.`];
  // Both are there, one of them unseen: the room is that of the longer one, and nothing moves but for trouble.
  const shown = trouble || (isOwn ? same : other);
  const lines = trouble ? [same, other, trouble] : [same, other];
  notice.replaceChildren(...lines.map((line) => element('span', { className: line === shown ? '' : 'spare' }, line)));
}

/** @param {Choice} choice */
function words({ quality: q, format: f, effort: e }) {
  const parts = [`quality ${q}`, f === 'auto' ? 'the smallest format' : f ? formatName(f) : 'the source’s format', ...(e === 'small' ? ['best compression'] : [])];
  return parts.join(', ');
}

/**
 * Says why the slider does not do what it says, where that is so.
 *
 * @param {import('./engine.js').Half} half
 */
export function showQualityLimit({ format: made, lossy, decisions }) {
  const limit = decisions.find((decision) => decision.code === 'quality-limited');
  const silent = !lossy ? `${formatName(made)} is written without loss: quality has no say.` : '';
  note.textContent = limit ? `The source itself has ${limit.used}; more would only cost bytes.` : silent;
}

/** @param {Choice} choice */
function setChoice({ quality: q, format: f, effort: e }) {
  quality.value = String(q);
  format.value = f ?? '';
  effort.checked = e === 'small';
  writeFigure();
}

function writeFigure() {
  figure.textContent = quality.value;
}
