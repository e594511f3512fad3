// @ts-check
/** What fingers and mice do on the compare view: move the divider, pan, pinch, tap twice. */

/** @typedef {import('./lens.js').Point} Point */

/**
 * All points are in the element, in CSS pixels.
 *
 * @typedef {object} Meanings
 * @property {(point: Point) => boolean} grips whether a drag that begins there moves the divider; else it pans
 * @property {(point: Point) => void} divide
 * @property {(dx: number, dy: number) => void} pan
 * @property {(growth: number, point: Point) => void} pinch
 * @property {(point: Point) => void} tap twice, or a double click
 */

const TWICE = 350; // milliseconds between two taps that are one gesture
const STILL = 24; // CSS pixels that the second may lie beside the first
const SLACK = 6; // CSS pixels that a finger moves without meaning it
const NEVER = { time: -Infinity, x: 0, y: 0 };

/**
 * A finger moves the divider by a tap, or once it goes sideways: one that goes up or down wants to scroll the page, which
 * the browser then does. A mouse moves it from the first moment.
 *
 * The element takes the gestures itself. The input over it would not do: its track ignores taps on some phones, and its
 * thumb runs short of both edges.
 */
export class Gestures {
  /** @type {Map<number, Point>} The pointers that are down, where they are. */
  #down = new Map();
  /** @type {'divide' | 'pan' | 'unclear'} */
  #drag = 'divide';
  /** @type {Point} Where the first pointer came down. */
  #start = NEVER;
  #last = NEVER;
  #element;
  #meanings;

  /**
   * @param {HTMLElement} element
   * @param {Meanings} meanings
   */
  constructor(element, meanings) {
    this.#element = element;
    this.#meanings = meanings;
    element.addEventListener('pointerdown', (event) => event.button === 0 && this.#begin(event));
    element.addEventListener('pointermove', (event) => this.#move(event));
    element.addEventListener('pointerup', (event) => this.#end(event));
    element.addEventListener('pointercancel', (event) => this.#end(event)); // The browser scrolls the page instead.
    element.addEventListener('wheel', (event) => this.#roll(event), { passive: false });
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    const point = this.#pointOf(event);
    this.#element.setPointerCapture(event.pointerId);
    event.preventDefault(); // Else the browser begins to drag the picture.
    this.#down.set(event.pointerId, point);
    if (this.#down.size > 1) {
      this.#last = NEVER; // Two fingers that pinch are no double tap,
      this.#drag = 'pan'; // and the one that stays longer no tap.
      return;
    }
    this.#start = point;
    this.#drag = !this.#meanings.grips(point) ? 'pan' : event.pointerType === 'mouse' ? 'divide' : 'unclear';
    if (this.#drag === 'divide') {
      this.#meanings.divide(point);
    } else if (this.#drag === 'pan') {
      this.#element.focus({ preventScroll: true }); // So that the arrow keys go on from here.
    }
    this.#element.classList.toggle('panning', this.#drag === 'pan');
    this.#tap(point, event.timeStamp);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const from = this.#down.get(event.pointerId);
    if (!from) {
      return;
    }
    const point = this.#pointOf(event);
    const other = [...this.#down].find(([id]) => id !== event.pointerId)?.[1];
    this.#down.set(event.pointerId, point);
    if (distance(point, this.#start) > SLACK) {
      this.#last = NEVER; // What moves is no tap, and so the first of no two.
    }
    if (this.#drag === 'unclear') {
      this.#drag = this.#isSideways(point) ? 'divide' : 'unclear';
    }
    if (other) {
      this.#meanings.pinch(distance(point, other) / Math.max(distance(from, other), 1), other);
    } else if (this.#drag === 'divide') {
      this.#meanings.divide(point);
    } else if (this.#drag === 'pan') {
      this.#meanings.pan(point.x - from.x, point.y - from.y);
    }
  }

  /** @param {Point} point */
  #isSideways({ x, y }) {
    const across = Math.abs(x - this.#start.x);
    return across > SLACK && across > Math.abs(y - this.#start.y);
  }

  /** @param {PointerEvent} event */
  #end(event) {
    const point = this.#pointOf(event);
    const isTap = event.type === 'pointerup' && this.#drag === 'unclear' && distance(point, this.#start) <= SLACK;
    if (this.#down.delete(event.pointerId) && isTap) {
      this.#meanings.divide(point);
    }
    if (event.type === 'pointercancel') {
      this.#last = NEVER;
    }
    this.#element.classList.remove('panning');
  }

  /**
   * Two fingers on a touchpad arrive as a wheel with Ctrl.
   *
   * @param {WheelEvent} event
   */
  #roll(event) {
    if (event.ctrlKey) {
      event.preventDefault();
      this.#meanings.pinch(Math.exp(-event.deltaY / 100), this.#pointOf(event));
    }
  }

  /**
   * @param {Point} point
   * @param {number} time milliseconds
   */
  #tap(point, time) {
    if (time - this.#last.time < TWICE && distance(point, this.#last) < STILL) {
      this.#meanings.tap(point);
      this.#last = NEVER;
      this.#drag = 'pan'; // What follows is of the picture as it lies now.
    } else {
      this.#last = { time, ...point };
    }
  }

  /** @param {MouseEvent} event */
  #pointOf({ clientX, clientY }) {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
