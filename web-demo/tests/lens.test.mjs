// Where a picture lies in its frame: fitted, scaled at a point, held at the edges.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fitted, scaledAt, settled, visible } from '../lens.js';

const frame = { width: 400, height: 300 };

test('a fitted picture is whole and in the middle', () => {
  for (const [picture, lens] of [
    [{ width: 800, height: 600 }, { scale: 0.5, x: 0, y: 0 }],
    [{ width: 300, height: 600 }, { scale: 0.5, x: 125, y: 0 }],
    [{ width: 1600, height: 300 }, { scale: 0.25, x: 0, y: 112.5 }],
    [{ width: 40, height: 30 }, { scale: 10, x: 0, y: 0 }],
  ]) {
    assert.deepEqual(fitted(picture, frame), lens, JSON.stringify(picture));
  }
});

test('the point under a zoom stays where it is', () => {
  const point = { x: 130, y: 70 };
  const lens = { scale: 0.5, x: -20, y: -10 };
  const at = ({ scale, x, y }) => [(point.x - x) / scale, (point.y - y) / scale];
  for (const scale of [0.25, 1, 7]) {
    assert.deepEqual(at(scaledAt(lens, scale, point)).map(Math.round), at(lens).map(Math.round), String(scale));
  }
});

test('a picture that covers the frame cannot be dragged off it', () => {
  const picture = { width: 1000, height: 200 };
  for (const [x, settledX] of [[50, 0], [-50, -50], [-2000, -600]]) {
    assert.deepEqual(settled({ scale: 1, x, y: 999 }, picture, frame), { scale: 1, x: settledX, y: 50 }, String(x));
  }
});

test('what is visible ends at the picture or at the frame', () => {
  assert.deepEqual(visible({ scale: 1, x: 125, y: 0 }, { width: 150, height: 300 }, frame), [125, 275]);
  assert.deepEqual(visible({ scale: 1, x: -50, y: 0 }, { width: 1000, height: 300 }, frame), [0, 400]);
});
