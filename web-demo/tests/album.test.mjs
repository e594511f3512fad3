/** Several pictures: dropped, listed, opened, removed; bad ones hinder nobody. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Album } from '../album.js';
import { assertAccessible, browser, desktop, keep, open, phone, read, seen, transfer } from './browser.mjs';

const corpus = (name) => [name, read(`core/tests/corpus/${name}`)];
const dandelion = ['dandelion.jpg', read('samples/dandelion.jpg')];
const mountain = ['mountain.jpg', read('samples/mountain.jpg')];
/** A GIF whose header claims 65535 × 65535 pixels, of which there are none. */
const bomb = ['bomb.gif', Buffer.from([...Buffer.from('GIF89a'), 255, 255, 255, 255, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0, 255, 255, 255, 255, 0, 2, 2, 0x44, 1, 0, 0x3b])];
const bad = [
  [corpus('huge-header.jpg'), /claims 4,295 megapixels; up to 100 megapixels are halved here\. Scale it down first\.$/],
  [corpus('truncated.jpg'), /is a broken JPEG: the file .+\. Choose another copy/],
  [bomb, /claims 4,295 megapixels; up to 100/],
  [['notes.png', Buffer.from('Milk, bread, eggs')], /is not an image, whatever its name says/],
  [['phone.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1')], /is a HEIC file, .+ Save it as JPEG, PNG, WebP or GIF/],
];

const items = (page) => page.locator('#pictures li');
const settledItems = (page, count) => page.waitForFunction((expected) =>
  document.querySelectorAll('#pictures [data-state="halved"], #pictures [data-state="refused"]').length === expected, count);

after(() => browser.close());

for (const [device, options] of Object.entries({ desktop, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`several are dropped at once, good and bad (${device}, ${colorScheme})`, async () => {
      const { page, complaints, close } = await open({ ...options, colorScheme });
      const look = `${device}-${colorScheme}`;
      await transfer(page, 'drop', [mountain, ...bad.map(([file]) => file), dandelion, corpus('badge.png')]);
      await seen(page, 'mountain.jpg');
      await settledItems(page, 8);
      for (const [index, [[name], sentence]] of bad.entries()) {
        const item = items(page).nth(index + 1);
        assert.equal(await item.getAttribute('data-state'), 'refused', name);
        assert.match(await item.locator('.item-facts').innerText(), sentence);
      }
      assert.match(await items(page).nth(0).innerText(), /^mountain\.jpg\s+1\.96 MB → \d+ kB\s+−\d+\u202f%$/);
      assert.equal(await page.locator('#shelf-count').innerText(), '8 pictures');
      assert.match(await page.locator('#shelf-total').innerText(), /^2\.4 MB → \d+ kB, \d+\u202f% smaller$/);
      assert.match(await page.getByRole('status').innerText(), /3 pictures halved, 5 refused|Done:/);
      await page.waitForFunction(() => [...document.querySelectorAll('[data-state="halved"] canvas')].every(({ width }) => width > 1));
      await assertAccessible(page, 'list');
      await keep(page, `list-${look}`);

      await items(page).nth(1).locator('.item-open').click();
      await page.getByRole('heading', { name: 'That did not work' }).waitFor();
      await assertAccessible(page, 'list with a refusal');
      await keep(page, `list-refusal-${look}`);
      await items(page).nth(6).locator('.item-open').click();
      await seen(page, 'dandelion.jpg');
      assert.equal(await page.locator('#pictures [aria-current="true"]').count(), 1);
      assert.deepEqual(complaints, []);
      await close();
    });
  }
}

