/** Each build gives the bytes that the native core is pinned to, for every image and option of its table, or leaves out what it is to leave out. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { builds, read } from './builds.mjs';
import { expectedOf, rows } from './table.mjs';

for (const { name, isFull, core } of builds) {
  test(`${name} meets the table`, () => {
    const expected = expectedOf(name);
    rows.forEach(({ path, options }, at) => assert.equal(outcome(core, read(path), options), expected[at], `${path} with ${options}`));
    const met = rows.filter(({ pinned }, at) => pinned === expected[at]).length;
    assert.ok(isFull ? met === rows.length : met > rows.length / 2, `${met} of ${rows.length} rows`);
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
