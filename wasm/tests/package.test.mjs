/** The package: what it exports is there, and it is of the workspace's version. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

import { read, root } from './builds.mjs';

const manifest = JSON.parse(read('wasm/dist/package.json'));

test('every export and every listed file exists', () => {
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)));
  for (const file of [...targets, ...manifest.files]) {
    assert.ok(existsSync(new URL(file, new URL('wasm/dist/', root))), file);
  }
});

test('the version is the workspace’s', () => {
  const [, version] = read('Cargo.toml').toString().match(/^version = "(.+)"$/m);
  assert.equal(manifest.version, version);
});

test('one build has SIMD, neither has what makes bytes differ or needs special headers', async () => {
  const [plain, simd] = await Promise.all(['core.wasm', 'core-simd.wasm'].map(features));
  assert.ok(plain.includes('sign-ext'), `the section is read: ${plain}`);
  assert.deepEqual(simd.filter((feature) => !plain.includes(feature)), ['simd128']);
  for (const banned of ['simd128', 'relaxed-simd', 'atomics']) {
    assert.ok(!plain.includes(banned), banned);
  }
});

/** The names in a module's `target_features` section: a count, then for each a `+`, a length and the name. */
async function features(file) {
  const module = await WebAssembly.compile(read(`wasm/dist/${file}`));
  const [section] = WebAssembly.Module.customSections(module, 'target_features');
  const bytes = Buffer.from(section);
  const names = [];
  for (let at = 1; at < bytes.length; at += 2 + bytes[at + 1]) {
    names.push(bytes.toString('latin1', at + 2, at + 2 + bytes[at + 1]));
  }
  return names;
}
