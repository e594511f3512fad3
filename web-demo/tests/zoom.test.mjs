/** Zoom and pan: both pictures in step, by button, key, pointer and two fingers. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, browser, chooseAndSee, desktop, keep, open, phone, read } from './browser.mjs';

const mountain = read('samples/mountain.jpg'); // 3264 × 2448, its half 1632 × 1224

after(() => browser.close());

const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
/** Names of the buttons that are pressed, with plain spaces. */
const pressed = async (page) => (await page.locator('[data-zoom][aria-pressed="true"]').allInnerTexts()).map((name) => name.replace(/\s/, ' '));

/** Where both pictures lie in the frame, and how many device pixels each of their own pixels has. */
function places(page) {
  return page.evaluate(() => {
    const frame = document.getElementById('compare').getBoundingClientRect();
    return ['before', 'after'].map((id) => {
      const image = document.getElementById(id);
      const { left, top, width } = image.getBoundingClientRect();
      return { x: Math.round(left - frame.left), y: Math.round(top - frame.top), zoom: (width * devicePixelRatio) / image.naturalWidth };
    });
  });
}

/** @param {{ x: number, y: number }[]} pair of which both are in one place */
function inStep([before, after_]) {
  assert.deepEqual([before.x, before.y], [after_.x, after_.y]);
  return after_;
}

for (const [device, options] of Object.entries({ desktop, phone })) {
  test(`100 % is a pixel of the half on one of the screen, 200 % one of the original (${device})`, async () => {
    const { page, complaints, close } = await open(options);
    await chooseAndSee(page, 'mountain.jpg', mountain);
    assert.deepEqual(await pressed(page), ['Fit']);
    for (const [name, zooms] of [['100 %', [0.5, 1]], ['200 %', [1, 2]]]) {
      await press(page, name);
      const pair = await places(page);
      inStep(pair);
      assert.deepEqual(pair.map(({ zoom }) => Math.round(zoom * 1000) / 1000), zooms, name);
      assert.deepEqual(await pressed(page), [name]);
    }
    assert.equal(await page.locator('#after').evaluate((image) => getComputedStyle(image).imageRendering), 'pixelated');
    await assertAccessible(page, 'zoomed');
    await keep(page, `zoom-${device}`);
    await press(page, 'Fit');
    assert.equal(inStep(await places(page)).x, 0);
    assert.equal(await page.locator('#after').evaluate((image) => getComputedStyle(image).imageRendering), 'auto');
    assert.deepEqual(complaints, []);
    await close();
  });
}

test('a drag pans, the grip still moves the divider, and both end at the edges', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'mountain.jpg', mountain);
  await press(page, '100 %');
  const { x, y, width, height } = await page.locator('#compare').boundingBox();
  const start = inStep(await places(page));
  await page.mouse.move(x + 100, y + 100);
  await page.mouse.down();
  await page.mouse.move(x + 140, y + 130);
  await page.mouse.up();
  const moved = inStep(await places(page));
  assert.deepEqual([moved.x - start.x, moved.y - start.y], [40, 30]);
  assert.equal(await page.locator('#split').inputValue(), '50', 'the divider did not move');
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 4, y + height / 2);
  await page.mouse.up();
  assert.equal(await page.locator('#split').inputValue(), '25');
  assert.deepEqual(inStep(await places(page)), moved, 'the pictures did not move');
  await page.mouse.move(x + 300, y + 100);
  await page.mouse.down();
  await page.mouse.move(x + 5000, y + 5000);
  await page.mouse.up();
  const { x: left, y: top } = inStep(await places(page));
  assert.deepEqual([left, top], [0, 0]);
  await close();
});

test('the arrow keys pan a zoomed picture, and zoom goes by key, too', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'mountain.jpg', mountain);
  const frame = page.locator('#compare');
  assert.equal(await frame.getAttribute('tabindex'), '-1', 'nothing to pan, nothing to focus');
  await press(page, '200 %');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab'); // 100 %, Fit
  await page.keyboard.press('Shift+Tab'); // the slider
  await page.keyboard.press('Shift+Tab');
  assert.ok(await frame.evaluate((element) => element === document.activeElement));
  const start = inStep(await places(page));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const moved = inStep(await places(page));
  assert.ok(moved.x < start.x && moved.y < start.y, JSON.stringify({ start, moved }));
  await page.keyboard.press('1');
  assert.deepEqual(await pressed(page), ['100 %']);
  await page.keyboard.press('0');
  assert.deepEqual(await pressed(page), ['Fit']);
  await close();
});

test('a double click zooms where it is, another goes back', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'mountain.jpg', mountain);
  const { x, y } = await page.locator('#compare').boundingBox();
  const spot = { x: 200, y: 150 };
  const under = async () => {
    const { x: left, y: top, zoom } = inStep(await places(page));
    return [(spot.x - left) / zoom, (spot.y - top) / zoom];
  };
  const before = await under();
  await page.mouse.dblclick(x + spot.x, y + spot.y);
  assert.deepEqual(await pressed(page), ['100 %']);
  const zoomed = await under();
  assert.ok(zoomed.every((at, axis) => Math.abs(at - before[axis]) < 3), `${before} ${zoomed}`);
  await page.mouse.dblclick(x + spot.x - 120, y + spot.y);
  assert.deepEqual(await pressed(page), ['Fit']);
  await close();
});

test('two fingers spread the picture, one pans it', async () => {
  const { page, close } = await open(phone);
  await chooseAndSee(page, 'mountain.jpg', mountain);
  const { x, y, width, height } = await page.locator('#compare').boundingBox();
  const client = await page.context().newCDPSession(page);
  const touch = (type, ...points) => client.send('Input.dispatchTouchEvent', {
    type, touchPoints: points.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })),
  });
  const [cx, cy] = [width / 2, height / 2];
  const { zoom } = inStep(await places(page));
  await touch('touchStart', [cx - 30, cy]);
  await touch('touchStart', [cx - 30, cy], [cx + 30, cy]);
  for (const reach of [45, 60, 75, 90]) {
    await touch('touchMove', [cx - reach, cy], [cx + reach, cy]);
  }
  await touch('touchEnd');
  const spread = inStep(await places(page));
  assert.ok(spread.zoom / zoom > 2.5 && spread.zoom / zoom < 3.5, `${spread.zoom / zoom}`);
  assert.deepEqual(await pressed(page), []);
  await touch('touchStart', [40, 40]);
  await touch('touchMove', [60, 50]);
  await touch('touchEnd');
  const panned = inStep(await places(page));
  assert.deepEqual([panned.x - spread.x, panned.y - spread.y], [20, 10]);
  await close();
});

test('a resized window keeps a fitted picture fitted', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'mountain.jpg', mountain);
  await page.setViewportSize({ width: 700, height: 860 });
  await page.waitForFunction(() => {
    const [frame, image] = ['compare', 'after'].map((id) => document.getElementById(id).getBoundingClientRect());
    return Math.abs(frame.width - image.width) < 2;
  });
  await close();
});
