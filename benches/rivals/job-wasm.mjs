/**
 * Our browser package in Node, the build with 128-bit SIMD. A job for each line on standard input; see jobs.mjs.
 *
 *     node job-wasm.mjs FILE [OPTIONS]      OPTIONS: JSON for halve(), {} by default
 */

import { readFileSync } from 'node:fs';
import { serve } from './serve.mjs';

const [file, options = '{}'] = process.argv.slice(2);
const source = readFileSync(file);
const dist = new URL('../../wasm/dist/', import.meta.url);
const core = await import(new URL('core.js', dist));
core.initSync({ module: readFileSync(new URL('core-simd.wasm', dist)) });

await serve(() => core.halve(source, options).takeBytes().length);
