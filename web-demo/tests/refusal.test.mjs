/** What cannot be halved gets a sentence that says what to do, and the page goes on. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

import { sentenceOf } from '../failure.js';
import { assertAccessible, browser, choose, chooseAndSee, desktop, drawn, keep, open, phone, read, refusal, seen } from './browser.mjs';

const corpus = (name) => read(`core/tests/corpus/${name}`);

after(() => browser.close());

/** A JPEG that says of itself to be arithmetic-coded. */
function arithmeticCoded() {
  const photo = Buffer.from(corpus('photo-grey.jpg'));
  photo[photo.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc9;
  return photo;
}

/** A GIF whose `frames` cover a canvas of so many pixels a side, by the headers: it holds one pixel of each. */
function gifOf(frames, side) {
  const size = [side & 255, side >> 8, side & 255, side >> 8];
  const head = [...Buffer.from('GIF89a'), ...size, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]; // A palette of two colours.
  const frame = [0x2c, 0, 0, 0, 0, ...size, 0, 2, 2, 0x44, 0x01, 0];
  return Buffer.from([...head, ...Array.from({ length: frames }, () => frame).flat(), 0x3b]);
}

const table = [
  ['notes.png', Buffer.from('Milk, bread, eggs'), /^“notes\.png” is not an image, whatever its name says\. Choose a JPEG, PNG, WebP or GIF\.$/],
  ['nothing.jpg', Buffer.alloc(0), /^“nothing\.jpg” is empty/],
  ['huge.jpg', corpus('huge-header.jpg'), /claims 4,295 megapixels; up to 100 megapixels are halved here\. Scale it down first\.$/],
  ['long.gif', gifOf(1001, 1), /^“long\.gif” has 1,001 frames; up to 1,000 are halved here\. Shorten it first\.$/],
  ['bomb.gif', gifOf(17, 5000), /^“bomb\.gif” has 425 megapixels in all its frames; up to 400 megapixels are halved here/],
  ['cut.jpg', corpus('truncated.jpg'), /is a broken JPEG: the file .+\. Choose another copy/],
  ['odd.jpg', arithmeticCoded(), /is a JPEG with arithmetic coding, which cannot be halved here/],
  ['phone.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'), /is a HEIC file, .+ Save it as JPEG, PNG, WebP or GIF/],
  ['clip.png', Buffer.from('\0\0\0\x18ftypavif\0\0\0\0', 'latin1'), /is an AVIF file/],
  ['logo.svg', Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), /is an SVG file/],
];

test('each kind of bad file has its sentence, and a good one works afterwards', async () => {
  const { page, complaints, close } = await open();
  for (const [name, bytes, sentence] of table) {
    await choose(page, name, bytes);
    await page.locator('#refusal-text', { hasText: name }).waitFor();
    assert.match(await refusal(page), sentence);
    assert.match(await page.getByRole('status').innerText(), sentence);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'refusal-title');
  }
  await chooseAndSee(page, 'good.jpg', corpus('photo-420.jpg'));
  assert.deepEqual(complaints, []);
  await close();
});

test('an engine that stops is said to lack memory only where it does', () => {
  const file = new File(['x'], 'a.jpg');
  for (const [details, sentence] of [
    [{ isFull: true }, /ran out of memory on “a\.jpg”\. Close other tabs/],
    [{ isFull: false }, /stopped on “a\.jpg”, by a fault of its own\. Please report it/],
    [{}, /by a fault of its own/],
  ]) {
    const error = Object.assign(new Error('the engine failed'), { name: 'HalverError', code: 'engine-crashed', details });
    assert.match(sentenceOf(error, file), sentence);
  }
});

test('each limit has its sentence', () => {
  for (const [limit, needed, allowed, sentence] of [
    ['scan-blocks', 2e8, 1e8, /goes over its picture too often: 200,000,000 blocks in all scans; up to 100,000,000 are read/],
    ['memory-bytes', 2e9, 1e9, /would take 2 GB of memory; up to 1 GB are allowed\. Scale it down first/],
    ['source-bytes', 2e9, 1e9, /has 2 GB; up to 1 GB are halved here\. Choose a smaller file/],
  ]) {
    const error = Object.assign(new Error('too large'), { name: 'HalverError', code: 'too-large', details: { limit, needed, allowed } });
    assert.match(sentenceOf(error, new File(['x'], 'a.jpg')), sentence);
  }
});

test('a file with more bytes than allowed is refused before it is read', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/config', async (route) => {
    const answer = await route.fetch();
    const config = await answer.json();
    config.options.limits.source_bytes = 1000;
    await route.fulfill({ response: answer, json: config });
  }));
  await choose(page, 'big.jpg', corpus('photo-420.jpg'));
  assert.match(await refusal(page), /“big\.jpg” has [\d.]+ kB; up to 1 kB are halved here\. Choose a smaller file\.$/);
  await close();
});

