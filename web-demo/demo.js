// @ts-check
/** The story: pictures are picked, halved in workers and shown; on demand they are uploaded and the stored halves verified. */

import { Album } from './album.js';
import { choice, isOwnChoice, offerChoice, onChoice, showNotice } from './choice.js';
import { UNKNOWN, followConfig, serviceOf } from './config.js';
import { LANES, engine, warmUp } from './engine.js';
import { sentenceOf } from './failure.js';
import { idle } from './idle.js';
import { keepOffline } from './offline.js';
import { Outbox } from './outbox.js';
import { onApproach, onPick } from './picker.js';
import { bytes, saving } from './quantity.js';
import { showNothing, showResult } from './result.js';
import { Shelf } from './shelf.js';
import { announce, announceAtRest, announceToo, setBusy, showHalving, showPicture, showStart } from './view.js';

/** @typedef {import('./picture.js').Picture} Picture */
/** @typedef {import('./picture.js').Half} Half */

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Milliseconds that a picture waits for the options that the server has; then it is halved with the engine's own. */
const MOMENT = 1000;

/** What the server has said last; at first that it has not. */
let config = UNKNOWN;
const outbox = new Outbox(part('shelf-actions'), (picture) => shelf.update(picture, picture === album.open, outbox.labelOf(picture)));
const album = new Album({
  halve: async (file, options, signal) => (await engine(options)).halve(file, { ...options, signal }),
  sentenceOf,
  onChange: changed,
  lanes: LANES,
});
const shelf = new Shelf({
  open: (picture) => album.show(picture),
  remove,
  clear: () => album.clear(),
});
/** @type {Picture | null} Has just been picked and is not shown yet. */
let newcomer = null;
/** Whether pictures may be halved: the server has said its options, or was waited for. */
let isBegun = false;
/** What is on the page or about to be; the signal is aborted when that changes. */
let view = { picture: /** @type {Picture | null} */ (null), half: /** @type {Half | null} */ (null), sentence: '', turn: new AbortController() };

const impatience = setTimeout(() => chosen(), MOMENT);
void followConfig((known) => {
  clearTimeout(impatience);
  const isNews = !isBegun || JSON.stringify(known.options) !== JSON.stringify(config.options);
  config = known;
  part('service').textContent = serviceOf(config);
  offerChoice(config.options);
  outbox.configure(config);
  if (isNews) {
    chosen();
  } else {
    writeNotice();
  }
});
onPick((files) => {
  album.add(files);
  newcomer = album.open;
  announce(files.length > 1 ? `Halving ${files.length} pictures` : `Halving ${album.open?.name}`);
  void show();
});
onChoice((isMoving) => isBegun && chosen(isMoving));
part('refusal-reset').addEventListener('click', () => {
  newcomer = album.open; // The refusal goes away, so the focus goes to what comes in its place …
  part('refusal-title').focus({ preventScroll: true }); // … and stays here until then, or for good: the button goes at once.
});
onApproach(() => warmUp(config.options));
addEventListener('online', () => album.retry());
void idle().then(() => {
  // On a first visit nobody may want the engine yet; later it lies on the device and costs nothing.
  if (navigator.serviceWorker?.controller) {
    warmUp(config.options);
  }
  return keepOffline();
});

/**
 * Every picture is halved with the options as they are chosen now.
 *
 * @param {boolean} [isMoving] whether the slider moves
 */
function chosen(isMoving = false) {
  const { options } = config;
  isBegun = true;
  showNotice(config.obstacle === null); // Whatever the trouble was: it is tried anew.
  // Without a server behind the page, an untouched choice is the engine's own: nothing is asked of it.
  album.setOptions(isOwnChoice() ? { ...options } : { ...options, ...choice() }, isMoving);
}

/** @param {Picture | null} picture whose state changed; null where the list did */
async function changed(picture) {
  setBusy(album.busy);
  if (picture) {
    if (picture.half) {
      const { engine: made } = await engine();
      if (!album.pictures.includes(picture)) {
        return; // It was removed meanwhile.
      }
      outbox.promise(picture, made, config);
    } else {
      outbox.refuse(picture);
    }
    shelf.update(picture, picture === album.open, outbox.labelOf(picture));
    shelf.sum(album.pictures);
    if (!album.busy && album.pictures.length > 1) {
      tellAll();
    }
  } else {
    shelf.show(album);
    outbox.keep(album.pictures);
  }
  await show();
}

