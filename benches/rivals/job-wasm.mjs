/**
 * Our browser package in Node. A job for each line on standard input; see jobs.mjs.
 *
 *     node job-wasm.mjs FILE [OPTIONS [BUILD]]      OPTIONS: JSON for halve(), {} by default; BUILD: core-simd by default, core,
 *     full-simd or full
 */

import { readFileSync } from 'node:fs';
import { serve } from './serve.mjs';

const [file, options = '{}', build = 'core-simd'] = process.argv.slice(2);
const source = readFileSync(file);
const dist = new URL('../../wasm/dist/', import.meta.url);
const core = await import(new URL('core.js', dist));
core.load(readFileSync(new URL(`${build}.wasm`, dist)));

await serve(() => core.halve(source, JSON.parse(options)).bytes.length);
