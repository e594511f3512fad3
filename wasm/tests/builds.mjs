/** The four builds of the package, each with scripts of its own: a glue holds one module for its whole life. */

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The repository. */
export const root = new URL('../../', import.meta.url);

/** The package as it is published. */
export const dist = new URL('wasm/dist/', root);

/** Each build: its name, whether it is a full one, and its functions. */
export const builds = await Promise.all(['core', 'core-simd', 'full', 'full-simd'].map(async (name) => {
  const copy = mkdtempSync(join(tmpdir(), `halver-${name}-`));
  process.on('exit', () => rmSync(copy, { recursive: true }));
  cpSync(dist, copy, { recursive: true });
  const core = await import(pathToFileURL(join(copy, 'core.js')));
  core.load(readFileSync(new URL(`${name}.wasm`, dist)));
  return { name, isFull: name.startsWith('full'), core };
}));

/** @param {string} path from the repository's root */
export function read(path) {
  return readFileSync(new URL(path, root));
}
