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

/**
 * The element takes the gestures itself. The input over it would not do: its track ignores taps on some phones, and its
 * thumb runs short of both edges.
 *
 * @param {HTMLElement} element
 * @param {Meanings} meanings
 */
export function gestures(element, meanings) {
  /** @type {Map<number, Point>} The pointers that are down, where they are. */
  const down = new Map();
  /** @type {'divide' | 'pan'} */
  let drag = 'divide';
  let last = { time: -Infinity, x: 0, y: 0 };

  const pointOf = (/** @type {MouseEvent} */ { clientX, clientY }) => {
    const { left, top } = element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) {
      return;
    }
    const point = pointOf(event);
    element.setPointerCapture(event.pointerId);
    event.preventDefault(); // Else the browser begins to drag the picture.
    down.set(event.pointerId, point);
    if (down.size > 1) {
      return;
    }
    drag = meanings.grips(point) ? 'divide' : 'pan';
    if (drag === 'divide') {
      meanings.divide(point);
    } else {
      element.focus({ preventScroll: true }); // So that the arrow keys go on from here.
    }
    element.classList.toggle('panning', drag === 'pan');
    if (event.timeStamp - last.time < TWICE && distance(point, last) < STILL) {
      meanings.tap(point);
      last = { time: -Infinity, x: 0, y: 0 };
    } else {
      last = { time: event.timeStamp, ...point };
    }
  });

  element.addEventListener('pointermove', (event) => {
    const from = down.get(event.pointerId);
    if (!from) {
      return;
    }
    const point = pointOf(event);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    down.set(event.pointerId, point);
    if (other) {
      meanings.pinch(distance(point, other) / Math.max(distance(from, other), 1), other);
      last.time = -Infinity;
    } else if (drag === 'divide') {
      meanings.divide(point);
    } else {
      meanings.pan(point.x - from.x, point.y - from.y);
    }
  });

  for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) {
    element.addEventListener(type, ({ pointerId }) => {
      down.delete(pointerId);
      element.classList.remove('panning');
    });
  }

  // Two fingers on a touchpad arrive as a wheel with Ctrl.
  element.addEventListener('wheel', (event) => {
    if (event.ctrlKey) {
      event.preventDefault();
      meanings.pinch(Math.exp(-event.deltaY / 100), pointOf(event));
    }
  }, { passive: false });
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
