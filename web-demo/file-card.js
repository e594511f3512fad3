// @ts-check
/** A card that takes one file: by its button, or by a drop on it. */

/** What a card says comes from outside as well, so it is only ever set as text. */
export class FileCard {
  /** @type {Blob | null} */
  content = null;
  #card;
  #input;
  #said;
  #empty;
  /** @type {HTMLElement | null} */
  #remove;
  /** Counts what was taken, so that what is read slowly does not overwrite what came after it. */
  #turn = 0;

  /**
   * @param {string} id of the card's element
   * @param {(file: File) => void} onFile
   * @param {() => void} [onRemove] where the card has a button for it; it is empty by then
   */
  constructor(id, onFile, onRemove = () => {}) {
    this.#card = /** @type {HTMLElement} */ (document.getElementById(id));
    this.#input = /** @type {HTMLInputElement} */ (this.#card.querySelector('input[type="file"]'));
    this.#said = /** @type {HTMLElement} */ (this.#card.querySelector('[data-said]'));
    this.#empty = this.#said.textContent ?? '';
    this.#remove = this.#card.querySelector('[data-remove]');
    const choose = /** @type {HTMLElement} */ (this.#card.querySelector('[data-choose]'));
    choose.addEventListener('click', () => this.#input.click());
    this.#remove?.addEventListener('click', () => {
      this.wait(this.#empty);
      choose.focus(); // The button that was pressed is gone.
      onRemove();
    });
    this.#input.addEventListener('change', () => {
      const file = this.#input.files?.[0];
      this.#input.value = ''; // So that the same file can be chosen again after it was changed on disk.
      if (file) {
        onFile(file);
      }
    });
  }

  /** @param {EventTarget | null} target whether it lies in this card */
  holds(target) {
    return target instanceof Node && this.#card.contains(target);
  }

  /** @param {boolean} isUnder whether a file is held above it */
  hover(isUnder) {
    this.#card.classList.toggle('under', isUnder);
  }

  /**
   * @param {Blob} content
   * @param {string} sentence
   */
  fill(content, sentence) {
    this.#turn += 1;
    this.content = content;
    this.#say('full', sentence);
  }

  /**
   * Empties it, and says why.
   *
   * @param {string} sentence
   */
  refuse(sentence) {
    this.#turn += 1;
    this.content = null;
    this.#say('refused', sentence);
  }

  /**
   * Empties it while something is read.
   *
   * @param {string} sentence
   * @returns {() => boolean} whether nothing else has come since
   */
  wait(sentence) {
    const turn = (this.#turn += 1);
    this.content = null;
    this.#say('empty', sentence);
    return () => turn === this.#turn;
  }

  /**
   * @param {'empty' | 'full' | 'refused'} state
   * @param {string} sentence
   */
  #say(state, sentence) {
    this.#card.dataset.state = state;
    this.#said.textContent = sentence;
    this.#remove?.toggleAttribute('hidden', state === 'empty');
  }
}
