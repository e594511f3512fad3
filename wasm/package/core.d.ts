/**
 * The engine itself, on whatever thread it is called. Each function throws a `HalverError`, or a `TypeError` where the source
 * is no `Uint8Array`.
 */

import type { Half, Info, Limits, Options } from './index.js';

export { HalverError } from './index.js';

/**
 * Takes `full.wasm` or, where there is SIMD, `full-simd.wasm`: compiled, or its bytes. `core.wasm` and `core-simd.wasm` are
 * smaller, and throw `left-out` of what they leave out: see `Settings.full`. What cannot be compiled, or is of another
 * version of this package, is `engine-missing`. Once: after `engine-crashed` this copy of the module is spent, and a worker of
 * one's own should be replaced.
 */
export function load(module: WebAssembly.Module | BufferSource): void;

export function halve(source: Uint8Array, options?: Options): CoreHalf;

/** What the header says; nothing is decoded. */
export function probe(source: Uint8Array): Info;

/** What an image of so many bytes that begins with `head` will cost; null where `head` ends too early to tell. */
export function estimate(head: Uint8Array, sourceBytes: number, options?: Options): Estimate | null;

/** Two halves of one source with the same recipe have the same bytes. */
export function recipe(options?: Options): string;

/** `options` filled up from the defaults: what `halve` would work with. */
export function allOptions(options?: Options): Required<Options> & { limits: Limits };

/** 64 lower-case hexadecimal digits, for places without WebCrypto. */
export function sha256(bytes: Uint8Array): string;

export function about(): { version: string; outputVersion: number };

/** Bytes of the WebAssembly memory, which never shrinks. */
export function memoryBytes(): number;

/** As `Half`, but for what only the facade knows. */
export interface CoreHalf extends Omit<Half, 'source' | 'engine' | 'memory' | 'timings'> {
  source: Info;
}

export interface Estimate {
  format: Info['format'];
  width: number;
  height: number;
  memory_bytes: number;
}
