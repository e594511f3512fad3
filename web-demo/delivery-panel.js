// @ts-check
/** A delivery as it is seen: the verdict, the four steps, and the row of buttons. */

import { Attention } from './attention.js';
import { element } from './element.js';
import { derivedName } from './file-name.js';
import { receiptFile } from './receipt.js';
import { Steps } from './steps.js';
import { comparison, Verdict } from './verdict.js';
import { announce } from './view.js';

/** @type {Record<string, string>} */
const EXTENSIONS = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif' };

/** @typedef {{ sides?: import('./verdict.js').Side[], link?: HTMLAnchorElement }} Evidence */

/**
 * Its one button begins, cancels and begins again: it stays the same element, so the keyboard's focus stays with it.
 * It is never `disabled`, which would drop the focus; `aria-disabled` and a check do the same.
 */
export class DeliveryPanel {
  #attention = new Attention();
  #verdict = new Verdict();
  #steps = new Steps();
  #button = element('button', { type: 'button', className: 'primary' });
  #download = element('a', { className: 'button' }, 'Download');
  #receipt = element('a', { className: 'button receipt', title: 'Receipt' }, element('span', { className: 'unseen' }, 'Receipt'));
  #actions = element('p', { className: 'actions' }, this.#button, this.#download, this.#receipt);
  #note = element('p', { className: 'delivery-note' });
  #bar = element('div', { className: 'delivery' }, this.#steps.element, this.#note, this.#actions);

  /** @param {() => void} onPress */
  constructor(onPress) {
    this.#note.setAttribute('aria-hidden', 'true'); // The verdict says it at length, and the live region has said it.
    // A key that is held down must not press a button whose meaning changes again and again, nor must a double click.
    this.#button.addEventListener('keydown', (event) => event.repeat && event.preventDefault());
    this.#button.addEventListener('click', ({ detail }) => {
      if (detail < 2 && this.#button.getAttribute('aria-disabled') === 'false') {
        this.#attention.begin();
        onPress();
      }
    });
  }

  /** @param {HTMLElement} host */
  mount(host) {
    host.replaceChildren(this.#verdict.element, this.#bar);
  }

  /** Lets go of all it holds. */
  dispose() {
    this.#verdict.element.remove();
    this.#bar.remove();
    URL.revokeObjectURL(this.#download.href);
    URL.revokeObjectURL(this.#receipt.href);
  }

  /**
   * Before an upload.
   *
   * @param {string} line
   * @param {boolean} isPossible
   */
  offer(line, isPossible) {
    this.#steps.mark(null, 'waiting');
    this.#steps.element.hidden = !isPossible;
    this.button('Upload', isPossible);
    this.#verdict.say(line);
  }

  /**
   * @param {string} label
   * @param {boolean} isPossible
   */
  button(label, isPossible = true) {
    this.#button.textContent = label;
    this.#button.classList.toggle('primary', label !== 'Cancel');
    this.#button.setAttribute('aria-disabled', String(!isPossible));
  }

  /**
   * @param {import('./upload.js').Step} step
   * @param {number} share of the file that was sent
   * @param {'now' | 'paused'} state
   */
  mark(step, share, state) {
    this.#steps.fill(share);
    this.#steps.mark(step, state);
  }

  /** @param {...string} lines */
  say(...lines) {
    this.#verdict.say(...lines);
  }

  /** @param {string} line in place of the last */
  amend(line) {
    this.#verdict.amend(line);
  }

  /**
   * In a few words over the names of the steps, for whoever does not see the verdict: on a phone it lies below the fold.
   *
   * @param {string} words empty where the steps say enough
   */
  note(words) {
    if (this.#note.textContent !== words) {
      this.#note.textContent = words;
    }
  }

  /**
   * In the page's live region, if this delivery is the one that is shown.
   *
   * @param {string} sentence
   */
  speak(sentence) {
    if (this.#bar.isConnected) {
      announce(sentence);
    }
  }

  /**
   * @param {'identical' | 'different' | 'failed' | 'cancelled'} kind
   * @param {import('./upload.js').Step} step the last that was reached
   * @param {string} title
   * @param {string[]} lines
   * @param {Evidence} evidence
   */
  settle(kind, step, title, lines, { sides, link }) {
    const state = kind === 'identical' ? 'done' : kind === 'cancelled' ? 'waiting' : 'failed';
    this.#steps.mark(step, state, kind === 'different' ? 'Different' : 'Identical');
    this.#verdict.settle(
      kind,
      title,
      [...lines, ...(sides ? [comparison(sides)] : [])],
      link,
    );
    this.speak([title, ...lines].join('. '));
    if (this.#attention.isHeld) {
      this.#verdict.element.scrollIntoView({ block: 'nearest' });
    }
    this.#attention.end();
  }

  /**
   * What can be downloaded, while it is shown: many files in a list do not each need addresses.
   *
   * @param {string} name the source's
   * @param {import('./halver/index.js').Half} half
   * @param {import('./receipt.js').Receipt} receipt
   */
  offerFiles(name, half, receipt) {
    if (this.#bar.isConnected) {
      give(this.#download, new File([half.bytes], derivedName(name, 'half', EXTENSIONS[half.type]), { type: half.type }));
      give(this.#receipt, receiptFile(receipt));
    }
  }
}

/**
 * @param {HTMLAnchorElement} link
 * @param {File} file
 */
function give(link, file) {
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(file);
  link.download = file.name;
}
