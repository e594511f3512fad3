/** Numbers as people read them; no browser is needed for that. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { percent, progress, saving, signedSaving } from '../quantity.js';

const SPACE = '\u202f'; // narrow, and never broken

test('percentages are written in one way', () => {
  for (const [hundredths, digits, written] of [[83, 0, '83'], [44.4, 0, '44'], [64_000, 0, '64,000'], [99.871, 2, '99.87'], [0, 0, '0']]) {
    assert.equal(percent(hundredths, digits), `${written}${SPACE}%`, `${hundredths}`);
  }
  assert.equal(progress(0.9999), `99${SPACE}%`, 'not all before all is done');
  assert.equal(progress(1), `100${SPACE}%`);
});

test('a change of size is neither nothing nor all, unless it is', () => {
  for (const [before, after, figure, word, short] of [
    [100, 22, '78 %', 'smaller', '−78 %'],
    [100, 100, 'no', 'change', 'same size'],
    [0, 0, 'no', 'change', 'same size'],
    [1000, 999, '0.1 %', 'smaller', '−0.1 %'],
    [100_000_000, 99_999_999, '0.01 %', 'smaller', '−0.01 %'],
    [1000, 1001, '0.1 %', 'larger', '+0.1 %'],
    [1000, 4, '99.6 %', 'smaller', '−99.6 %'],
    [100_000_000, 1, '99.99 %', 'smaller', '−99.99 %'],
    [70, 700, '900 %', 'larger', '+900 %'],
    [1, 2001, '200,000 %', 'larger', '+200,000 %'],
  ]) {
    const name = `${before} to ${after}`;
    const spaced = (text) => text.replace(' %', `${SPACE}%`);
    assert.deepEqual(saving(before, after), { figure: spaced(figure), word }, name);
    assert.equal(signedSaving(before, after), spaced(short), name);
  }
});
