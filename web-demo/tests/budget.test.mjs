/** What a first visit costs, in bytes and in time: counted on the wire, and by a trace of the browser. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { browser, chooseAndSee, desktop, open, read, seen, transfer } from './browser.mjs';
import { openGate } from './gate.mjs';

const BUDGET = 200_000; // bytes before a file is chosen, without any compression on the way
const LONGEST = 50; // milliseconds of one task on the main thread

after(() => browser.close());

test('the first load is small, and the engine is no part of it', async () => {
  const gate = await openGate();
  const { page, close } = await open(desktop, undefined, gate.address);
  await page.getByText('Uploads go to bucket').waitFor();
  await page.waitForLoadState('networkidle');
  const before = gate.answers().slice();
  const sum = before.reduce((total, { bytes }) => total + bytes, 0);
  assert.ok(sum <= BUDGET, `${sum} bytes: ${before.map(({ path, bytes }) => `${path} ${bytes}`).join(', ')}`);
  assert.deepEqual(before.filter(({ path }) => path.startsWith('/halver/')), []);
  await page.getByRole('button', { name: 'Choose pictures' }).hover();
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.wasm')));
  const { painted, asked } = await page.evaluate(() => ({
    painted: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    asked: performance.getEntriesByType('resource').find(({ name }) => name.endsWith('.wasm')).startTime,
  }));
  assert.ok(painted < asked, `painted at ${painted}, asked for the engine at ${asked}`);
  await gate.close();
  await close();
});

for (const [what, options, modules] of [
  ['the smaller engine alone', {}, ['/halver/core-simd.wasm']],
  ['the full engine alone, where the function makes WebPs', { format: 'webp' }, ['/halver/full-simd.wasm']],
]) {
  test(`a picture costs ${what}`, async () => {
    const { page, close } = await open(desktop, (tab) => tab.route('**/config', async (route) => {
      const response = await route.fetch();
      const config = await response.json();
      await route.fulfill({ response, json: { ...config, options: { ...config.options, ...options } } });
    }));
    const asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await chooseAndSee(page, 'photo.jpg', read('core/tests/corpus/photo-420.jpg'));
    assert.deepEqual(asked.filter((path) => path.endsWith('.wasm')), modules);
    await close();
  });
}

test('nothing moves while the page comes', async () => {
  const { page, close } = await open(desktop, (tab) => tab.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((entries) => window.shifts.push(...entries.getEntries().map(({ value }) => value)))
      .observe({ type: 'layout-shift', buffered: true });
  }));
  await page.getByText('Uploads go to bucket').waitFor();
  await page.waitForLoadState('networkidle');
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  await close();
});

test('no task on the main thread takes long while 24 megapixels are halved', async () => {
  const { page, close } = await open();
  const folder = mkdtempSync(join(tmpdir(), 'halver-page-')); // A path, because bytes would pass through the main thread.
  const photo = join(folder, 'large.jpg');
  writeFileSync(photo, await forge(page, 6000, 4000));
  await chooseAndSee(page, 'warm.jpg', read('core/tests/corpus/photo-420.jpg'));
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-lighthouse'] });
  await transfer(page, 'drop', [['small.jpg', read('core/tests/corpus/photo-grey.jpg')]]);
  await seen(page, 'small.jpg');
  await page.setInputFiles('#file', photo);
  await seen(page, 'large.jpg');
  await page.locator('#quality').fill('50');
  await page.waitForFunction(() => document.getElementById('quality-figure').textContent === '50' && !document.body.classList.contains('busy'));
  const long = longTasks(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
  assert.equal(await page.locator('#before-pixels').innerText(), '6000 × 4000');
  assert.deepEqual(long, []);
  rmSync(folder, { recursive: true });
  await close();
});

/** A photograph of any size: tiles of a real one, encoded by the browser in a page of its own. */
async function forge(page, width, height) {
  const tile = read('samples/mountain.jpg').toString('base64');
  const studio = await page.context().newPage();
  const base64 = await studio.evaluate(async ({ tile: source, width: w, height: h }) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${source}`)).blob());
    const canvas = new OffscreenCanvas(w, h);
    const context = canvas.getContext('2d');
    context.fillStyle = context.createPattern(bitmap, 'repeat');
    context.fillRect(0, 0, w, h);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
    const reader = new FileReader();
    await new Promise((resolve) => {
      reader.onload = resolve;
      reader.readAsDataURL(blob);
    });
    return reader.result.split(',')[1];
  }, { tile, width, height });
  await studio.close();
  return Buffer.from(base64, 'base64');
}

/** The page's own main thread: tasks by the processor time that they took, where the trace tells it. */
function longTasks(events) {
  const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid}:${tid}`));
  const tasks = events.filter(({ name, ph, pid, tid }) => ph === 'X' && /RunTask$/.test(name) && mains.has(`${pid}:${tid}`));
  assert.ok(tasks.length > 100, `${tasks.length} tasks in the trace`);
  return tasks.map(({ dur, tdur }) => (tdur ?? dur) / 1000).filter((time) => time > LONGEST);
}
