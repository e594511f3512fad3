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

const button = /** @type {HTMLButtonElement} */ (document.getElementById('upload'));
const note = /** @type {HTMLElement} */ (document.getElementById('upload-note'));
const panel = /** @type {HTMLElement} */ (document.getElementById('delivery'));
const verdict = /** @type {HTMLElement} */ (document.getElementById('verdict'));
const steps = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#steps li')]);

/** The button is never `disabled`, which would drop the keyboard's focus; `aria-disabled` and a check do the same. */
export class Delivery {
  /** @type {string | null} Why nothing can be uploaded. */
  #obstacle = 'Asking the server …';
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
  offer({ obstacle, bucket, recipe }) {
    this.#obstacle = obstacle;
    const service = /** @type {HTMLElement} */ (document.getElementById('service'));
    service.textContent = obstacle ? 'Preview only' : `Bucket ${bucket} · recipe ${recipe}`;
    this.#settleButton('Upload');
    note.textContent = obstacle ?? '';
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
    panel.hidden = true;
    verdict.hidden = true;
    this.#settleButton('Upload');
    const differs = 'This page’s engine and the function are of different versions, so their halves may differ. Build both anew.';
    note.textContent = this.#obstacle ?? (sameRecipe ? '' : differs);
  }

  /**
   * @param {Step} step
   * @param {number} progress 0 to 1
   */
  step(step, progress) {
    if (step !== this.#current) {
      this.#current = step;
      announce(SPOKEN[step]);
      button.setAttribute('aria-disabled', 'true');
      button.textContent = 'Uploading …';
      panel.hidden = false;
      verdict.hidden = true;
      this.#mark('now');
    }
    panel.style.setProperty('--progress', String(progress));
  }

  /**
   * @param {string} previewed SHA-256 of the preview
   * @param {import('./upload.js').Stored} stored
   */
  settle(previewed, stored) {
    const identical = stored.sha256 === previewed;
    this.#mark(identical ? 'done' : 'failed');
    this.#settleButton('Upload again');
    const place = `${stored.bucket}/${stored.key}`;
    if (identical) {
      this.#judge('identical', 'Identical', [`S3 holds the very bytes that you see: ${bytes(stored.bytes)} as ${place}.`]);
    } else {
      this.#judge('different', 'Different', [
        `What S3 holds as ${place} is not what you see. Please report it with these two hashes.`,
        `Preview ${previewed}`,
        `Stored ${stored.sha256}`,
      ]);
    }
    const link = Object.assign(document.createElement('a'), { href: stored.url, target: '_blank', rel: 'noopener' });
    link.textContent = 'Open the stored half';
    verdict.append(link);
  }

  /** @param {unknown} error */
  fail(error) {
    const [code, sentence] = error instanceof UploadError
      ? [error.code, error.message]
      : ['page', `The page failed: ${error}. Reload it and try again.`];
    this.#mark('failed');
    this.#settleButton('Upload again');
    this.#judge('failed', 'Failed', [sentence, `Code: ${code}`]);
  }

  /**
   * @param {'identical' | 'different' | 'failed'} kind
   * @param {string} title
   * @param {string[]} lines
   */
  #judge(kind, title, lines) {
    verdict.className = `verdict ${kind}`;
    const heading = Object.assign(document.createElement('h3'), { textContent: title });
    verdict.replaceChildren(heading, ...lines.map((line) => Object.assign(document.createElement('p'), { textContent: line })));
    verdict.hidden = false;
    verdict.scrollIntoView({ block: 'nearest' });
    announce([title, ...lines].join('. '));
  }

  /**
   * Steps before the current one are done, those behind it wait.
   *
   * @param {'now' | 'done' | 'failed'} state of the current step
   */
  #mark(state) {
    const current = steps.findIndex(({ dataset }) => dataset.step === this.#current);
    for (const [index, item] of steps.entries()) {
      item.dataset.state = index < current ? 'done' : index > current ? 'waiting' : state;
      item.toggleAttribute('aria-current', false);
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
