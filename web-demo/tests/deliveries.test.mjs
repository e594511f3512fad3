/** Many files: three under way at once, the others wait for their turn, one button for all of them. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, browser, open, read } from './browser.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');

after(() => browser.close());

const label = (page) => page.locator('main > .deliveries button');
const states = (page) => page.evaluate(() => window.deliveries.map(({ state }) => state));

/** The page with `count` deliveries that nothing shows but the button for all; `gate` holds their halves back. */
async function many(count) {
  const gate = { isOpen: false, puts: 0 };
  const opened = await open(undefined, async (page) => {
    await page.route('**/status/*', (route) => (gate.isOpen ? route.continue() : route.fulfill({ json: { state: 'waiting' } })));
    await page.route(/\/sample\/uploads\//, (route) => {
      gate.puts += 1;
      return route.continue();
    });
  });
  await opened.page.evaluate(async ({ base64, number }) => {
    const [{ createHalver }, { readConfig }, { Delivery }, { Deliveries }] =
      await Promise.all(['halver/index', 'config', 'delivery', 'deliveries'].map((name) => import(`/${name}.js`)));
    const halver = await createHalver();
    const config = await readConfig();
    const all = new Deliveries();
    document.querySelector('main').append(all.element);
    window.deliveries = [];
    for (let index = 0; index < number; index += 1) {
      const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], `photo-${index}.jpg`);
      const half = await halver.halve(file, config.options);
      const delivery = new Delivery({ file, half, options: config.options, engine: halver.engine, config });
      window.deliveries.push(delivery);
      all.add(delivery);
    }
  }, { base64: photo.toString('base64'), number: count });
  return { ...opened, gate };
}

test('five files: three at once, then the others, and one line says how it ended', async () => {
  const { page, complaints, gate, close } = await many(5);
  await label(page).filter({ hasText: 'Upload all (5)' }).waitFor();
  await label(page).press('Enter');
  await label(page).filter({ hasText: 'Cancel all' }).waitFor();
  await page.waitForFunction(() => window.deliveries.filter(({ state }) => state === 'halving').length === 3);
  assert.deepEqual(await states(page), ['halving', 'halving', 'halving', 'queued', 'queued']);
  assert.equal(await page.locator('main > .deliveries p').innerText(), '5 files: 5 under way');
  assert.equal(gate.puts, 3);
  await assertAccessible(page, 'many under way');
  gate.isOpen = true;
  await label(page).filter({ hasText: 'All uploaded' }).waitFor();
  assert.deepEqual(await states(page), Array(5).fill('identical'));
  assert.equal(await page.getByRole('status').innerText(), '5 files: 5 identical');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'All uploaded', 'the focus stays');
  assert.equal(gate.puts, 5);
  assert.deepEqual(complaints, []);
  await close();
});

test('cancel all ends those under way and those that wait, and gives their places back', async () => {
  const { page, gate, close } = await many(5);
  await label(page).click();
  await page.waitForFunction(() => window.deliveries.filter(({ state }) => state === 'halving').length === 3);
  await label(page).click();
  await label(page).filter({ hasText: 'Upload all (5)' }).waitFor();
  assert.deepEqual(await states(page), Array(5).fill('cancelled'));
  for (const [index, sentence] of [[0, /^Cancelled\s+The file had arrived/], [4, /^Cancelled\s+It was cancelled before its turn came: nothing was sent\.$/]]) {
    const said = await page.evaluate((at) => {
      const host = document.createElement('div');
      window.deliveries[at].mount(host);
      document.querySelector('main').append(host);
      return host.querySelector('.verdict').innerText;
    }, index);
    assert.match(said, sentence, `number ${index}`);
  }
  gate.isOpen = true;
  await label(page).click();
  await label(page).filter({ hasText: 'All uploaded' }).waitFor();
  assert.deepEqual(await states(page), Array(5).fill('identical'));
  assert.equal(gate.puts, 5, 'what had arrived was not sent again');
  await close();
});

test('uploads that were begun one by one are not said to be done while they are under way', async () => {
  const { page, gate, close } = await many(2);
  await page.evaluate(() => window.deliveries.forEach((delivery) => void delivery.start()));
  await page.waitForFunction(() => window.deliveries.every(({ state }) => state === 'halving'));
  assert.equal(await label(page).innerText(), 'Cancel all');
  await label(page).click();
  await label(page).filter({ hasText: 'Upload all (2)' }).waitFor();
  assert.deepEqual(await states(page), ['cancelled', 'cancelled']);
  gate.isOpen = true;
  await label(page).click();
  await label(page).filter({ hasText: 'All uploaded' }).waitFor();
  await close();
});

test('a delivery is shown while it goes on, and another one in its place', async () => {
  const { page, gate, close } = await many(2);
  await page.evaluate(() => {
    const host = document.createElement('div');
    host.className = 'panel';
    document.querySelector('main').append(host);
    window.show = (index) => window.deliveries[index].mount(host);
    window.deliveries[0].start();
    window.show(1);
  });
  await page.waitForFunction(() => window.deliveries[0].state === 'halving');
  const button = page.locator('.delivery button');
  assert.equal(await button.innerText(), 'Upload');
  assert.equal(await page.getByRole('status').innerText(), '', 'what is not shown does not speak');
  await page.evaluate(() => window.show(0));
  assert.equal(await button.innerText(), 'Cancel');
  assert.equal(await page.locator('.steps [aria-current]').innerText(), 'Halving');
  await page.evaluate(() => window.deliveries[1].dispose());
  gate.isOpen = true;
  await page.getByRole('heading', { name: 'Identical' }).waitFor();
  await close();
});

test('a preview made anew counts from the next upload on', async () => {
  const { page, gate, close } = await many(1);
  const renewed = () => page.evaluate(async () => {
    const [delivery] = window.deliveries;
    const { createHalver } = await import('/halver/index.js');
    const halver = await createHalver();
    const options = { quality: 40 };
    delivery.renew(await halver.halve(new Blob([await (await fetch('/screenshot.jpg')).arrayBuffer()]), options), options);
    halver.dispose();
    return { state: delivery.state, quality: delivery.receipt.options.quality };
  });
  await page.evaluate(() => void window.deliveries[0].start());
  await page.waitForFunction(() => window.deliveries[0].state === 'halving');
  assert.deepEqual(await renewed(), { state: 'halving', quality: 40 });
  gate.isOpen = true;
  await page.waitForFunction(() => window.deliveries[0].state === 'identical');
  assert.equal(await page.evaluate(() => window.deliveries[0].receipt.stored), undefined, 'the receipt is of the new half');
  assert.deepEqual(await renewed(), { state: 'ready', quality: 40 });
  await close();
});