test('the list is worked with the keyboard alone', async () => {
  const { page, close } = await open();
  await page.locator('#file').setInputFiles([mountain, dandelion, corpus('badge.png')].map(([name, buffer]) => ({ name, buffer, mimeType: '' })));
  await seen(page, 'mountain.jpg');
  await items(page).nth(0).locator('.item-open').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await seen(page, 'dandelion.jpg');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /dandelion/, 'the focus stays in the list');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await seen(page, 'badge.png');
  await page.keyboard.press('Delete');
  await seen(page, 'dandelion.jpg');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /dandelion/, 'the focus goes to the neighbour');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Remove dandelion.jpg');
  await page.keyboard.press('Enter');
  await seen(page, 'mountain.jpg');
  assert.ok(await page.locator('#shelf').isHidden(), 'one picture alone needs no list');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'result-title');
  await close();
});

test('what is added comes behind, and opens', async () => {
  const { page, close } = await open();
  await transfer(page, 'paste', [dandelion]);
  await seen(page, 'dandelion.jpg');
  const hasThumbnails = () => page.workers().some((worker) => worker.url().endsWith('/thumbnail.js'));
  assert.equal(hasThumbnails(), false, 'one picture alone has no list, and needs no thumbnail');
  await transfer(page, 'drop', [corpus('badge.png'), corpus('photo.png')]);
  await seen(page, 'badge.png');
  await page.waitForFunction(() => [...document.querySelectorAll('#pictures canvas')].filter(({ width }) => width > 1).length === 3);
  assert.equal(hasThumbnails(), true);
  assert.deepEqual(await page.locator('.item-name').allInnerTexts(), ['dandelion.jpg', 'badge.png', 'photo.png']);
  await page.getByRole('button', { name: 'Remove all' }).click();
  await page.getByRole('heading', { name: /^Half as wide/ }).waitFor();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Choose pictures/);
  await close();
});

test('a picture that is removed while its upload runs is gone, and no other with it', async () => {
  const { page, complaints, close } = await open(desktop, (tab) => tab.route('**/status/*', (route) => route.fulfill({ json: { state: 'waiting' } })));
  await transfer(page, 'drop', [dandelion, corpus('badge.png'), corpus('photo.png')]);
  await seen(page, 'dandelion.jpg');
  await settledItems(page, 3);
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
  await page.locator('.steps [aria-current="step"]', { hasText: 'Halving' }).waitFor();
  await page.getByRole('button', { name: 'Remove dandelion.jpg' }).click();
  await seen(page, 'badge.png');
  await page.waitForTimeout(300); // Until the upload has ended, too.
  assert.deepEqual(await page.locator('.item-name').allInnerTexts(), ['badge.png', 'photo.png']);
  assert.deepEqual(complaints, []);
  await close();
});

test('a double click and a key that is held down remove one picture', async () => {
  const { page, close } = await open();
  const [, badge] = corpus('badge.png');
  const names = () => page.locator('.item-name').allInnerTexts();
  await transfer(page, 'drop', Array.from({ length: 6 }, (_, index) => [`${index}.png`, badge]));
  await settledItems(page, 6);
  const { x, y, width, height } = await page.getByRole('button', { name: 'Remove 1.png' }).boundingBox();
  await page.mouse.dblclick(x + width / 2, y + height / 2);
  assert.deepEqual(await names(), ['0.png', '2.png', '3.png', '4.png', '5.png']);
  for (const [key, focus, left] of [
    ['Delete', '.item-open', ['2.png', '3.png', '4.png', '5.png']],
    ['Enter', '.item-remove', ['3.png', '4.png', '5.png']],
  ]) {
    await items(page).first().locator(focus).focus();
    await page.keyboard.down(key);
    await page.keyboard.down(key); // As the system repeats it.
    await page.keyboard.up(key);
    assert.deepEqual(await names(), left, key);
  }
  await close();
});

