/** The compare slider: by keyboard, by pointer, and what a screen reader hears of it. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { browser, chooseAndSee, drawn, open, phone, read, seen } from './browser.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');

after(() => browser.close());

test('the keyboard alone picks a file, moves the slider and reaches every control', async () => {
  const { page, close } = await open();
  const chooser = page.waitForEvent('filechooser'); // Early: the browser takes a moment until it listens.
  await page.getByText('Uploads go to bucket').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Choose pictures');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles({ name: 'key.jpg', mimeType: 'image/jpeg', buffer: photo });
  await seen(page, 'key.jpg');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Add pictures');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Compare before and after');
  const slider = page.getByRole('slider', { name: 'Compare before and after' });
  for (const [key, share] of [['ArrowRight', 51], ['PageUp', 61], ['Home', 0], ['End', 100], ['ArrowLeft', 99]]) {
    await page.keyboard.press(key);
    assert.equal(await slider.getAttribute('aria-valuetext'), `${share} percent before, ${100 - share} percent after`, key);
  }
  assert.equal(await dividerShare(page), 99);
  const order = ['Fit', '100 %', '200 %', 'Quality', 'Format', 'Best compression', 'Upload', 'Download', 'Receipt'];
  for (const name of order) {
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), name);
  }
  await close();
});

test('the divider follows the pointer, to both edges', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'pointer.jpg', photo);
  const { x, y, width, height } = await page.locator('#compare').boundingBox();
  await page.mouse.move(x + width / 4, y + height / 2);
  await page.mouse.down();
  assert.equal(await dividerShare(page), 25);
  await page.mouse.move(x + width + 50, y + height / 2);
  assert.equal(await dividerShare(page), 100);
  await page.mouse.move(x - 50, y + height / 2);
  assert.equal(await dividerShare(page), 0);
  await page.mouse.up();
  await page.mouse.move(x + width / 2, y + height / 2);
  assert.equal(await dividerShare(page), 0);
  await close();
});

test('a finger moves the divider by a tap or sideways, and scrolls the page up and down', async () => {
  const { page, close } = await open(phone);
  await chooseAndSee(page, 'finger.jpg', photo);
  const { x, y, width, height } = await page.locator('#compare').boundingBox();
  const client = await page.context().newCDPSession(page);
  const touch = async (...points) => {
    for (const [index, [dx, dy]] of points.entries()) {
      const touchPoints = [{ x: x + dx, y: y + dy, id: 0 }];
      await client.send('Input.dispatchTouchEvent', { type: index === 0 ? 'touchStart' : 'touchMove', touchPoints });
    }
    await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await page.waitForTimeout(400); // Longer than two taps that are one gesture lie apart.
  };
  const from = [width / 4, height * 0.8];
  const way = (across, along) => Array.from({ length: 9 }, (_, index) => [from[0] + across * index, from[1] + along * index]);
  await touch(...way(1, -12));
  assert.equal(await dividerShare(page), 50, 'up: the divider stays');
  assert.ok((await page.evaluate(() => scrollY)) > 0, 'up: the page scrolls');
  await page.evaluate(() => scrollTo(0, 0));
  await touch(from);
  assert.equal(await dividerShare(page), 25, 'a tap');
  await touch(...way(12, 1));
  const share = Math.round((100 * (from[0] + 96)) / width);
  assert.ok(Math.abs((await dividerShare(page)) - share) <= 1, `sideways: ${await dividerShare(page)}, not ${share}`);
  assert.equal(await page.evaluate(() => scrollY), 0, 'sideways: the page stays');
  await close();
});

test('pictures of every shape lie in the stage, whole', async () => {
  for (const device of [undefined, phone]) {
    const { page, close } = await open(device);
    for (const [width, height] of [[6000, 10], [10, 6000], [1, 1], [30_000, 1]]) {
      const name = `${width}-${height}.png`;
      await chooseAndSee(page, name, await drawn(page, width, height));
      const [stage, figure, board] = await Promise.all(['.stage', '#compare', '.board'].map((part) => page.locator(part).boundingBox()));
      for (const [part, box] of [['figure', figure], ['picture', board]]) {
        assert.ok(box.x >= stage.x - 1 && box.x + box.width <= stage.x + stage.width + 1, `${name}: ${part} at ${box.x}, ${box.width} wide`);
      }
      assert.ok(Math.abs(2 * (board.x - figure.x) + board.width - figure.width) < 2, `${name}: in the middle`);
    }
    await close();
  }
});

/** What a screen reader calls the element with the focus. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    return (element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent).trim().replaceAll('\u202f', ' ');
  });
}

/** Where the divider is drawn, in percent of the figure's width. */
function dividerShare(page) {
  return page.evaluate(() => {
    const figure = document.getElementById('compare').getBoundingClientRect();
    const divider = document.querySelector('.divider').getBoundingClientRect();
    return Math.round((100 * (divider.x + divider.width / 2 - figure.x)) / figure.width);
  });
}
