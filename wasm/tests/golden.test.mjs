/** Each build gives the bytes that the native core is pinned to, for every image and option of its table, or leaves out what it is to leave out. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { builds, read } from './builds.mjs';

const [heading, ...rows] = read('core/tests/golden.tsv').toString().trimEnd().split('\n');

test('the table is the one that is meant', () => {
  assert.equal(heading, 'path\toptions\tsha256');
  assert.ok(rows.length > 30, `${rows.length} rows`);
});

for (const { name, isFull, core } of builds) {
  test(`${name} meets the table`, () => {
    let met = 0;
    for (const row of rows) {
      const [path, options, pinned] = row.split('\t');
      const source = read(path);
      // What is too large is so for all.
      const leavesOut = !isFull && pinned !== 'too-large' && isLeftOut(core, source, JSON.parse(options));
      const expected = leavesOut ? 'left-out' : pinned;
      assert.equal(outcome(core, source, options), expected, `${path} with ${options}`);
      met += expected === pinned ? 1 : 0;
    }
    assert.ok(met > rows.length / 2, `${met} of ${rows.length} rows`);
  });
}

/** Whether only a full build does it: WebP out, a choice among formats, much effort, BMP, what moves but is no GIF. */
function isLeftOut(core, source, options) {
  let info;
  try {
    info = core.probe(source);
  } catch {
    return false;
  }
  const to = options.format ?? info.format;
  const moves = info.frames > 1;
  return ['webp', 'auto'].includes(to) || options.effort === 'small' || info.format === 'bmp'
    || (moves && (info.format !== 'gif' || (to === 'png' && options.animation !== 'first')));
}

/** The hash of the half by Node's own SHA-256, which must be the report's too, or the code of the error. */
function outcome(core, source, options) {
  let half;
  try {
    half = core.halve(source, JSON.parse(options));
  } catch (error) {
    assert.equal(error.name, 'HalverError', error.stack);
    return error.code;
  }
  const hash = createHash('sha256').update(half.bytes).digest('hex');
  assert.equal(half.sha256, hash);
  return hash;
}
