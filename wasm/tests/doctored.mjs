/** Copies of the package with modules that are ill, to see what it makes of them. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { dist } from './builds.mjs';

/** The first row of T.81's luminance table (K.1). */
const LUMINANCE = [16, 11, 10, 16, 24, 40, 51, 61];

/**
 * @param {Record<string, (module: Buffer) => Buffer>} cures what to make of each module, by its file
 * @returns {URL} the copy's folder
 */
export function doctored(cures) {
  const copy = mkdtempSync(join(tmpdir(), 'halver-doctored-'));
  process.on('exit', () => rmSync(copy, { recursive: true }));
  cpSync(dist, copy, { recursive: true });
  for (const [file, cure] of Object.entries(cures)) {
    writeFileSync(join(copy, file), cure(readFileSync(join(copy, file))));
  }
  return pathToFileURL(`${copy}/`);
}

/** A module that quantises wrongly: what a miscompiled one would be. */
export function miscounting(module) {
  const copy = Buffer.from(module);
  for (const width of [1, 2, 4]) {
    const row = Buffer.alloc(LUMINANCE.length * width);
    LUMINANCE.forEach((value, at) => row.writeUIntLE(value, at * width, width));
    for (let at = copy.indexOf(row); at >= 0; at = copy.indexOf(row, at)) {
      copy[at] = 80; // One step more or less would vanish when it is scaled to the quality.
    }
  }
  if (copy.equals(module)) {
    throw new Error('the module has no luminance table');
  }
  return copy;
}

/** A module whose memory cannot grow beyond its first `pages` of 64 KiB. */
export function starved(pages) {
  return (module) => {
    let at = 8;
    for (;;) {
      const id = module[at];
      const [length, body] = leb(module, at + 1);
      if (id === 5) { // The section of memories: one, without a maximum, of so many pages.
        const [smallest] = leb(module, body + 2);
        const section = Buffer.from([1, 1, ...toLeb(smallest), ...toLeb(Math.max(smallest, pages))]);
        return Buffer.concat([module.subarray(0, at + 1), Buffer.from(toLeb(section.length)), section, module.subarray(body + length)]);
      }
      at = body + length;
    }
  };
}

/** @returns {[number, number]} an unsigned LEB128 number, and where it ends */
function leb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7, at += 1) {
    value += (bytes[at] & 127) * 2 ** shift;
    if (bytes[at] < 128) {
      return [value, at + 1];
    }
  }
}

/** @param {number} value */
function toLeb(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...toLeb(value >>> 7)];
}
