// @ts-check
/** Which part of the page shows, where the focus goes, and what a screen reader is told. */

const status = part('status');

/** Milliseconds without news after which a sentence that may soon be out of date is said. */
const REST = 800;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting;
/** What is said when it has rested; empty where nothing waits. */
let waiting = '';

/**
 * Says it in the page's one live region, politely.
 *
 * @param {string} sentence
 */
export function announce(sentence) {
  clearTimeout(resting);
  waiting = '';
  status.textContent = sentence;
}

/**
 * The same when nothing newer has come for a while: a slider that moves would else be talked over.
 *
 * @param {string} sentence
 */
export function announceAtRest(sentence) {
  clearTimeout(resting);
  waiting = sentence;
  resting = setTimeout(() => announce(sentence), REST);
}

/**
 * Says it behind what waits to be said, if anything does.
 *
 * @param {string} sentence
 */
export function announceToo(sentence) {
  if (waiting) {
    announceAtRest(`${waiting}. ${sentence}`);
  } else {
    announce(sentence);
  }
}

/** @param {boolean} busy */
export function setBusy(busy) {
  document.body.classList.toggle('busy', busy);
}

/** The page as it was before any picture. */
export function showStart() {
  part('start').hidden = false;
  part('result').hidden = true;
  /** @type {HTMLElement | null} */ (document.querySelector('#start [data-choose]'))?.focus({ preventScroll: true });
}

/**
 * Shows one picture's preview, or why there is none.
 *
 * @param {'preview' | 'refusal'} kind
 * @param {boolean} isNew whether it has just been picked: then the page begins at its top and the focus at its heading
 */
export function showPicture(kind, isNew) {
  const loses = kind === 'refusal' && ['preview', 'panel'].some((id) => part(id).contains(document.activeElement));
  turnTo(kind);
  part('panel').style.minHeight = '';
  if (isNew || loses) {
    part(kind === 'refusal' ? 'refusal-title' : 'result-title').focus({ preventScroll: true });
  }
  if (isNew) {
    scrollTo({ top: 0 });
  }
}

/**
 * Shows that a picture's half is being made: its name, and nothing of the picture before. All keeps its place.
 *
 * @param {string} name
 */
export function showHalving(name) {
  const panel = part('panel');
  panel.style.minHeight = `${panel.offsetHeight}px`;
  Object.assign(part('result-title'), { textContent: name, title: name });
  turnTo('halving');
}

/** @param {'preview' | 'refusal' | 'halving'} kind */
function turnTo(kind) {
  part('start').hidden = true;
  part('result').hidden = false;
  part('result').dataset.kind = kind;
  part('refusal').hidden = kind !== 'refusal';
  for (const id of ['preview', 'panel']) {
    part(id).hidden = kind === 'refusal';
  }
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function part(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
