/** The package: what it exports is there, it is of the workspace's version, and its scripts are small. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';

import { builds, dist, read } from './builds.mjs';

const manifest = JSON.parse(read('wasm/dist/package.json'));

/** Bytes by brotli of all scripts that a page loads. */
const SCRIPTS = 6000;

test('every export exists, with its types', () => {
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)));
  for (const file of [...targets, manifest.types]) {
    assert.ok(existsSync(new URL(file, dist)), file);
  }
});

test('the version is the workspace’s', () => {
  const [, version] = read('Cargo.toml').toString().match(/^version = "(.+)"$/m);
  assert.equal(manifest.version, version);
  for (const { name, core } of builds) {
    assert.equal(core.about().version, version, name);
  }
});

test(`the scripts of a page take ${SCRIPTS} bytes at most, by brotli`, () => {
  const scripts = readdirSync(dist).filter((file) => file.endsWith('.js') && !file.includes('node'));
  assert.ok(scripts.includes('index.js') && scripts.includes('worker.js') && scripts.includes('glue.js'), scripts.join());
  const sizes = scripts.map((file) => brotliCompressSync(read(`wasm/dist/${file}`)).length);
  const sum = sizes.reduce((one, other) => one + other);
  console.log(`${sum} bytes`);
  assert.ok(sum <= SCRIPTS, `${sum}: ${scripts.map((file, at) => `${file} ${sizes[at]}`).join(', ')}`);
});

test('nothing in the scripts needs what a strict page forbids', () => {
  for (const file of readdirSync(dist).filter((name) => name.endsWith('.js'))) {
    assert.doesNotMatch(read(`wasm/dist/${file}`).toString(), /\beval\b|new Function|SharedArrayBuffer|https?:|blob:|data:/, file);
  }
});

test('one build of each size has SIMD, none has what makes bytes differ or needs special headers', async () => {
  for (const size of ['core', 'full']) {
    const [plain, simd] = await Promise.all([`${size}.wasm`, `${size}-simd.wasm`].map(features));
    assert.ok(plain.includes('sign-ext'), `the section is read: ${plain}`);
    assert.deepEqual(simd.filter((feature) => !plain.includes(feature)), ['simd128'], size);
    for (const banned of ['simd128', 'relaxed-simd', 'atomics']) {
      assert.ok(!plain.includes(banned), `${size}: ${banned}`);
    }
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