test('a folder that is dropped is refused as what it may be', async () => {
  const { page, close } = await open();
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [fileURLToPath(new URL('.', import.meta.url))], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
  }
  assert.match(await refusal(page), /^“tests” could not be read\. Is it a folder, /);
  await close();
});

test('a format that cannot hold the half is said, is taken back at one press, and uploads nothing', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'wide.png', await drawn(page, 40_000, 2));
  await chooseAndSee(page, 'good.jpg', corpus('photo-420.jpg'));
  await page.getByRole('button', { name: 'Upload all (2)' }).waitFor();
  await page.getByLabel('Format').selectOption('webp');
  await page.locator('#pictures .item-open', { hasText: 'wide.png' }).click();
  assert.match(await refusal(page), /^The half of “wide\.png” would have a side over 16383 pixels, which no WebP can have\. Choose another format/);
  assert.equal(await page.locator('.deliveries').isVisible(), false, 'one file has a half, and the list’s button is for several');
  await assertAccessible(page, 'a refusal that the choice is the cause of');
  await page.getByRole('button', { name: 'Reset the options' }).click();
  await seen(page, 'wide.png');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'result-title');
  await page.getByRole('button', { name: 'Upload all (2)' }).waitFor();
  await close();
});

test('a second refusal of one picture has its own reason', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/config', async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    await route.fulfill({ response, json: { ...config, options: { ...config.options, format: 'jpeg' } } });
  }));
  await chooseAndSee(page, 'good.jpg', corpus('photo-420.jpg'));
  await page.getByLabel('Format').selectOption('webp');
  await choose(page, 'line.png', line(140_000));
  assert.match(await refusal(page), /a side over 16383 pixels, which no WebP can have/);
  await page.getByRole('button', { name: 'Reset the options' }).click();
  await page.locator('#refusal-text', { hasText: 'no JPEG' }).waitFor();
  assert.match(await refusal(page), /^The half of “line\.png” would have a side over 65535 pixels, which no JPEG can have\./);
  assert.match(await page.getByRole('status').innerText(), /no JPEG can have/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'refusal-title', 'the button that was pressed is gone');
  await close();
});

test('an engine that does not load is said, and found again later', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/*.wasm', (route) => route.abort()));
  await choose(page, 'good.jpg', corpus('photo-420.jpg'));
  assert.match(await refusal(page), /^The engine did not load\./);
  await page.unroute('**/*.wasm');
  await chooseAndSee(page, 'good.jpg', corpus('photo-420.jpg'));
  await close();
});

test('a preview that cannot be made anew for want of an engine stays, and says so', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'mountain.jpg', read('samples/mountain.jpg'));
  const hash = await page.locator('#sha256').innerText();
  await page.route('**/halver/*.js', (route) => route.abort());
  const format = page.getByLabel('Format');
  await format.selectOption('png');
  await format.selectOption('webp'); // The job before ends with its worker, and another one has to come.
  const notice = page.locator('#choice-notice', { hasText: 'Still shown: the half from before. The engine did not load.' });
  await notice.waitFor();
  assert.match(await page.getByRole('status').innerText(), /^Still shown: the half from before\./);
  assert.equal(await page.locator('#sha256').innerText(), hash);
  assert.equal(await page.getByRole('button', { name: 'Upload', exact: true }).getAttribute('aria-disabled'), 'false');
  await assertAccessible(page, 'an older half');
  await keep(page, 'stuck-desktop-light');
  await page.unroute('**/halver/*.js');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.locator('#after-format', { hasText: 'WebP' }).waitFor();
  assert.match(await page.locator('#choice-notice span:not(.spare)').innerText(), /^An upload gives otherwise/);
  await close();
});

for (const [device, options] of Object.entries({ desktop, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the refusal is accessible (${device}, ${colorScheme})`, async () => {
      const { page, close } = await open({ ...options, colorScheme });
      await choose(page, 'notes.png', Buffer.from('Milk, bread, eggs'));
      await refusal(page);
      await assertAccessible(page, 'refusal');
      await keep(page, `refusal-${device}-${colorScheme}`);
      await close();
    });
  }
}

/**
 * A black PNG, one pixel high and wider than browsers draw.
 *
 * @param {number} width
 */
function line(width) {
  const chunk = (type, body) => {
    const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(type), body, Buffer.alloc(4)]);
    whole.writeUInt32BE(body.length);
    whole.writeUInt32BE(crc(whole.subarray(4, -4)), whole.length - 4);
    return whole;
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(width + 1))), chunk('IEND', Buffer.alloc(0))]);
}

/** CRC-32 as PNG has it, bit by bit. */
function crc(bytes) {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
    }
  }
  return ~rest >>> 0;
}
