/** What a worker does with a file before it reads it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { read } from './builds.mjs';
import { doctored } from './doctored.mjs';

const { answer } = await import(new URL('job.js', doctored({})));
const module = new WebAssembly.Module(readFileSync(new URL('../dist/core.wasm', import.meta.url)));

/** A file of which only the first `head` can be read, as from a card that was taken out. */
const cut = (head, size) => ({
  size,
  slice: (from, to) => (to <= 65536 ? new Blob([head]).slice(from, to) : { arrayBuffer: () => Promise.reject(new Error('gone')) }),
  arrayBuffer: () => Promise.reject(new Error('gone')),
});

/** The code of the failure. */
async function code(question) {
  const answers = [];
  await answer(question, (given) => answers.push(given));
  return answers.at(-1).failure?.code;
}

test('what is too large is refused before it is read', async () => {
  assert.equal(await code({ module }), undefined);
  const photo = read('core/tests/corpus/photo-420.jpg');
  for (const [what, source, options, expected] of [
    ['pixels in the header', cut(read('core/tests/corpus/huge-header.jpg'), 1_000_000), {}, 'too-large'],
    ['bytes of the file', cut(photo, 300 << 20), {}, 'too-large'],
    ['neither', cut(photo, 1_000_000), {}, 'unreadable'],
  ]) {
    assert.equal(await code({ task: 'halve', source, options }), expected, what);
  }
});
