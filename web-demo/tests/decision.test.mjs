// Each decision that the core can take has a sentence on the page.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { sentences } from '../decision.js';

/** Fields of all decisions at once; each takes what is its own. */
const fields = { orientation: 6, kinds: ['gps'], bytes: 1, reason: 'why', asked: 80, used: 70, background: [1, 2, 3], colors: 200, by: 1, format: 'webp', suits: 'photograph', frames: 3 };

test('no decision of the core is without a sentence', async () => {
  const source = await readFile(new URL('../../core/src/output.rs', import.meta.url), 'utf8');
  const body = source.slice(source.indexOf('pub enum Decision {')).split('\n}')[0];
  const variants = [...body.matchAll(/^ {4}([A-Z]\w+)/gm)].map((match) => match[1]);
  assert.ok(variants.length >= 14, variants.join());
  for (const variant of variants) {
    const code = variant.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
    const [sentence] = sentences([{ code, ...fields }]);
    assert.notEqual(sentence, code);
    assert.doesNotMatch(sentence, /undefined/);
  }
});
