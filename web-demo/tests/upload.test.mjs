/** Uploads that fail: each says what happened and what to do, and can be tried again. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, browser, chooseAndSee, desktop, open, read } from './browser.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');
const verdict = (page, title) => page.locator('#verdict').filter({ has: page.getByRole('heading', { name: title }) });

after(() => browser.close());

/** Opens the page, picks the photo and presses Upload. */
async function upload(options, prepare) {
  const opened = await open(options, prepare);
  await chooseAndSee(opened.page, 'photo.jpg', photo);
  await opened.page.getByRole('button', { name: 'Upload' }).click();
  return opened;
}

test('the network goes away, comes back, and Upload works again', async () => {
  const lost = (route) => route.request().method() === 'PUT' ? route.abort('internetdisconnected') : route.continue();
  const { page, close } = await upload(desktop, (tab) => tab.route('**/*', lost));
  const said = await verdict(page, 'Failed').innerText();
  assert.match(said, /The connection was lost on the way\. Check the network, then press Upload again\.\s+Code: network/);
  assert.match(await page.getByRole('status').innerText(), /^Failed\. The connection was lost/);
  await assertAccessible(page, 'failed');
  await page.unroute('**/*');
  await page.getByRole('button', { name: 'Upload again' }).click();
  await verdict(page, 'Identical').waitFor();
  await close();
});

test('a stored half with other bytes is called different, with both hashes', async () => {
  const { page, close } = await upload(desktop, (tab) => tab.route(/-resized\//, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: Buffer.concat([await response.body(), Buffer.from([0])]) });
  }));
  const said = await verdict(page, 'Different').innerText();
  const preview = await page.locator('#sha256').innerText();
  const [, previewed, stored] = said.match(/Preview ([0-9a-f]{64})\s+Stored ([0-9a-f]{64})/);
  assert.equal(previewed, preview);
  assert.notEqual(stored, preview);
  await assertAccessible(page, 'different');
  await close();
});

test('what the server, the storage and the function refuse is passed on', async () => {
  const problem = { title: 'Content Too Large', detail: 'length is 5, at most 4 bytes are taken', status: 413 };
  const failed = { state: 'failed', code: 'too-large', message: 'too large: 9 pixels needed, 4 allowed' };
  for (const [address, answer, sentence] of [
    ['**/uploads', { status: 413, json: problem }, /The server refused: length is 5, at most 4 bytes are taken\..+Code: status-413/s],
    ['**/status/*', { json: failed }, /could not halve it: too large: 9 pixels needed, 4 allowed\..+Code: too-large/s],
  ]) {
    const { page, close } = await upload(desktop, (tab) => tab.route(address, (route) => route.fulfill(answer)));
    assert.match(await verdict(page, 'Failed').innerText(), sentence);
    await close();
  }
});

test('another picture ends the upload that runs', async () => {
  const { page, complaints, close } = await upload(desktop, (tab) =>
    tab.route('**/status/*', (route) => route.fulfill({ json: { state: 'waiting' } })));
  await page.locator('#steps [aria-current="step"]', { hasText: 'Halving' }).waitFor();
  await chooseAndSee(page, 'second.jpg', photo);
  assert.equal(await page.getByRole('button', { name: 'Upload' }).getAttribute('aria-disabled'), 'false');
  assert.equal(await page.locator('#steps [aria-current]').count(), 0);
  assert.deepEqual(complaints, []);
  await close();
});

test('without a server behind the page, the preview works and Upload says why it does not', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/config', (route) => route.fulfill({ status: 404 })));
  await chooseAndSee(page, 'photo.jpg', photo);
  const button = page.getByRole('button', { name: 'Upload' });
  assert.equal(await button.getAttribute('aria-disabled'), 'true');
  assert.match(await page.locator('#verdict').innerText(), /^Uploading is off, because no Halver server answers.+cargo xtask demo/);
  await assertAccessible(page, 'preview only');
  await close();
});

test('a function with another recipe is pointed out before the upload', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/config', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), recipe: '0123456789abcdef' } });
  }));
  await chooseAndSee(page, 'photo.jpg', photo);
  assert.match(await page.locator('#verdict').innerText(), /different versions/);
  await close();
});

test('reduced motion stops every animation', async () => {
  for (const [reducedMotion, still] of [['reduce', true], ['no-preference', false]]) {
    const { page, close } = await upload({ ...desktop, reducedMotion }, (tab) =>
      tab.route('**/status/*', (route) => route.fulfill({ json: { state: 'waiting' } })));
    await page.locator('#steps [aria-current="step"]', { hasText: 'Halving' }).waitFor();
    assert.equal(await page.evaluate(() => document.getAnimations().length === 0), still, reducedMotion);
    await close();
  }
});
