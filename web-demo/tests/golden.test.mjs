/** All builds, as the page's server hands them out, give in the browser the bytes that the native core is pinned to. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { browser, desktop, open, read } from './browser.mjs';

const [heading, ...rows] = read('core/tests/golden.tsv').toString().trimEnd().split('\n');

after(() => browser.close());

test('the table is the one that is meant', () => {
  assert.equal(heading, 'path\toptions\tsha256');
  assert.ok(rows.length > 60, `${rows.length} rows`);
});

for (const name of ['core', 'core-simd', 'full', 'full-simd']) {
  test(`${name} meets the table in the browser`, async () => {
    const { page, complaints, close } = await open(desktop, (tab) => tab.route('**/golden/**', (route) => {
      const path = new URL(route.request().url()).pathname.replace('/golden/', '');
      return route.fulfill({ contentType: 'application/octet-stream', body: read(path) });
    }));
    const cells = rows.map((row) => row.split('\t'));
    const outcomes = await page.evaluate(outcomesOf, { name, jobs: cells.map(([path, options]) => ({ path, options })) });
    // What the smaller builds leave out is held by the package's own tests.
    const met = outcomes.map((outcome, row) => (outcome === 'left-out' && name.startsWith('core') ? cells[row][2] : outcome));
    const found = cells.map(([path, options], row) => [path, options, met[row]].join('\t'));
    assert.deepEqual(found, rows);
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
