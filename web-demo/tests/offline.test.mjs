/** Without its server the page goes on, whole; with it, a reload shows what is deployed, and versions are never mixed. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';

import { assertAccessible, browser, chooseAndSee, desktop, keep, open, read } from './browser.mjs';
import { openGate } from './gate.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');
const allow = { ...desktop, serviceWorkers: 'allow' };

after(() => browser.close());

/** The page behind a gate, when its worker has all of it. */
async function visit(path = '') {
  const gate = await openGate();
  const opened = await open(allow, undefined, gate.address + path);
  await kept(opened.page);
  return { gate, ...opened };
}

/** When the worker serves, and has a generation of files. */
async function kept(page) {
  await page.evaluate(async () => {
    const { scope } = await navigator.serviceWorker.ready;
    while (!(await caches.match(`${scope}?note=current`))) { // Which is written when all is there.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}

/** When `condition`, evaluated in the page, is met. `waitForFunction` would take its promise for yes. */
async function until(page, condition) {
  while (!(await page.evaluate(condition))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The version of a file that a page gets, as {@link deploy} wrote it. */
const versionOf = (page, path) => page.evaluate(async (file) => (await (await fetch(file)).text()).match(/version (\d+)/)?.[1] ?? '0', path);

/** @param {string} version in every file that tells one */
function deploy(gate, version) {
  for (const path of ['/', '/demo.js', '/view.js', '/halver/index.js']) {
    gate.deployed.set(path, (body) => (path === '/' ? body.replace('<body>', `<body><!-- version ${version} -->`) : `${body}\n// version ${version}\n`));
  }
}

test('after one visit the page halves without its server', async () => {
  const { gate, page, close } = await visit();
  await chooseAndSee(page, 'photo.jpg', photo);
  const hash = await page.locator('#sha256').innerText();
  await gate.close();
  await page.reload();
  await page.getByText('Preview only').waitFor();
  await assertAccessible(page, 'offline');
  await chooseAndSee(page, 'photo.jpg', photo);
  assert.equal(await page.locator('#sha256').innerText(), hash);
  assert.match(await page.locator('#delivery-host').innerText(), /Uploading is off for now, because the server does not answer\. It is asked again/);
  await page.waitForFunction(() => document.getElementById('after').naturalWidth > 0);
  await keep(page, 'offline-desktop');
  await page.goto(new URL('verify.html', gate.address).href);
  await page.getByRole('heading', { name: 'Is it the very half?' }).waitFor();
  await close();
});

test('on the first visit, too, the network may go away while the page is open', async () => {
  const { gate, page, complaints, close } = await visit();
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await chooseAndSee(page, 'mountain.jpg', read('samples/mountain.jpg'));
  await gate.close();
  complaints.length = 0;
  const format = page.getByLabel('Format');
  await format.selectOption('png');
  await format.selectOption('webp'); // The job before ends with its worker, and another one has to come.
  await page.locator('#after-format', { hasText: 'WebP' }).waitFor();
  assert.equal(await page.locator('#refusal').isVisible(), false);
  assert.deepEqual(complaints, []);
  await close();
});

test('the page of the first visit stays with its version when a newer one is deployed', async () => {
  const { gate, page, close } = await visit();
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  deploy(gate, '1');
  const other = await page.context().newPage();
  await other.goto(gate.address);
  assert.deepEqual([await versionOf(page, 'view.js'), await versionOf(other, 'view.js')], ['0', '1']);
  await gate.close();
  await close();
});

test('a visit on which nothing was picked is enough', async () => {
  const { gate, page, close } = await visit();
  await gate.close();
  await page.reload();
  await chooseAndSee(page, 'photo.jpg', photo);
  await close();
});

test('a visit to the verify view alone is enough', async () => {
  const { gate, page, close } = await visit('verify.html');
  await gate.close();
  await page.reload();
  await page.setInputFiles('#original input', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: photo });
  await page.setInputFiles('#half input[type="file"]', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: photo });
  await page.locator('.verdict', { hasText: 'It is the original itself' }).waitFor();
  await close();
});

test('files that were cleared away are fetched again', async () => {
  const { gate, page, close } = await visit();
  await page.evaluate(async () => {
    const name = (await caches.keys()).find((key) => key.startsWith('halver-page-'));
    await caches.delete(name);
  });
  await page.reload();
  await gate.close();
  await page.reload();
  await chooseAndSee(page, 'photo.jpg', photo);
  await close();
});

test('a server that is slow does not keep the page from being shown', async () => {
  const { gate, page, close } = await visit();
  deploy(gate, '1');
  let release = () => {};
  const held = new Promise((resolve) => {
    release = resolve;
  });
  gate.deployed.set('/view.js', (body) => held.then(() => `${body}\n// version 1`));
  await page.reload();
  assert.equal(await versionOf(page, 'demo.js'), '0', 'the last whole version');
  release();
  await until(page, async () => (await caches.keys()).filter((name) => name.startsWith('halver-page-')).length === 2);
  assert.deepEqual([await versionOf(page, 'demo.js'), await versionOf(page, 'view.js')], ['0', '0']);
  await page.reload();
  assert.deepEqual([await versionOf(page, 'demo.js'), await versionOf(page, 'view.js')], ['1', '1']);
  await gate.close();
  await close();
});

test('a reload shows what is deployed', async () => {
  const { gate, page, complaints, close } = await visit();
  for (const version of ['1', '2']) {
    deploy(gate, version);
    await page.reload();
    assert.ok((await page.content()).includes(`version ${version}`));
    assert.equal(await versionOf(page, 'demo.js'), version);
  }
  assert.deepEqual(complaints, []);
  await gate.close();
  await page.reload();
  assert.ok((await page.content()).includes('version 2'), 'and it is what is there without the server');
  await close();
});

test('an open page stays with its version when a newer one is deployed', async () => {
  const { gate, page, close } = await visit();
  deploy(gate, '1');
  await page.reload();
  deploy(gate, '2');
  const other = await page.context().newPage();
  await other.goto(gate.address);
  for (const path of ['view.js', 'halver/index.js']) {
    assert.deepEqual([await versionOf(page, path), await versionOf(other, path)], ['1', '2'], path);
  }
  await other.close();
  await gate.close();
  assert.equal(await versionOf(page, 'view.js'), '1');
  await close();
});

test('a deployment that is not whole is not shown', async () => {
  const { gate, page, close } = await visit();
  deploy(gate, '1');
  await page.reload();
  deploy(gate, '2');
  gate.deployed.set('/view.js', () => 503);
  await page.reload();
  assert.ok((await page.content()).includes('version 1'));
  assert.equal(await versionOf(page, 'demo.js'), '1');
  gate.deployed.set('/view.js', (body) => `${body}\n// version 2`);
  await page.reload();
  assert.deepEqual([await versionOf(page, 'demo.js'), await versionOf(page, 'view.js')], ['2', '2']);
  await gate.close();
  await close();
});

test('a reload shows the headers that are deployed, though no file has changed', async () => {
  const { gate, page, complaints, close } = await visit();
  const policyOf = () => page.evaluate(async () => (await fetch('./')).headers.get('content-security-policy'));
  const policy = await policyOf();
  gate.headers['content-security-policy'] = policy.replace("connect-src 'self'", "connect-src 'self' http://bucket.example");
  await page.reload();
  assert.match(await policyOf(), /connect-src 'self' http:\/\/bucket\.example/);
  assert.deepEqual(complaints, []);
  await gate.close();
  await close();
});

for (const status of [403, 404, 410]) {
  test(`a version that does without a file is shown, where the server says ${status} of it`, async () => {
    const { gate, page, close } = await visit();
    deploy(gate, '1');
    gate.deployed.set('/tick.svg', () => status);
    await page.reload();
    assert.equal(await versionOf(page, 'demo.js'), '1');
    await gate.close();
    await close();
  });
}

test('a first visit fetches files that have lain there for a while once more, others twice', async () => {
  for (const [age, times] of [[3_600_000, 1], [60_000, 2], [null, 2]]) {
    const gate = await openGate();
    if (age) {
      gate.headers['last-modified'] = new Date(Date.now() - age).toUTCString();
    }
    gate.headers.date = new Date().toUTCString();
    const { page, close } = await open(allow, undefined, gate.address);
    await kept(page);
    const asked = gate.answers().filter(({ path }) => path === '/halver/core-simd.wasm');
    assert.equal(asked.length, times, `${age}`);
    await gate.close();
    await close();
  }
});

test('all of the page is kept, and nothing else', async () => {
  const { gate, page, close } = await visit();
  await chooseAndSee(page, 'photo.jpg', photo);
  const paths = await page.evaluate(async () => {
    const name = (await caches.keys()).find((key) => key.startsWith('halver-page-'));
    return (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
  });
  const folder = readdirSync(new URL('..', import.meta.url)).filter((name) => /\.(js|css|html|svg|png|webmanifest)$/.test(name));
  const own = folder.filter((name) => name !== 'sw.js').map((name) => `/${name.replace(/^index\.html$/, '')}`);
  assert.deepEqual(paths.filter((path) => !path.startsWith('/halver/')).sort(), own.sort());
  assert.deepEqual(paths.filter((path) => path.startsWith('/halver/')).sort(), modules().sort());
  await gate.close();
  await close();
});

/** What the package's facade and worker load, and the builds of its engine for this browser. */
function modules() {
  const found = new Set(['index.js', 'worker.js']);
  for (const name of found) {
    const source = read(`web-demo/halver/${name}`).toString();
    for (const [, other] of source.matchAll(/from ['"]\.\/([\w-]+\.js)['"]/g)) {
      found.add(other);
    }
  }
  return [...found, 'core-simd.wasm', 'full-simd.wasm'].map((name) => `/halver/${name}`);
}

test('?fresh ends the worker and forgets its files', async () => {
  const { gate, page, close } = await visit();
  await page.evaluate(() => caches.open('another-page'));
  deploy(gate, '1');
  const first = page.waitForResponse('**/demo.js');
  await page.goto(`${gate.address}?fresh`);
  assert.match(await (await first).text(), /version 1/, 'its modules are the server’s as well');
  await until(page, async () => (await navigator.serviceWorker.getRegistrations()).length === 0 && (await caches.keys()).join() === 'another-page');
  await gate.close();
  await close();
});
