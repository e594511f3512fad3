/** All builds give in Firefox, which compiles WebAssembly by another compiler, the bytes that the native core is pinned to. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import puppeteer from 'puppeteer-core';

import { expectedOf, rows } from '../table.mjs';
import { serve } from './server.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const firefox = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => path && existsSync(path));
const skip = firefox ? false : 'LEFT OUT: there is no Firefox here (apt-get install firefox-esr)';

for (const name of ['core', 'core-simd', 'full', 'full-simd']) {
  test(`${name} meets the table in Firefox`, { skip }, async () => {
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox, protocolTimeout: 0, timeout: 0 });
    const server = await serve(root);
    try {
      const page = await browser.newPage();
      await page.goto(`${server.address}none`);
      const found = await page.evaluate(outcomes, name, rows);
      const expected = expectedOf(name);
      assert.deepEqual(found.map((outcome, at) => ({ ...rows[at], outcome })), rows.map((row, at) => ({ ...row, outcome: expected[at] })));
    } finally {
      server.close();
      await browser.close();
    }
  });
}

/** In the page: the hash of each half, or the code of the error. */
async function outcomes(name, jobs) {
  const core = await import('/wasm/dist/core.js');
  const get = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  core.load(await get(`/wasm/dist/${name}.wasm`));
  const found = [];
  for (const { path, options } of jobs) {
    const source = await get(`/${path}`);
    try {
      const { bytes } = core.halve(source, JSON.parse(options));
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      found.push(Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''));
    } catch (error) {
      found.push(error.code ?? String(error));
    }
  }
  return found;
}