for (const [device, options] of Object.entries({ desktop, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`a picture that is opened before it is halved is shown as that, and nothing of the one before (${device}, ${colorScheme})`, async () => {
      const { page, complaints, close } = await open({ ...options, colorScheme }, (tab) => tab.addInitScript(() => {
        const { postMessage } = Worker.prototype;
        window.held = null;
        Worker.prototype.postMessage = function (question, ...rest) {
          const post = () => postMessage.call(this, question, ...rest);
          window.held && question?.task === 'halve' ? window.held.push(post) : post();
        };
      }));
      const waits = (name) => page.locator('#result[data-kind="halving"]').getByRole('heading', { name, level: 2 }).waitFor();
      const upload = page.getByRole('button', { name: 'Upload', exact: true });
      await transfer(page, 'drop', [dandelion]);
      await seen(page, 'dandelion.jpg');
      await page.evaluate(() => {
        window.held = [];
      });
      await transfer(page, 'drop', [corpus('badge.png'), corpus('photo.png')]);
      await waits('badge.png');
      assert.equal(await upload.count(), 0, 'nobody uploads the one before by mistake');
      assert.equal(await page.getByRole('status').innerText(), 'Halving 2 pictures');
      await page.getByText('halving …', { exact: true }).first().waitFor();
      await page.locator('#sha256').waitFor({ state: 'hidden' });
      assert.ok(await page.locator('#quality').isVisible(), 'options can be chosen meanwhile');
      await assertAccessible(page, 'halving');
      await keep(page, `halving-${device}-${colorScheme}`);
      await items(page).nth(0).locator('.item-open').click();
      await seen(page, 'dandelion.jpg');
      assert.equal(await upload.count(), 1);
      await items(page).nth(2).locator('.item-open').click();
      await waits('photo.png');
      assert.equal(await page.getByRole('status').innerText(), 'Halving photo.png');
      await page.getByRole('button', { name: 'Remove photo.png' }).click();
      await waits('badge.png');
      await page.evaluate(() => window.held.splice(0).forEach((post) => post()));
      await page.evaluate(() => {
        window.held = null;
      });
      await seen(page, 'badge.png');
      assert.equal(await page.locator('#before-pixels').innerText(), '97 × 64');
      assert.equal(await upload.count(), 1);
      assert.deepEqual(complaints, []);
      await close();
    });
  }
}

test('of several pictures the open one’s new size is said, and how many there are', async () => {
  const { page, close } = await open();
  await transfer(page, 'drop', [dandelion, corpus('badge.png'), corpus('photo.png')]);
  await settledItems(page, 3);
  await page.getByLabel('Format').selectOption('png');
  await page.locator('#after-format', { hasText: 'PNG' }).waitFor();
  await page.waitForFunction(() => /^Now \d+ by \d+ pixels.+\. 3 pictures halved$/.test(document.getElementById('status').textContent));
  await close();
});

test('what was removed already is not removed again, nor another in its place', () => {
  const album = new Album({ halve: () => new Promise(() => {}), sentenceOf: String, onChange() {}, lanes: 2 });
  album.add([new File(['x'], 'one.jpg'), new File(['y'], 'two.jpg')]);
  const [one] = album.pictures;
  album.remove(one);
  album.remove(one);
  assert.deepEqual(album.pictures.map(({ name }) => name), ['two.jpg']);
});

test('a long job is shown while the slider moves, a short one gives way, and the newest choice comes last', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  for (const [name, first, isMoving, ended] of [
    ['a short one', 100, true, ['1', '2']],
    ['a long one', 1700, true, []],
    ['a long one, and another format', 1700, false, ['1', '2']],
  ]) {
    const [jobs, aborted] = [[], []];
    const halve = (file, options, signal) => new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(options.quality);
        reject(signal.reason);
      });
      jobs.push(() => resolve({ options }));
    });
    const album = new Album({ halve, sentenceOf: String, onChange() {}, lanes: 2 });
    const finish = async (milliseconds) => {
      now += milliseconds;
      jobs.at(-1)();
      await new Promise(setImmediate);
    };
    album.setOptions({ quality: '0' });
    album.add([new File(['x'], 'large.jpg')]);
    await finish(first);
    for (const quality of ['1', '2', '3']) {
      album.setOptions({ quality }, isMoving);
      now += 100;
      await new Promise(setImmediate);
    }
    await finish(100);
    if (ended.length === 0) {
      assert.equal(album.open.half.options.quality, '1', `${name}: the first one is shown`);
      assert.ok(album.busy, name);
      await finish(1700);
    }
    assert.deepEqual(aborted, ended, name);
    assert.equal(album.open.half.options.quality, '3', name);
    assert.equal(album.busy, false, name);
  }
});

