/** What a browser has to load: the modules stay small. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';

import { builds, read } from './builds.mjs';

/**
 * The most bytes each module may have, as it is and by brotli at its best. What is loaded first, with all decoders
 * but BMP's, keeps to 130 kB; the full modules add WebP encoders, half of them for lossy WebP, and some more.
 */
const MOST = {
  'core': { raw: 352_000, brotli: 130_000 },
  'core-simd': { raw: 351_000, brotli: 130_000 },
  'full': { raw: 504_000, brotli: 182_500 },
  'full-simd': { raw: 500_000, brotli: 181_500 },
};

for (const { name } of builds) {
  test(`${name} is small`, (context) => {
    const module = read(`wasm/dist/${name}.wasm`);
    const brotli = brotliCompressSync(module, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: module.length } }).length;
    context.diagnostic(`${name}: ${module.length} bytes, ${brotli} by brotli`);
    assert.ok(module.length <= MOST[name].raw, `${module.length} bytes`);
    assert.ok(brotli <= MOST[name].brotli, `${brotli} bytes by brotli`);
  });

  test(`${name} names no folder of the machine that built it`, () => {
    assert.doesNotMatch(read(`wasm/dist/${name}.wasm`).toString('latin1'), /registry\/src|\.rustup|\.cargo/);
  });
}
