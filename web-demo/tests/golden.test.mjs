/** All builds, as the page's server hands them out, give in the browser the bytes that the native core is pinned to. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { expectedOf, rows } from '../../wasm/tests/table.mjs';
import { browser, desktop, open, read } from './browser.mjs';

after(() => browser.close());

for (const name of ['core', 'core-simd', 'full', 'full-simd']) {
  test(`${name} meets the table in the browser`, async () => {
    const { page, complaints, close } = await open(desktop, (tab) => tab.route('**/golden/**', (route) => {
      const path = new URL(route.request().url()).pathname.replace('/golden/', '');
      return route.fulfill({ contentType: 'application/octet-stream', body: read(path) });
    }));
    const found = await page.evaluate(outcomesOf, { name, jobs: rows });
    const expected = expectedOf(name);
    assert.deepEqual(found.map((outcome, at) => ({ ...rows[at], outcome })), rows.map((row, at) => ({ ...row, outcome: expected[at] })));
    assert.deepEqual(complaints, []);
    await close();
  });
}

/** In the page: for each job the hash of the half by WebCrypto, which must be the report's too, or the code of the error. */
async function outcomesOf({ name, jobs }) {
  const core = await import('/halver/core.js');
  core.load(await (await fetch(`/halver/${name}.wasm`)).arrayBuffer());
  const { sha256 } = await import('/digest.js');
  const outcome = async ({ path, options }) => {
    const source = await (await fetch(`/golden/${path}`)).arrayBuffer();
    let half;
    try {
      half = core.halve(new Uint8Array(source), JSON.parse(options));
    } catch (error) {
      return error.name === 'HalverError' ? error.code : String(error);
    }
    const hash = await sha256(half.bytes);
    return half.sha256 === hash ? hash : `${hash}, but ${half.sha256} in the report`;
  };
  const outcomes = [];
  for (const job of jobs) {
    outcomes.push(await outcome(job));
  }
  return outcomes;
}
