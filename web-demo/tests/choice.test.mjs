/** Options: live bytes while the slider moves, older jobs ended by newer ones, and the truth about what an upload gives. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, browser, chooseAndSee, desktop, keep, open, phone, read, seen, transfer } from './browser.mjs';

const mountain = read('samples/mountain.jpg');
const small = read('core/tests/corpus/photo-420.jpg');

after(() => browser.close());

const hash = (page) => page.locator('#sha256').innerText();
const bytesAfter = (page) => page.locator('#after-bytes').getAttribute('title').then((title) => Number(title.replace(/\D/g, '')));
const notice = (page) => page.locator('#choice-notice');
const anotherHash = (page, old) => page.waitForFunction((before) => document.getElementById('sha256').textContent !== before, old);

for (const [device, options] of Object.entries({ desktop, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`another choice is shown, said, and taken back (${device}, ${colorScheme})`, async () => {
      const { page, complaints, close } = await open({ ...options, colorScheme });
      await chooseAndSee(page, 'mountain.jpg', mountain);
      assert.match(await notice(page).innerText(), /^As the function does it/);
      const own = { hash: await hash(page), bytes: await bytesAfter(page) };
      await page.getByRole('slider', { name: 'Quality' }).fill('40');
      await anotherHash(page, own.hash);
      assert.ok((await bytesAfter(page)) < own.bytes);
      assert.match(await notice(page).innerText(), /^An upload gives otherwise: quality 80, the source’s format\.$/);
      assert.match(await page.locator('#delivery-host').innerText(), /The half in the bucket will not be this one/);
      await assertAccessible(page, 'another choice');
      await keep(page, `choice-${device}-${colorScheme}`);
      await page.getByRole('button', { name: 'As the function' }).click();
      await page.waitForFunction((before) => document.getElementById('sha256').textContent === before, own.hash);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'quality');
      assert.deepEqual(complaints, []);
      await close();
    });
  }
}

test('a slider that moves is not talked over, and the last result is said', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'small.jpg', small);
  await page.evaluate(() => {
    window.said = [];
    const status = document.getElementById('status');
    new MutationObserver(() => window.said.push(status.textContent)).observe(status, { childList: true });
  });
  const results = await page.evaluate(async () => {
    const slider = document.getElementById('quality');
    const seen = new Set();
    for (let quality = 79; quality > 40; quality -= 1) {
      slider.value = String(quality);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve, 30));
      seen.add(document.getElementById('sha256').textContent);
    }
    return seen.size;
  });
  assert.ok(results > 2, `${results} results were shown`);
  await page.waitForFunction(() => window.said.length > 0);
  const said = await page.evaluate(() => window.said);
  assert.ok(said.length < results - 1, `${said.length} sentences for ${results} results`);
  assert.match(said.at(-1), /^Now \d+ by \d+ pixels/);
  await close();
});

test('the slider moves numbers while it moves, and nothing else', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'mountain.jpg', mountain);
  await page.evaluate(() => {
    window.shifts = [];
    window.seen = new Set();
    new PerformanceObserver((entries) => window.shifts.push(...entries.getEntries().map(({ value, sources }) => `${value} ${sources.map(({ node }) => node?.id || node?.className)}`)))
      .observe({ type: 'layout-shift' });
    new MutationObserver(() => window.seen.add(document.getElementById('after-bytes').textContent))
      .observe(document.getElementById('after-bytes'), { childList: true });
  });
  const { x, y, width, height } = await page.locator('#quality').boundingBox();
  await page.mouse.move(x + width * 0.8, y + height / 2);
  await page.mouse.down();
  for (let share = 0.8; share > 0.2; share -= 0.01) {
    await page.mouse.move(x + width * share, y + height / 2);
    await page.waitForTimeout(30);
  }
  const live = await page.evaluate(() => window.seen.size);
  await page.mouse.up();
  await page.waitForFunction(() => !document.body.classList.contains('busy'));
  assert.ok(live >= 2, `${live} sizes were seen on the way`);
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  await close();
});

test('a newer change ends the older job', async () => {
  const { page, close } = await open(desktop, (tab) => tab.addInitScript(() => {
    const { terminate } = Worker.prototype;
    window.ended = 0;
    Worker.prototype.terminate = function () {
      window.ended += 1;
      return terminate.call(this);
    };
  }));
  await chooseAndSee(page, 'mountain.jpg', mountain);
  const old = await hash(page);
  const ended = await page.evaluate(() => window.ended);
  await page.evaluate(async () => {
    const format = document.getElementById('format');
    const pick = (value) => {
      format.value = value;
      format.dispatchEvent(new Event('change'));
    };
    pick('png'); // Takes long enough to be overtaken.
    await new Promise((resolve) => setTimeout(resolve, 40));
    pick('');
    document.getElementById('quality').value = '55';
    pick('jpeg');
  });
  await anotherHash(page, old);
  await page.waitForFunction(() => !document.body.classList.contains('busy'));
  assert.equal(await page.locator('#after-format').innerText(), 'JPEG');
  assert.ok((await page.evaluate(() => window.ended)) > ended, 'the worker of the older job was ended');
  await close();
});

test('the choice holds for all pictures, the open one first', async () => {
  const { page, close } = await open();
  await transfer(page, 'drop', [['a.jpg', small], ['b.jpg', read('core/tests/corpus/photo-444-q95.jpg')], ['c.png', read('core/tests/corpus/photo.png')]]);
  await seen(page, 'a.jpg');
  await page.locator('#pictures [data-state="halved"]').nth(2).waitFor();
  const facts = () => page.locator('.item-facts').allInnerTexts();
  const before = await facts();
  await page.getByRole('combobox', { name: 'Format' }).selectOption('png');
  await page.waitForFunction((old) => [...document.querySelectorAll('.item-facts')].slice(0, 2).every((item, index) => item.textContent !== old[index]), before);
  assert.equal(await page.locator('#after-format').innerText(), 'PNG');
  assert.match(await page.locator('#quality-note').innerText(), /^PNG is written without loss/);
  await close();
});

test('best compression saves bytes', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'mountain.jpg', mountain);
  const [old, before] = [await hash(page), await bytesAfter(page)];
  await page.getByRole('switch', { name: 'Best compression' }).check();
  await anotherHash(page, old);
  assert.ok((await bytesAfter(page)) < before);
  await close();
});

test('a quality beyond the source’s own is explained', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'q60.jpg', read('core/tests/corpus/photo-422-q60.jpg'));
  assert.match(await page.locator('#quality-note').innerText(), /^The source itself has 60/);
  await close();
});

test('options begin as the function has them', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/config', async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    Object.assign(config.options, { quality: 33, format: 'webp', effort: 'small' });
    await route.fulfill({ response, json: config });
  }));
  await chooseAndSee(page, 'photo.jpg', small);
  assert.equal(await page.locator('#quality').inputValue(), '33');
  assert.equal(await page.locator('#format').inputValue(), 'webp');
  assert.ok(await page.locator('#effort').isChecked());
  assert.equal(await page.locator('#after-format').innerText(), 'WebP');
  assert.match(await notice(page).innerText(), /^As the function does it/);
  await close();
});
