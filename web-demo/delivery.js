// @ts-check
/** The upload on the page: the button, the four steps, and the verdict. */

import { bytes } from './quantity.js';
import { UploadError } from './upload.js';
import { announce } from './view.js';

/** @typedef {import('./upload.js').Step} Step */

/** @type {Record<Step, string>} */
const SPOKEN = {
  uploading: 'Uploading',
  stored: 'Stored; the function is called',
  halving: 'The function is halving it',
  compared: 'Halved; fetching it back to compare',
};

const PROMISE = 'After the upload, what the function stored is fetched back and compared with this preview, byte for byte.';
const DIFFERS = 'This page’s engine and the function are of different versions, so their halves may differ. Build both anew.';

const button = /** @type {HTMLButtonElement} */ (document.getElementById('upload'));
const verdict = /** @type {HTMLElement} */ (document.getElementById('verdict'));
const list = /** @type {HTMLElement} */ (document.getElementById('steps'));
const steps = /** @type {HTMLElement[]} */ ([...list.children]);

/** The button is never `disabled`, which would drop the keyboard's focus; `aria-disabled` and a check do the same. */
export class Delivery {
  /** @type {string | null} Why nothing can be uploaded. */
  #obstacle = null;
  /** @type {Step | null} */
  #current = null;
  /** @type {() => void} */
  #start = () => {};

  constructor() {
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') === 'false') {
        this.#start();
      }
    });
  }

  /** @param {import('./config.js').Config} config */
  offer({ obstacle, bucket }) {
    this.#obstacle = obstacle;
    list.hidden = obstacle !== null;
    const service = /** @type {HTMLElement} */ (document.getElementById('service'));
    service.textContent = obstacle ? 'Preview only' : `Uploads go to bucket ${bucket}`;
  }

  /**
   * A new picture is on the page.
   *
   * @param {boolean} sameRecipe whether page and function do the same
   * @param {() => void} start begins its upload
   */
  begin(sameRecipe, start) {
    this.#start = start;
    this.#current = null;
    this.#mark('waiting');
    this.#settleButton('Upload');
    write('', [this.#obstacle ?? (sameRecipe ? PROMISE : DIFFERS)]);
  }

  /**
   * @param {Step} step
   * @param {number} progress 0 to 1
   */
  step(step, progress) {
    if (step !== this.#current) {
      this.#current = step;
      this.#mark('now');
      button.setAttribute('aria-disabled', 'true');
      button.textContent = 'Working …';
      write('', [`${SPOKEN[step]} …`]);
      announce(SPOKEN[step]);
    }
    list.style.setProperty('--progress', String(progress));
  }

  /**
   * @param {string} previewed SHA-256 of the preview
   * @param {import('./upload.js').Stored} stored
   */
  settle(previewed, stored) {
    const place = `${stored.bucket}/${stored.key}`;
    if (stored.sha256 === previewed) {
      this.#end('identical', 'Identical', [`S3 holds the very bytes that you see: ${bytes(stored.bytes)} as ${place}.`]);
    } else {
      this.#end('different', 'Different', [
        `What S3 holds as ${place} is not what you see. Please report it with these two hashes.`,
        `Preview ${previewed}`,
        `Stored ${stored.sha256}`,
      ]);
    }
    const link = { href: stored.url, target: '_blank', rel: 'noopener', textContent: 'Open the stored half' };
    verdict.append(Object.assign(document.createElement('a'), link));
    verdict.scrollIntoView({ block: 'nearest' });
  }

  /** @param {unknown} error */
  fail(error) {
    const [code, sentence] = error instanceof UploadError
      ? [error.code, error.message]
      : ['page', `The page failed: ${error}. Reload it and try again.`];
    this.#end('failed', 'Failed', [sentence, `Code: ${code}`]);
    verdict.scrollIntoView({ block: 'nearest' });
  }

  /**
   * @param {'identical' | 'different' | 'failed'} kind
   * @param {string} title
   * @param {string[]} lines
   */
  #end(kind, title, lines) {
    this.#mark(kind === 'identical' ? 'done' : 'failed', kind === 'different' ? 'Different' : 'Identical');
    this.#settleButton('Upload again');
    write(kind, lines, title);
    announce([title, ...lines].join('. '));
  }

  /**
   * Steps before the current one are done, those behind it wait.
   *
   * @param {'waiting' | 'now' | 'done' | 'failed'} state of the current step
   * @param {'Identical' | 'Different'} end what the last step is called
   */
  #mark(state, end = 'Identical') {
    steps[steps.length - 1].textContent = end;
    const current = steps.findIndex(({ dataset }) => dataset.step === this.#current);
    for (const [index, item] of steps.entries()) {
      item.dataset.state = index < current ? 'done' : index > current ? 'waiting' : state;
      item.removeAttribute('aria-current');
    }
    if (state === 'now') {
      steps[current].setAttribute('aria-current', 'step');
    }
  }

  /** @param {string} label */
  #settleButton(label) {
    button.textContent = label;
    button.setAttribute('aria-disabled', String(this.#obstacle !== null));
  }
}

/**
 * @param {'' | 'identical' | 'different' | 'failed'} kind
 * @param {string[]} lines
 * @param {string} [title]
 */
function write(kind, lines, title) {
  const element = (/** @type {string} */ tag, /** @type {string} */ textContent) =>
    Object.assign(document.createElement(tag), { textContent });
  verdict.className = `verdict ${kind}`;
  verdict.replaceChildren(...(title ? [element('h3', title)] : []), ...lines.map((line) => element('p', line)));
}
