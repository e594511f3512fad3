// @ts-check
/** Whether somebody still waits for what they asked for, or has turned to something else meanwhile. */

/** Whatever a hand does on the page counts, be it where it may. */
let acts = 0;
for (const type of ['pointerdown', 'keydown', 'wheel', 'scroll']) {
  addEventListener(type, () => (acts += 1), { capture: true, passive: true });
}

export class Attention {
  /** What `acts` was when it was asked for; NaN before. */
  #asked = NaN;

  /** It is asked for now. A press on a button is over when it is called for, and does not count as another act. */
  begin() {
    this.#asked = acts;
  }

  /** Nobody waits. */
  end() {
    this.#asked = NaN;
  }

  /** @returns {boolean} whether it was asked for, and nothing was done since: only then may the page move by itself */
  get isHeld() {
    return this.#asked === acts;
  }
}
