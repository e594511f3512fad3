// @ts-check
/** The verify view: takes an original and a stored half or a receipt, makes the half again, and says whether it is the same. */

import { Attention } from './attention.js';
import { followConfig } from './config.js';
import { element } from './element.js';
import { engine } from './engine.js';
import { sentenceOf } from './failure.js';
import { FileCard } from './file-card.js';
import { idle } from './idle.js';
import { keepOffline } from './offline.js';
import { bytes, dimensions, unbroken, whole } from './quantity.js';
import { readReceipt, ReceiptError } from './receipt.js';
import { HalfError, describe, fetchHalf } from './stored-half.js';
import { comparison, factsOf, Verdict } from './verdict.js';
import { judge } from './verification.js';
import { announce, setBusy } from './view.js';

/** @typedef {import('./receipt.js').Receipt} Receipt */
/** @typedef {import('./verification.js').StoredHalf} StoredHalf */

const TITLES = { identical: 'Identical', different: 'Different', unsure: 'Cannot tell' };
const CHOSEN = 'As chosen here.';

const original = new FileCard('original', (file) => takeOriginal(file));
const half = new FileCard('half', (file) => takeHalf(file), () => takeAway());
const paper = new FileCard('receipt', (file) => void takeReceipt(file), () => useReceipt(null));
const cards = [original, half, paper];

const options = /** @type {HTMLFieldSetElement} */ (document.getElementById('options'));
const optionsSaid = /** @type {HTMLElement} */ (document.getElementById('options-said'));
const format = /** @type {HTMLSelectElement} */ (document.getElementById('format'));
const quality = /** @type {HTMLInputElement} */ (document.getElementById('quality'));
const effort = /** @type {HTMLInputElement} */ (document.getElementById('effort'));
const address = /** @type {HTMLFormElement} */ (document.getElementById('address'));
const url = /** @type {HTMLInputElement} */ (document.getElementById('url'));
const verdict = new Verdict();
/** For the outcome, from a file that is given; whoever changes an option looks at that. */
const attention = new Attention();

/** @type {Receipt | null} */
let receipt = null;
/** @type {StoredHalf['marks'] | null} What the function wrote beside the half, where it was fetched. */
let marks = null;
/** Ends the comparison that runs, when there is something new to compare. */
let current = new AbortController();
/** Ends the fetching of a half. */
let fetching = new AbortController();

/** @type {Record<string, any>} The function's options, where there is one, or those of a receipt. */
let basis = {};
/** @type {Record<string, any>} What a visitor chose over them: nothing else, for the controls cannot say all that they are. */
let own = {};
/** When the server behind the page has said its options, or first that it does not. */
const answered = new Promise((resolve) => {
  void followConfig(({ options: given, recipe }) => {
    if (recipe !== null && !receipt) {
      basis = given;
      writeOptions(Object.keys(own).length === 0 ? 'Those of the function behind this page.' : CHOSEN);
      void compare();
    }
    resolve(undefined);
  });
});

document.getElementById('outcome')?.append(verdict.element);
options.addEventListener('change', ({ target }) => {
  own = { ...own, ...choiceOf(target) };
  optionsSaid.textContent = CHOSEN;
  void compare();
});
address.addEventListener('submit', (event) => {
  event.preventDefault();
  void takeAddress();
});
listenForDrops();
void compare();
void idle().then(keepOffline);

/** @param {File} file */
function takeOriginal(file) {
  attention.begin();
  original.fill(file, described(file));
  void compare();
}

/**
 * @param {File} file
 * @param {string} [note] what else is to be said
 */
function takeHalf(file, note = '') {
  attention.begin();
  fetching.abort();
  marks = null;
  half.fill(file, `${described(file)}${note && `. ${note}`}`);
  void compare();
}

/** The half was removed. */
function takeAway() {
  fetching.abort();
  void compare();
}

/** @param {File} file */
async function takeReceipt(file) {
  attention.begin();
  const isLast = paper.wait('Reading …');
  const read = await file.text().then(readReceipt).catch((error) => error);
  if (!isLast()) {
    return;
  }
  if (read instanceof Error) {
    const sentence = read instanceof ReceiptError ? read.message : `“${file.name}” could not be read. Choose it again.`;
    paper.refuse(sentence);
    announce(sentence);
    useReceipt(null);
  } else {
    paper.fill(file, summary(read));
    useReceipt(read);
  }
}

