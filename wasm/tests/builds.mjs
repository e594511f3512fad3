/** The two builds of the package, each with a glue of its own: a glue holds one module for its whole life. */

import { readFileSync } from 'node:fs';

const dist = new URL('../dist/', import.meta.url);

/** The repository. */
export const root = new URL('../../', import.meta.url);

/** Each build: its name, its functions, and its linear memory. */
export const builds = await Promise.all(['core', 'core-simd'].map(async (name) => {
  const core = await import(new URL(`core.js?${name}`, dist));
  const { memory } = core.initSync({ module: readFileSync(new URL(`${name}.wasm`, dist)) });
  return { name, core, memory };
}));

/** @param {string} path from the repository's root */
export function read(path) {
  return readFileSync(new URL(path, root));
}
