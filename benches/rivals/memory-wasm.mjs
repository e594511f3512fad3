/** Bytes of the wasm memory after one job of a fresh engine, and bytes of the half: `node memory-wasm.mjs FILE`. */

import { readFileSync } from 'node:fs';

const dist = new URL('../../wasm/dist/', import.meta.url);
const core = await import(new URL('core.js', dist));
core.load(readFileSync(new URL('core-simd.wasm', dist)));
const { bytes } = core.halve(readFileSync(process.argv[2]));
console.log(core.memoryBytes(), bytes.length);
