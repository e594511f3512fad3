/** What cannot be halved gets a sentence that says what to do, and the page goes on. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, browser, choose, chooseAndSee, desktop, keep, open, phone, read, refusal } from './browser.mjs';

const corpus = (name) => read(`core/tests/corpus/${name}`);

after(() => browser.close());

const table = [
  ['notes.png', Buffer.from('Milk, bread, eggs'), /^“notes\.png” is not an image, whatever its name says\. Choose a JPEG, PNG, WebP or GIF\.$/],
  ['nothing.jpg', Buffer.alloc(0), /^“nothing\.jpg” is empty/],
  ['huge.jpg', corpus('huge-header.jpg'), /claims 4,295 megapixels; up to 100 megapixels are halved here\. Scale it down first\.$/],
  ['cut.jpg', corpus('truncated.jpg'), /is a broken JPEG: the file .+\. Choose another copy/],
  ['party.gif', corpus('animated.gif'), /is a GIF with animation, which cannot be halved here/],
  ['phone.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'), /is a HEIC file, .+ Save it as JPEG, PNG, WebP or GIF/],
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

test('an engine that does not load is said, and found again later', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/*.wasm', (route) => route.abort()));
  await choose(page, 'good.jpg', corpus('photo-420.jpg'));
  assert.match(await refusal(page), /^The engine did not load\./);
  await page.unroute('**/*.wasm');
  await chooseAndSee(page, 'good.jpg', corpus('photo-420.jpg'));
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