/**
 * A receipt brings its options along, and they are fixed while it is there.
 *
 * @param {Receipt | null} given
 */
function useReceipt(given) {
  if (given) {
    [basis, own] = [given.options, {}];
    writeOptions('Those of the receipt.');
  } else if (receipt) {
    optionsSaid.textContent = CHOSEN;
  }
  receipt = given;
  options.disabled = given !== null;
  void compare();
}

/**
 * @param {Receipt} receipt
 * @returns {string}
 */
function summary({ source, half: result, made }) {
  const when = new Date(made).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
  const sides = [source, result].map(({ width, height }) => unbroken(dimensions(width, height)));
  return `Of ${source.name ? `“${source.name}”` : 'a picture without a name'}: ${sides.join(' became ')}, on ${when}.`;
}

/** @param {File} file */
function described({ name, size }) {
  return `${name || 'Without a name'}, ${bytes(size)}`;
}

async function takeAddress() {
  attention.begin();
  fetching.abort();
  fetching = new AbortController();
  const { signal } = fetching;
  half.wait('Fetching …');
  void compare();
  try {
    const fetched = await fetchHalf(url.value, signal);
    signal.throwIfAborted();
    marks = fetched.marks;
    half.fill(fetched.content, `Fetched: ${bytes(fetched.content.size)}.`);
  } catch (error) {
    if (signal.aborted) {
      return; // Another half took its place.
    }
    const sentence = error instanceof HalfError ? error.message : `The page failed: ${error}. Reload it and try again.`;
    refuseHalf(sentence);
    return;
  }
  void compare();
}

/** @param {string} sentence why */
function refuseHalf(sentence) {
  half.refuse(sentence);
  announce(sentence);
  void compare();
}

/** Compares what there is, or says what is missing. */
async function compare() {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  const missing = missingPart();
  if (missing || !original.content) {
    setBusy(false);
    verdict.say(missing);
    return;
  }
  if (!isSecureContext) {
    tell('unsure', ['Hashes need a page that was opened with encryption. Open it with https, or as 127.0.0.1.']);
    return;
  }
  setBusy(true);
  verdict.say('The original is halved again …');
  try {
    await find(/** @type {File} */ (original.content), signal);
  } catch (error) {
    if (signal.aborted) {
      return; // A newer comparison took the place of this one, and the page is busy with it.
    }
    if (error instanceof HalfError) {
      refuseHalf(error.message);
      return;
    }
    tell('unsure', [sentenceOf(error, /** @type {File} */ (original.content))]);
  }
  setBusy(false);
}

/**
 * @param {File} file the original
 * @param {AbortSignal} signal
 */
async function find(file, signal) {
  const halver = await engine();
  signal.throwIfAborted();
  const made = await halver.halve(file, { ...(receipt ? receipt.options : await chosenOptions()), signal });
  const stored = half.content && (await describe(half.content, marks, halver, signal));
  signal.throwIfAborted();
  const { kind, lines, checks } = judge(made, stored, receipt);
  tell(kind, lines, checks, sidesOf(made, stored));
}

/**
 * @param {import('./halver/index.js').Half} made
 * @param {StoredHalf | null} stored
 * @returns {import('./verdict.js').Side[]} all halves there are, the receipt's too
 */
function sidesOf(made, stored) {
  const sides = [{ title: 'Made here', sha256: made.sha256, facts: factsOf({ ...made, bytes: made.bytes.byteLength }) }];
  if (stored) {
    const { info, bytes: size, marks: { recipe } } = stored;
    sides.unshift({ title: 'Stored', sha256: stored.sha256, facts: factsOf({ ...info, bytes: size, recipe }) });
  }
  if (receipt) {
    sides.push({ title: 'Receipt', sha256: receipt.half.sha256, facts: factsOf({ ...receipt, ...receipt.half }) });
  }
  return sides;
}

/**
 * @param {'identical' | 'different' | 'unsure'} kind
 * @param {string[]} lines
 * @param {import('./verification.js').Finding['checks']} [checks]
 * @param {import('./verdict.js').Side[]} [sides]
 */
