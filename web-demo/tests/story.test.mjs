/** The whole story on a real stack: drop, preview, upload, identical; in every look of the page. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';

import { assertAccessible, browser, desktop, keep, open, phone, read, seen, transfer } from './browser.mjs';

const photo = read('samples/mountain.jpg');

after(() => browser.close());

for (const [device, options] of Object.entries({ desktop, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`a photo is dropped, seen, uploaded and found identical (${device}, ${colorScheme})`, async () => {
      const { page, complaints, close } = await open({ ...options, colorScheme });
      const look = `${device}-${colorScheme}`;
      await page.getByText('Uploads go to bucket').waitFor();
      await assertAccessible(page, 'start');
      await keep(page, `start-${look}`);

      await drop(page, 'mountain.jpg', photo);
      await seen(page, 'mountain.jpg');
      await assertAccessible(page, 'preview');
      await keep(page, `preview-${look}`);
      assert.deepEqual(await widths(page), [3264, 1632], 'the browser shows both pictures');
      const hash = await page.locator('#sha256').innerText();
      assert.match(
        await page.locator('#made').innerText(),
        /^Halved here in [\d.]+ m?s, by a worker that has taken [\d.]+ MB of memory at its peak so far\. Engine \d+\.\d+\.\d+ with SIMD, \d+ kB; recipe [0-9a-f]{16}\.$/,
      );
      assert.equal(await downloadedHash(page), hash, 'the download is the preview');

      assert.match(await page.locator('.saving p').first().innerText(), /^78\s% smaller/);

      await page.evaluate(watchSteps);
      await page.getByRole('button', { name: 'Upload' }).click();
      await page.getByRole('heading', { name: 'Identical' }).waitFor();
      // A function that is quick is done before anybody asks how far it is.
      const steps = await page.evaluate(() => window.steps.filter((step) => step !== 'Halving'));
      assert.deepEqual(steps, ['Uploading', 'Stored', 'Identical']);
      await assertAccessible(page, 'identical');
      await keep(page, `identical-${look}`);
      const stored = await page.getByRole('link', { name: 'Open the half' }).getAttribute('href');
      const bytes = Buffer.from(await (await fetch(stored)).arrayBuffer());
      assert.equal(createHash('sha256').update(bytes).digest('hex'), hash, 'the stored half is the preview');
      assert.match(await page.getByRole('status').innerText(), /^Identical\. S3 holds/);
      assert.deepEqual(complaints, []);
      await close();
    });
  }
}

/** In the page: keeps which steps an upload goes through. */
function watchSteps() {
  window.steps = [];
  const look = () => {
    const step = document.querySelector('[aria-current="step"]')?.textContent;
    if (step && step !== window.steps.at(-1)) {
      window.steps.push(step);
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}

for (const [device, options] of Object.entries({ desktop, phone })) {
  test(`nothing moves between the press on Upload and the verdict (${device})`, async () => {
    const { page, close } = await open(options);
    await drop(page, 'mountain.jpg', photo);
    await seen(page, 'mountain.jpg');
    await page.evaluate(() => {
      window.shifts = [];
      const describe = ({ value, sources }) => `${value} ${sources.map(({ node }) => node?.id || node?.textContent)}`;
      new PerformanceObserver((entries) => window.shifts.push(...entries.getEntries().map(describe)))
        .observe({ type: 'layout-shift' });
    });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('heading', { name: 'Identical' }).waitFor();
    assert.deepEqual(await page.evaluate(() => window.shifts), []);
    await close();
  });
}

test('the picker names exactly the formats that are read', async () => {
  const { page, close } = await open();
  const types = await page.getAttribute('#file', 'accept');
  const known = read('wasm/package/index.d.ts').toString().match(/export type Format = (.+);/)[1];
  const formats = [...known.matchAll(/'(\w+)'/g)].map(([, format]) => `image/${format}`);
  assert.ok(formats.length >= 5, formats.join());
  assert.deepEqual(types.split(','), formats);
  await close();
});

test('what was done is listed in plain words', async () => {
  const { page, close } = await open();
  for (const [name, picture, sentences] of [
    ['turned.jpg', read('core/tests/corpus/orientation-6.jpg'), [/^Rotated upright: turned by 90° to the right, as its EXIF orientation asks$/]],
    ['mountain.jpg', photo, [/^Private data removed: camera data \(EXIF\) and GPS position$/]],
    ['wide.jpg', await displayP3(page), [/^Colour profile “Display P3.*” kept \(\d+ bytes\)$/]],
    ['q60.jpg', read('core/tests/corpus/photo-422-q60.jpg'), [/^Quality limited to the source’s own 60, though 80 was asked$/]],
  ]) {
    await transfer(page, 'drop', [[name, picture]]);
    await seen(page, name);
    const found = await page.locator('#decisions li').allInnerTexts();
    for (const sentence of sentences) {
      assert.ok(found.some((line) => sentence.test(line)), `${name}: ${found.join(' | ')}`);
    }
  }
  await close();
});

test('a picture is taken from a paste', async () => {
  const { page, close } = await open();
  await transfer(page, 'paste', [['pasted.jpg', read('core/tests/corpus/photo-420.jpg')]]);
  await seen(page, 'pasted.jpg');
  await close();
});

/** Drops a file onto the page as the system does. */
async function drop(page, name, buffer) {
  await transfer(page, 'dragover', [[name, buffer]]);
  await page.getByText('Drop to halve').waitFor();
  await transfer(page, 'drop', [[name, buffer]]);
}

/** Pixels across of the pictures before and after, as the browser decoded them. */
function widths(page) {
  return page.evaluate(() => ['before', 'after'].map((id) => document.getElementById(id).naturalWidth));
}

async function downloadedHash(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  assert.equal(download.suggestedFilename(), 'mountain-half.jpg');
  const hash = createHash('sha256');
  for await (const chunk of await download.createReadStream()) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** A JPEG in Display P3, as the browser writes it. */
async function displayP3(page) {
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 48);
    canvas.getContext('2d', { colorSpace: 'display-p3' }).fillRect(8, 8, 16, 16);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer())];
  });
  return Buffer.from(bytes);
}
