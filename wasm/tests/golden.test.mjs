/** Both builds give the bytes that the native core is pinned to, for every image and option of its table. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { builds, read } from './builds.mjs';

const [heading, ...rows] = read('core/tests/golden.tsv').toString().trimEnd().split('\n');

test('the table is the one that is meant', () => {
  assert.equal(heading, 'path\toptions\tsha256');
  assert.ok(rows.length > 30, `${rows.length} rows`);
});

for (const { name, core } of builds) {
  test(`${name} meets the table`, () => {
    for (const row of rows) {
      const [path, options, pinned] = row.split('\t');
      assert.equal(outcome(core, read(path), options), pinned, `${path} with ${options}`);
    }
  });
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
