/** Receipts are read as strictly as they are written; no browser is needed for that. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { derivedName } from '../file-name.js';
import { readReceipt, receiptFile, receiptOf } from '../receipt.js';

const hash = (digit) => digit.repeat(64);
const made = new Date('2026-11-21T20:00:00Z');
const half = {
  bytes: new Uint8Array(7),
  type: 'image/jpeg',
  width: 2,
  height: 3,
  sha256: hash('b'),
  source: { bytes: 9, sha256: hash('a'), format: 'jpeg', width: 4, height: 5, orientation: 6 },
  recipe: '0123456789abcdef',
  outputVersion: 6,
  engine: 'scalar',
};
const options = { quality: 70, format: null, background: [1, 2, 3], limits: { pixels: 1 }, onProgress() {} };
const engine = { version: '0.1.0', build: 'simd', outputVersion: 6 };
const stored = { bucket: 'b', key: 'ü/k.jpg', url: 'https://secret.example', bytes: 7, sha256: hash('c'), recipe: '0', comparedAt: made };
const receipt = receiptOf({ name: 'ü.x.jpg', half, options, engine, made, stored });

test('a receipt has what it needs, and nothing that was secret', async () => {
  assert.deepEqual(receipt, {
    receipt: 'halver',
    version: 1,
    made: '2026-11-21T20:00:00.000Z',
    source: { name: 'ü.x.jpg', bytes: 9, sha256: hash('a'), format: 'jpeg', width: 4, height: 5 },
    recipe: '0123456789abcdef',
    options: { quality: 70, format: null, background: [1, 2, 3] },
    outputVersion: 6,
    half: { bytes: 7, sha256: hash('b'), type: 'image/jpeg', width: 2, height: 3 },
    stored: { bucket: 'b', key: 'ü/k.jpg', sha256: hash('c'), comparedAt: '2026-11-21T20:00:00.000Z' },
    engine: { version: '0.1.0', build: 'scalar' },
  });
  const file = receiptFile(receipt);
  assert.equal(file.name, 'ü.x-receipt.json');
  assert.deepEqual(readReceipt(await file.text()), receipt, 'it is read as it was written');
});

test('files are called after their source, if that has a name', () => {
  for (const [name, halved, kept] of [
    ['a.b.jpg', 'a.b-half.png', 'a.b-receipt.json'],
    ['photo', 'photo-half.png', 'photo-receipt.json'],
    ['', 'half.png', 'receipt.json'],
    ['.jpg', 'half.png', 'receipt.json'],
  ]) {
    assert.equal(derivedName(name, 'half', 'png'), halved, name);
    assert.equal(receiptFile({ ...receipt, source: { ...receipt.source, name } }).name, kept, name);
  }
});

test('fields of later pages are left out', () => {
  const more = { ...receipt, note: 'x', half: { ...receipt.half, note: 'x' } };
  assert.deepEqual(readReceipt(JSON.stringify(more)), receipt);
});

test('every field is needed, and must be what it says', () => {
  const leaves = (value, path = []) => typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, part]) => leaves(part, [...path, key]))
    : [path];
  const changed = (path, value) => {
    const copy = structuredClone(receipt);
    const [last, ...rest] = path.toReversed();
    const parent = rest.reduceRight((at, key) => at[key], copy);
    if (value === undefined) {
      delete parent[last];
    } else {
      parent[last] = value;
    }
    return JSON.stringify(copy);
  };
  for (const path of leaves(receipt)) {
    const isOption = path[0] === 'options';
    for (const value of [isOption ? 'none' : undefined, {}, [], 1.5, -1, ['image/jpeg']]) {
      const why = `${path.join('.')} = ${JSON.stringify(value)}`;
      assert.throws(() => readReceipt(changed(path, value)), { name: 'ReceiptError' }, why);
    }
  }
  for (const option of ['__proto__', 'constructor', 'toString', 'limits']) {
    const text = JSON.stringify(receipt).replace('"quality":70', `"${option}":70`);
    assert.throws(() => readReceipt(text), { code: 'damaged' }, option);
  }
});

test('a receipt knows the options of the core, all of them and no others', async () => {
  const { allOptions, load } = await import('../halver/core.js');
  load(readFileSync(new URL('../halver/core.wasm', import.meta.url)));
  const { limits, ...all } = allOptions();
  const given = receiptOf({ name: 'x.jpg', half, options: { ...all, limits }, engine, made });
  assert.deepEqual(given.options, all);
  assert.deepEqual((await readReceipt(JSON.stringify(given))).options, all);
  const table = readFileSync(new URL('../receipt.js', import.meta.url), 'utf8').split('const OPTIONS =')[1].split('\n});')[0];
  const known = [...table.matchAll(/^ {2}(\w+):/gm)].map(([, option]) => option);
  assert.deepEqual(known.sort(), Object.keys(all).sort());
});
