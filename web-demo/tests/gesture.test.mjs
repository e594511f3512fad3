/** What is a double tap, and what only looks like one: events one by one, without a browser. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Gestures } from '../gesture.js';

/** How often a finger that does `steps` taps twice; each step is an event's type, its time, and where it is. */
function taps(steps) {
  const listeners = {};
  const element = {
    addEventListener: (type, listener) => { listeners[type] = listener; },
    getBoundingClientRect: () => ({ left: 0, top: 0 }),
    setPointerCapture() {},
    focus() {},
    classList: { toggle() {}, remove() {} },
  };
  let count = 0;
  new Gestures(element, { grips: () => true, divide() {}, pan() {}, pinch() {}, tap: () => { count += 1; } });
  for (const [type, timeStamp, clientX, clientY] of steps) {
    listeners[`pointer${type}`]({ type: `pointer${type}`, timeStamp, clientX, clientY, button: 0, pointerId: 1, pointerType: 'touch', preventDefault() {} });
  }
  return count;
}

test('two taps on one spot are a double tap, and nothing else is', () => {
  const tap = (time, x = 50) => [['down', time, x, 50], ['up', time + 40, x, 50]];
  for (const [name, steps, count] of [
    ['two taps', [...tap(0), ...tap(200)], 1],
    ['two taps of a finger that shakes', [['down', 0, 50, 50], ['move', 20, 52, 53], ['up', 40, 52, 53], ...tap(200)], 1],
    ['two slow taps', [...tap(0), ...tap(500)], 0],
    ['two taps apart', [...tap(0), ...tap(200, 90)], 0],
    ['two flicks that scroll', [['down', 0, 50, 50], ['cancel', 60, 50, 40], ['down', 200, 50, 50], ['cancel', 260, 50, 40]], 0],
    ['two strokes', [['down', 0, 50, 50], ['move', 40, 50, 20], ['up', 60, 50, 20], ['down', 200, 50, 50], ['up', 260, 50, 50]], 0],
  ]) {
    assert.equal(taps(steps), count, name);
  }
});
