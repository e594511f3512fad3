// @ts-check
/** A few places for many: who finds none waits until one is free, first come, first served. */

export class Slots {
  #free;
  /** @type {(() => void)[]} */
  #waiting = [];

  /** @param {number} count at least 1 */
  constructor(count) {
    this.#free = count;
  }

  /** Whether the next to come would have to wait. */
  get full() {
    return this.#free === 0;
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<() => void>} gives the place back, to be called once; rejects as `signal` says
   */
  async take(signal) {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
    } else {
      await this.#turn(signal);
    }
    return () => this.#pass();
  }

  /** The place goes to the next who waits. */
  #pass() {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#free += 1;
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #turn(signal) {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== come);
        reject(signal.reason);
      };
      const come = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(come);
    });
  }
}