/** Brings the page up to the open picture. */
async function show() {
  const { open } = album;
  if (!open) {
    if (view.picture) {
      turnTo(null, null);
      showNothing();
      showStart();
    }
  } else if (open.state === 'refused') {
    if (view.picture !== open || view.sentence !== open.sentence) {
      turnTo(open, null, open.sentence);
      part('refusal-text').textContent = open.sentence;
      showPicture('refusal', open === newcomer);
      announce(open.sentence);
      newcomer = null;
    }
  } else if (!open.half) {
    standBy(open);
  } else if (open !== view.picture || open.half !== view.half) {
    await preview(open, open.half);
  } else if (open.sentence !== view.sentence) {
    view.sentence = open.sentence;
    const trouble = writeNotice();
    if (trouble) {
      announce(trouble);
    }
  }
}

/**
 * What is on the page gives way to a picture that has no half yet, so that nobody takes the one for the other. The first
 * picture of all is waited for where it was picked.
 *
 * @param {Picture} picture
 */
function standBy(picture) {
  if (view.picture && view.picture !== picture) {
    turnTo(picture, null);
    outbox.unmount(part('delivery-host'));
    showHalving(picture.name);
    if (picture !== newcomer) {
      announce(`Halving ${picture.name}`);
    }
  }
}

/** @returns {string} why what is shown is not what was chosen; empty where it is */
function writeNotice() {
  const sentence = album.open?.half ? album.open.sentence : '';
  const trouble = sentence && `Still shown: the half from before. ${sentence}`;
  showNotice(config.obstacle === null, trouble);
  return trouble;
}

/**
 * @param {Picture} picture
 * @param {Half} half its half
 */
async function preview(picture, half) {
  const isSame = view.picture === picture && view.half !== null;
  const host = part('delivery-host');
  host.inert = !outbox.shows(picture); // What is in it is another picture's until this one can be seen.
  const { signal } = turnTo(picture, half, picture.sentence);
  try {
    const { engine: made } = await engine();
    signal.throwIfAborted();
    outbox.promise(picture, made, config);
    await showResult(picture, made, signal);
  } catch (error) {
    if (signal.aborted) {
      return; // Something newer is shown.
    }
    throw error;
  }
  outbox.mount(picture, host);
  host.inert = false;
  writeNotice();
  showPicture('preview', picture === newcomer);
  newcomer = null;
  const { word, figure } = saving(picture.file.size, half.bytes.length);
  (isSame ? announceAtRest : announce)(`${isSame ? 'Now' : 'Done:'} ${half.width} by ${half.height} pixels, ${bytes(half.bytes.length)}, ${figure} ${word}`);
}

/**
 * @param {Picture | null} picture
 * @param {Half | null} half null where there is none to show
 * @param {string} [sentence] why there is none, or not the one that was asked for
 * @returns {AbortController}
 */
function turnTo(picture, half, sentence = '') {
  view.turn.abort();
  view = { picture, half, sentence, turn: new AbortController() };
  return view.turn;
}

/**
 * The focus goes to what comes in the removed one's place.
 *
 * @param {Picture} picture
 */
function remove(picture) {
  const index = album.pictures.indexOf(picture);
  album.remove(picture);
  announce(`Removed ${picture.name}`);
  if (album.pictures.length > 1) {
    shelf.focus(album.pictures[Math.min(index, album.pictures.length - 1)]);
  } else if (album.open) {
    part(album.open.state === 'refused' ? 'refusal-title' : 'result-title').focus({ preventScroll: true });
  }
}

function tellAll() {
  const refused = album.pictures.filter(({ state }) => state === 'refused').length;
  const halved = album.pictures.length - refused;
  announceToo(`${halved} ${halved === 1 ? 'picture' : 'pictures'} halved${refused > 0 ? `, ${refused} refused` : ''}`);
}
