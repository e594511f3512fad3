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

/** A module that traps as soon as it is asked for `job`. */
export function trapping(job) {
  return (module) => {
    const [at, end] = bodyOf(module, job);
    const copy = Buffer.from(module);
    copy.fill(0x01, at, end); // `nop`
    copy.set([0, 0], at); // No locals, `unreachable`; what makes the body as long as it was is never reached.
    copy[end - 1] = 0x0b; // `end`
    return copy;
  };
}

/** @returns {[number, number]} where the code of the exported function `name` begins and ends */
function bodyOf(module, name) {
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(module)).filter(({ kind }) => kind === 'function').length;
  let index = -1;
  for (let [count, at] = leb(module, sectionOf(module, 7)[0]); count > 0; count -= 1) { // Exports.
    const [length, text] = leb(module, at);
    const [number, next] = leb(module, text + length + 1);
    index = module.toString('latin1', text, text + length) === name ? number - imported : index;
    at = next;
  }
  let [, at] = leb(module, sectionOf(module, 10)[0]); // Code.
  for (;; index -= 1) {
    const [length, body] = leb(module, at);
    at = body + length;
    if (index === 0) {
      return [body, at];
    }
  }
}

/** @returns {[number, number, number]} where the section's content begins, where it ends, and where its number is */
function sectionOf(module, id) {
  let at = 8;
  for (;;) {
    const [length, body] = leb(module, at + 1);
    if (module[at] === id) {
      return [body, body + length, at];
    }
    at = body + length;
  }
}

/** A module whose memory cannot grow beyond its first `pages` of 64 KiB. */
export function starved(pages) {
  return (module) => {
    const [body, end, at] = sectionOf(module, 5); // Memories: one, without a maximum, of so many pages.
    const [smallest] = leb(module, body + 2);
    const section = Buffer.from([1, 1, ...toLeb(smallest), ...toLeb(Math.max(smallest, pages))]);
    return Buffer.concat([module.subarray(0, at + 1), Buffer.from(toLeb(section.length)), section, module.subarray(end)]);
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
