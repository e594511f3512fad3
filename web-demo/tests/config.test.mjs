/** What the page makes of a server that is slow, in trouble, out of reach, or not there at all. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, browser, chooseAndSee, desktop, keep, open, read } from './browser.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');

after(() => browser.close());

const upload = (page) => page.locator('.delivery button');
const isOn = (page) => page.waitForFunction(() => document.querySelector('.delivery button').getAttribute('aria-disabled') === 'false');
const verdict = (page) => page.locator('.verdict').innerText();

/** The page whose server answers to `config` as `trouble` says, with the options changed where it answers well. */
function meet(trouble, { isPatient = true, options = {}, onLine = true } = {}) {
  return open(desktop, async (tab) => {
    await tab.addInitScript((isOnline) => {
      Math.random = () => 0;
      window.isOnline = isOnline;
      Object.defineProperty(Navigator.prototype, 'onLine', { get: () => window.isOnline });
    }, onLine);
    await tab.route('**/config', async (route) => {
      if (await trouble(route)) {
        return;
      }
      const response = await route.fetch();
      const config = await response.json();
      Object.assign(config.options, options);
      await route.fulfill({ response, json: config });
    });
  }, '', isPatient);
}

for (const [what, trouble] of [
  ['503', (route) => route.fulfill({ status: 503 })],
  ['429', (route) => route.fulfill({ status: 429, headers: { 'retry-after': '1' } })],
  ['no connection', (route) => route.abort('connectionrefused')],
]) {
  test(`a server in trouble is asked again, and uploading comes on by itself (${what})`, async () => {
    let up = false;
    const { page, close } = await meet(async (route) => !up && (await trouble(route), true));
    await chooseAndSee(page, 'photo.jpg', photo);
    assert.equal(await page.locator('#service').innerText(), 'Preview only');
    assert.equal(await upload(page).getAttribute('aria-disabled'), 'true');
    assert.match(await verdict(page), /^Uploading is off for now, because the server does not answer\. It is asked again by itself\./);
    up = true;
    await isOn(page);
    await page.getByText('Uploads go to bucket').waitFor();
    await page.locator('.verdict', { hasText: /^After the upload, what the function stored/ }).waitFor();
    await close();
  });
}

test('a device without a network is said to be, and uploading comes on with the network', async () => {
  let up = false;
  const { page, close } = await meet(async (route) => !up && (await route.abort('internetdisconnected'), true), { onLine: false });
  await chooseAndSee(page, 'photo.jpg', photo);
  assert.match(await verdict(page), /^Uploading is off while this device is offline, and comes on by itself/);
  await assertAccessible(page, 'opened offline');
  await keep(page, 'config-offline-desktop-light');
  up = true;
  await page.evaluate(() => {
    window.isOnline = true;
    dispatchEvent(new Event('online'));
  });
  await isOn(page);
  await close();
});

test('a server that hangs holds up no preview, and what was chosen meanwhile stays', async () => {
  let release = () => {};
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const { page, close } = await meet(async () => void (await held), { isPatient: false, options: { quality: 33 } });
  await chooseAndSee(page, 'photo.jpg', photo);
  assert.equal(await page.locator('#quality').inputValue(), '80');
  assert.match(await verdict(page), /^Uploading comes on as soon as the server answers\./);
  assert.equal(await page.locator('#service').innerText(), '');
  await page.locator('#quality').fill('40');
  release();
  await isOn(page);
  await page.locator('#choice-notice', { hasText: 'An upload gives otherwise: quality 33' }).waitFor();
  assert.equal(await page.locator('#quality').inputValue(), '40');
  await close();
});

test('a site without a function is asked once', async () => {
  for (const answer of [{ status: 404 }, { status: 403 }, { contentType: 'text/html', body: '<!doctype html>' }, { json: { other: true } }]) {
    let asked = 0;
    const { page, close } = await meet(async (route) => {
      asked += 1;
      await route.fulfill(answer);
      return true;
    });
    await chooseAndSee(page, 'photo.jpg', photo);
    assert.match(await verdict(page), /^Uploading is off, because no Halver server answers behind this page\./, JSON.stringify(answer));
    await page.waitForTimeout(1500);
    assert.equal(asked, 1, JSON.stringify(answer));
    await close();
  }
});