test('a half stays where the engine fails on the next, and that is tried again', async () => {
  let failure = null;
  const halve = async (file, options) => {
    if (failure) {
      throw failure;
    }
    return { options };
  };
  const album = new Album({ halve, sentenceOf: (error) => error.code, onChange() {}, lanes: 2 });
  const calm = () => new Promise(setImmediate);
  const [first, second, third] = [{ quality: 1 }, { quality: 2 }, { quality: 3 }];
  album.setOptions(first);
  album.add([new File(['x'], 'one.jpg')]);
  await calm();
  failure = Object.assign(new Error('no network'), { code: 'engine-missing' });
  album.setOptions(second);
  await calm();
  const { open } = album;
  assert.deepEqual([open.state, open.half.options, open.made, open.sentence], ['halved', first, first, 'engine-missing']);
  assert.equal(album.busy, false);
  failure = null;
  album.retry();
  await calm();
  assert.deepEqual([open.state, open.half.options, open.made, open.sentence], ['halved', second, second, '']);
  failure = Object.assign(new Error('too wide'), { code: 'unsupported-feature' });
  album.setOptions(third);
  await calm();
  assert.deepEqual([open.state, open.half], ['refused', null], 'what the picture itself cannot have is refused');
});

test('in a long list the open picture lies in view, and the page stays', async () => {
  for (const device of [desktop, phone]) {
    const { page, close } = await open(device);
    const inView = (index) => page.waitForFunction((at) => {
      const item = document.querySelectorAll('#pictures li')[at]?.getBoundingClientRect();
      const list = document.getElementById('pictures').getBoundingClientRect();
      return item && item.top >= list.top - 1 && item.bottom <= list.bottom + 1;
    }, index);
    const [, badge] = corpus('badge.png');
    await transfer(page, 'drop', Array.from({ length: 12 }, (_, index) => [`${index}.png`, badge]));
    await settledItems(page, 12);
    await inView(0);
    await transfer(page, 'drop', [['12.png', badge], ['13.png', badge]]);
    await seen(page, '12.png');
    await inView(12);
    assert.equal(await page.evaluate(() => scrollY), 0);
    await items(page).nth(0).locator('.item-open').evaluate((button) => button.click());
    await seen(page, '0.png');
    await inView(0);
    await close();
  }
});

test('no address of a picture is kept that nobody sees any more', async () => {
  const { page, close } = await open(desktop, (tab) => tab.addInitScript(() => {
    window.alive = new Set();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const url = createObjectURL.call(URL, blob);
      window.alive.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      window.alive.delete(url);
      revokeObjectURL.call(URL, url);
    };
  }));
  await transfer(page, 'drop', [mountain, dandelion, corpus('badge.png')]);
  await seen(page, 'mountain.jpg');
  await settledItems(page, 3);
  for (const index of [1, 2, 0, 1]) {
    await items(page).nth(index).locator('.item-open').click();
    await page.waitForFunction((at) => document.querySelectorAll('.item-name')[at].textContent === document.getElementById('result-title').textContent, index);
  }
  await page.locator('#quality').fill('30');
  await page.locator('#after-bytes', { hasText: /^[0-9.]+ kB$/ }).waitFor();
  await page.getByRole('button', { name: 'Remove all' }).click();
  await page.getByRole('heading', { name: /^Half as wide/ }).waitFor();
  assert.equal(await page.evaluate(() => window.alive.size), 0);
  await close();
});