function tell(kind, lines, checks = [], sides = []) {
  const items = checks.map(({ what, agrees }) => {
    const item = element('li', {}, `${what} ${agrees ? 'agrees' : 'disagrees'}`);
    item.dataset.agrees = String(agrees);
    return item;
  });
  const list = element('ul', { className: 'checks' }, ...items);
  list.setAttribute('aria-label', 'What the receipt says');
  verdict.settle(kind, TITLES[kind], [...lines, ...(items.length > 0 ? [list] : []), ...(sides.length > 0 ? [comparison(sides)] : [])]);
  announce([TITLES[kind], ...lines].join('. '));
  if (attention.isHeld) {
    verdict.element.scrollIntoView({ block: 'nearest' });
  }
}

/** @returns {string} what is still to be given, as a sentence; empty where there is enough */
function missingPart() {
  const hasAnother = half.content !== null || receipt !== null;
  if (original.content === null) {
    return hasAnother
      ? 'Now the original: choose it, or drop it anywhere.'
      : 'Choose the original, and a stored half or a receipt; or drop them all at once, anywhere.';
  }
  return hasAnother ? '' : 'Now the stored half, or a receipt: choose it, or drop it anywhere.';
}

/** @returns {Promise<Record<string, any>>} the function's, with what was chosen over them */
async function chosenOptions() {
  await answered;
  return { ...basis, ...own };
}

/**
 * @param {EventTarget | null} control that was changed
 * @returns {Record<string, any>} the option that it stands for
 */
function choiceOf(control) {
  switch (control) {
    case format:
      return { format: format.value || null };
    case effort:
      return { effort: effort.checked ? 'small' : basis.effort === 'small' ? 'balanced' : basis.effort };
    default:
      quality.value = String(Math.min(100, Math.max(1, Math.round(Number(quality.value)) || 80)));
      return { quality: Number(quality.value) };
  }
}

/** @param {string} sentence whose they are */
function writeOptions(sentence) {
  const given = { ...basis, ...own };
  format.value = given.format ?? '';
  quality.value = String(given.quality ?? 80);
  effort.checked = given.effort === 'small';
  optionsSaid.textContent = sentence;
}

function listenForDrops() {
  const isOfFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  const draw = (/** @type {DragEvent} */ event, /** @type {boolean} */ isOver) => {
    const under = isOver ? cards.find((card) => card.holds(event.target)) : undefined;
    cards.forEach((card) => card.hover(card === under));
    document.body.classList.toggle('dragging', isOver && !under);
  };
  document.addEventListener('dragover', (event) => {
    if (isOfFiles(event)) {
      event.preventDefault();
      draw(event, true);
    }
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) {
      draw(event, false); // Only leaving the window has no related target.
    }
  });
  document.addEventListener('drop', (event) => {
    draw(event, false);
    if (isOfFiles(event)) {
      event.preventDefault();
      sort([...(event.dataTransfer?.files ?? [])], event.target);
    }
  });
}

/**
 * Gives dropped files to the cards: one on a card to that card; of others, JSON is a receipt, and of pictures the one with
 * most bytes is the original, the next the half. There is no use for more, and that is said.
 *
 * @param {File[]} files
 * @param {EventTarget | null} target
 */
function sort(files, target) {
  const isForPaper = files.length === 1 && paper.holds(target); // Whatever it is: the card says what it thinks of it.
  const isPaper = (/** @type {File} */ file) => isForPaper || file.type === 'application/json' || file.name.endsWith('.json');
  const found = files.find(isPaper);
  if (found) {
    void takeReceipt(found);
  }
  const [largest, stored, ...rest] = files.filter((file) => !isPaper(file)).sort((a, b) => b.size - a.size);
  if (stored) {
    takeOriginal(largest);
    takeHalf(stored, leftOut(rest));
  } else if (largest) {
    const isOriginal = original.holds(target) || (!half.holds(target) && original.content === null);
    (isOriginal ? takeOriginal : takeHalf)(largest);
  }
}

/**
 * @param {File[]} files
 * @returns {string} a sentence; empty where there are none
 */
function leftOut(files) {
  if (files.length === 0) {
    return '';
  }
  const names = new Intl.ListFormat('en').format(files.slice(0, 3).map(({ name }) => `“${name}”`));
  const which = files.length > 3 ? `${whole(files.length)} more` : names;
  return `One original and one half are compared: ${which} ${files.length > 1 ? 'were' : 'was'} left out.`;
}
