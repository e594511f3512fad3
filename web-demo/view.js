// @ts-check
/** Which part of the page shows, where the focus goes, and what a screen reader is told. */

const status = /** @type {HTMLElement} */ (document.getElementById('status'));
const SECTIONS = ['start', 'refusal', 'result'];

/**
 * Says it in the page's one live region, politely.
 *
 * @param {string} sentence
 */
export function announce(sentence) {
  status.textContent = sentence;
}

/** @param {boolean} busy */
export function setBusy(busy) {
  document.body.classList.toggle('busy', busy);
}

/**
 * Shows one section, hides the others, and puts the focus on its heading.
 *
 * @param {'refusal' | 'result'} id
 */
export function showSection(id) {
  for (const other of SECTIONS) {
    /** @type {HTMLElement} */ (document.getElementById(other)).hidden = other !== id;
  }
  document.getElementById(`${id}-title`)?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** @param {string} sentence */
export function showRefusal(sentence) {
  /** @type {HTMLElement} */ (document.getElementById('refusal-text')).textContent = sentence;
  showSection('refusal');
}
