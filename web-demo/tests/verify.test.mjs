/** The verify view: identical by file, by address and by receipt; different with the reason; and what it cannot tell. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertAccessible, browser, chooseAndSee, desktop, keep, open, phone, read } from './browser.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');
const mountain = read('samples/mountain.jpg');

/** Of `photo`: its half, its receipt before and after an upload, and where its half is stored. */
const known = { half: Buffer.alloc(0), receipt: {}, stored: {}, url: '' };

before(async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'photo.jpg', photo);
  known.half = await download(page, 'Download');
  known.receipt = JSON.parse(await download(page, 'Receipt'));
  await page.getByRole('button', { name: 'Upload' }).click();
  await page.getByRole('heading', { name: 'Identical' }).waitFor();
  known.stored = JSON.parse(await download(page, 'Receipt'));
  known.url = await page.getByRole('link', { name: 'Open the half' }).getAttribute('href');
  await close();
});
after(() => browser.close());

/** The bytes behind a link that downloads. */
async function download(page, name) {
  const [got] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
  const chunks = [];
  for await (const chunk of await got.createReadStream()) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const view = (options, prepare) => open(options, prepare, 'verify.html');
const give = (page, card, name, buffer) =>
  page.setInputFiles(`#${card} input[type="file"]`, { name, mimeType: 'application/octet-stream', buffer });
const paper = (receipt) => Buffer.from(JSON.stringify(receipt));
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Waits until the outcome says `text`. */
const told = (page, text) => page.locator('.verdict', { hasText: text }).waitFor();

/** What the outcome says, once it says `title` and `sentence`; what the view says instead is in the failure. */
async function outcome(page, title, sentence = /./) {
  const box = page.locator('.verdict', { has: page.getByRole('heading', { name: title, exact: true }), hasText: sentence });
  await box.waitFor().catch(async (error) => {
    throw new Error(`not “${title}”: ${await page.locator('main').innerText()}`, { cause: error });
  });
  return box.innerText();
}

test('the receipt is of the very bytes, before and after an upload', () => {
  const { receipt, stored, half } = known;
  assert.equal(receipt.receipt, 'halver');
  assert.equal(receipt.version, 1);
  assert.equal(receipt.source.sha256, hash(photo));
  assert.equal(receipt.source.bytes, photo.length);
  assert.equal(receipt.half.sha256, hash(half));
  assert.equal(receipt.half.bytes, half.length);
  assert.equal(receipt.half.type, 'image/jpeg');
  assert.deepEqual([receipt.half.width, receipt.half.height], [receipt.source.width, receipt.source.height].map((side) => Math.ceil(side / 2)));
  assert.match(receipt.recipe, /^[0-9a-f]{16}$/);
  assert.equal(receipt.options.limits, undefined, 'limits change no bytes');
  assert.equal(receipt.stored, undefined);
  const { stored: place, ...rest } = stored;
  assert.deepEqual(rest, receipt, 'the upload changes nothing else');
  assert.equal(place.sha256, hash(half));
  assert.ok(Date.parse(place.comparedAt) >= Date.parse(receipt.made), place.comparedAt);
});

for (const [device, options] of Object.entries({ desktop, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`a half is identical by file and by receipt, and another one different (${device}, ${colorScheme})`, async () => {
      const look = `${device}-${colorScheme}`;
      const { page, complaints, close } = await view({ ...options, colorScheme });
      await page.getByText('Those of the function behind this page.').waitFor();
      await assertAccessible(page, 'empty');
      await keep(page, `verify-start-${look}`);

      await give(page, 'original', 'photo.jpg', photo);
      await told(page, 'Now the stored half, or a receipt');
      await give(page, 'half', 'half.jpg', known.half);
      assert.match(await outcome(page, 'Identical'), new RegExp(`byte for byte\\..+${hash(known.half)}.+${hash(known.half)}`, 's'));
      assert.match(await page.getByRole('status').innerText(), /^Identical\. The stored half is the very one/);
      await assertAccessible(page, 'identical');

      await give(page, 'receipt', 'photo-receipt.json', paper(known.stored));
      await told(page, 'the receipt says so, too');
      assert.equal(await page.getByRole('combobox', { name: 'Format' }).isDisabled(), true);
      await assertAccessible(page, 'identical with a receipt');
      await keep(page, `verify-identical-${look}`);

      const damaged = Buffer.from(known.half);
      damaged[damaged.length >> 1] ^= 1;
      await give(page, 'half', 'half.jpg', damaged);
      const said = await outcome(page, 'Different', /as many bytes as the one made here, but not the same.*Result hash of the stored half disagrees.*made here agrees/);
      assert.ok(said.includes(hash(damaged)) && said.includes(hash(known.half)), said);
      await assertAccessible(page, 'different');
      await keep(page, `verify-different-${look}`);
      assert.deepEqual(complaints, []);
      await close();
    });
  }
}

test('options that the controls cannot say are the function’s all the same, and each can be chosen', async () => {
  const { page, close } = await view(desktop, (tab) => tab.route('**/config', async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    Object.assign(config.options, { format: 'auto', webp: 'lossy', quality: 70 });
    await route.fulfill({ response, json: config });
  }));
  const picture = read('core/tests/corpus/badge.png');
  const halved = async (options) => {
    const made = await page.evaluate(async ({ base64, given }) => {
      const { createHalver } = await import('/halver/index.js');
      const halver = await createHalver();
      const { bytes } = await halver.halve(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)), given);
      halver.dispose();
      return [...bytes];
    }, { base64: picture.toString('base64'), given: options });
    return Buffer.from(made);
  };
  const of = { format: 'auto', webp: 'lossy', quality: 70 };
  await page.getByText('Those of the function behind this page.').waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'Format' }).inputValue(), 'auto');
  await give(page, 'original', 'badge.png', picture);
  await give(page, 'half', 'half', await halved(of));
  await outcome(page, 'Identical');
  for (const [act, options] of [
    [() => page.getByRole('switch', { name: 'Best compression' }).check(), { ...of, effort: 'small' }],
    [() => page.getByRole('switch', { name: 'Best compression' }).uncheck(), of],
    [() => page.getByRole('combobox', { name: 'Format' }).selectOption('webp'), { ...of, format: 'webp' }],
    [() => page.getByRole('combobox', { name: 'Format' }).selectOption('the original’s'), { ...of, format: null }],
  ]) {
    await act();
    await page.getByText('As chosen here.').waitFor();
    await give(page, 'half', 'half', await halved(options));
    await told(page, 'byte for byte');
  }
  await assertAccessible(page, 'other options');
  await close();
});

test('a half is fetched from its address, or it is said why not', async () => {
  const { page, close } = await view(desktop, async (tab) => {
    await tab.route('**/gone.jpg', (route) => route.fulfill({ status: 404, headers: { 'access-control-allow-origin': '*' } }));
    await tab.route('**/closed.jpg', (route) => route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' } }));
    await tab.route('**/mute.jpg', (route) => route.fulfill({ headers: { 'access-control-allow-origin': 'https://other.example' }, body: 'mute' }));
  });
  const store = new URL(known.url).origin;
  await give(page, 'original', 'photo.jpg', photo);
  const address = page.getByRole('textbox', { name: 'or its address' });
  for (const [url, sentence] of [
    ['photo.jpg', /That is no address/],
    ['javascript:alert(1)', /That is no address/],
    [`${store}/gone.jpg`, /Nothing lies at this address/],
    [`${store}/closed.jpg`, /expired, or the file is private/],
    [`${store}/mute.jpg`, /CORS rules do not let this page read it.+Download the file/],
    ['https://elsewhere.example/half.jpg', /may fetch from its own server and store alone.+Download the file/],
  ]) {
    await address.fill(url);
    await page.getByRole('button', { name: 'Fetch' }).click();
    await page.locator('#half[data-state="refused"] [data-said]', { hasText: sentence }).waitFor();
    await told(page, 'Now the stored half, or a receipt');
  }
  await assertAccessible(page, 'address refused');
  await address.fill(known.url);
  await address.press('Enter');
  assert.match(await outcome(page, 'Identical'), /Stored.+recipe\s[0-9a-f]{16}.+Made here/s, 'the mark beside the half is shown');
  await close();
});

test('the most probable reason for a difference is told', async () => {
  const { page, close } = await view();
  const half = async (buffer, sentence) => {
    await give(page, 'half', 'half', buffer);
    await outcome(page, 'Different', sentence);
  };
  await give(page, 'original', 'photo.jpg', photo);
  await half(photo, /It is the original itself/);
  await half(mountain, /pixels, the half of this original .+ made of another original/);
  await half(Buffer.from('Milk, bread, eggs'), /no image that can be read/);
  await page.getByRole('combobox', { name: 'Format' }).selectOption('PNG');
  await half(known.half, /It is a JPEG, the one made here a PNG/);
  await page.getByRole('combobox', { name: 'Format' }).selectOption('JPEG');
  await page.getByRole('spinbutton', { name: 'Quality' }).fill('60');
  await page.getByRole('spinbutton', { name: 'Quality' }).press('Tab');
  await told(page, 'made with other options, by another output version');
  await page.getByRole('spinbutton', { name: 'Quality' }).fill('80');
  await page.getByRole('spinbutton', { name: 'Quality' }).press('Tab');
  await outcome(page, 'Identical');
  await close();
});

test('marks beside a fetched half tell another original and a change afterwards', async () => {
  for (const [mark, sentence] of [
    [['x-amz-meta-halver-source-sha256', '0'.repeat(64)], /made of another original: its own mark/],
    [['x-amz-meta-halver-sha256', '0'.repeat(64)], /changed after the function wrote it/],
  ]) {
    const { page, close } = await view(desktop, (tab) => tab.route('**/marked.jpg', (route) => {
      const headers = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*', [mark[0]]: mark[1] };
      return route.fulfill({ headers, body: Buffer.concat([known.half, Buffer.from([0])]) });
    }));
    await give(page, 'original', 'photo.jpg', photo);
    await page.getByRole('textbox', { name: 'or its address' }).fill(`${new URL(known.url).origin}/marked.jpg`);
    await page.getByRole('button', { name: 'Fetch' }).click();
    await outcome(page, 'Different', sentence);
    await close();
  }
});

test('a receipt says which of source, recipe and result disagrees', async () => {
  const { page, close } = await view();
  const { receipt } = known;
  const other = '0'.repeat(64);
  await give(page, 'original', 'photo.jpg', photo);
  for (const [name, changed, title, sentence] of [
    ['as it is', receipt, 'Identical', /gives the very half of the receipt/],
    ['source', { ...receipt, source: { ...receipt.source, sha256: other } }, 'Different', /not the one of the receipt. Choose “photo\.jpg”.*Source hash disagrees.*Recipe agrees/s],
    ['recipe', { ...receipt, recipe: '0'.repeat(16) }, 'Identical', /Only its recipe does not belong to its options.*Recipe disagrees/s],
    ['options', { ...receipt, options: { ...receipt.options, quality: 40 } }, 'Different', /do not belong to its recipe/],
    ['result', { ...receipt, half: { ...receipt.half, sha256: other } }, 'Different', /receipt was changed, or this is a fault.*Result hash of the half made here disagrees/s],
    ['stored', { ...known.stored, stored: { ...known.stored.stored, sha256: other } }, 'Different', /gives the very half of the receipt\..*But by the receipt, what was stored as sample-resized.+ was another: 0000/s],
    ['version', { ...receipt, outputVersion: 1, recipe: '1'.repeat(16), half: { ...receipt.half, sha256: other } }, 'Cannot tell', /of output version 1, and this page’s is of \d+/],
  ]) {
    await give(page, 'receipt', `${name}.json`, paper(changed));
    await outcome(page, title, sentence);
  }
  await assertAccessible(page, 'cannot tell');
  await keep(page, 'verify-unsure-desktop-light');
  await page.getByRole('button', { name: 'Remove the receipt' }).click();
  await told(page, 'Now the stored half, or a receipt');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Choose the receipt', 'the focus is not lost');
  assert.equal(await page.getByRole('combobox', { name: 'Format' }).isDisabled(), false);
  await close();
});

test('a receipt of a picture without a name says so', async () => {
  const { page, close } = await view();
  const { receipt } = known;
  await give(page, 'receipt', 'receipt.json', paper({ ...receipt, source: { ...receipt.source, name: '' } }));
  await page.locator('#receipt [data-said]', { hasText: /^Of a picture without a name: / }).waitFor();
  await give(page, 'original', 'mountain.jpg', mountain);
  await outcome(page, 'Different', /Choose the one, with [\d.]+ kB and \d+ × \d+ pixels\./);
  await close();
});

test('a broken receipt is refused with its fault, and a good one works afterwards', async () => {
  const { page, close } = await view();
  const { receipt } = known;
  await give(page, 'original', 'photo.jpg', photo);
  for (const [bytes, sentence] of [
    [Buffer.from('{'), /is no receipt of Halver/],
    [paper([]), /is no receipt of Halver/],
    [paper({ ...receipt, version: 2 }), /of version 2, and this page reads version 1/],
    [paper({ ...receipt, half: { ...receipt.half, sha256: 'ab' } }), /damaged: “half\.sha256” is not a SHA-256/],
    [paper({ ...receipt, options: { ...receipt.options, blur: 3 } }), /damaged: “options\.blur” is not an option/],
    [paper({ ...receipt, made: 'yesterday' }), /damaged: “made” is not a time/],
    [paper({ ...receipt, source: null }), /damaged: “source\.name” is not a name/],
    [Buffer.alloc(100_000, 32), /is no receipt of Halver/],
  ]) {
    await give(page, 'receipt', 'receipt.json', bytes);
    await page.locator('#receipt[data-state="refused"]').waitFor();
    assert.match(await page.locator('#receipt [data-said]').innerText(), sentence);
    assert.match(await page.getByRole('status').innerText(), sentence);
    await told(page, 'Now the stored half, or a receipt');
  }
  await assertAccessible(page, 'broken receipt');
  await keep(page, 'verify-refused-desktop-light');
  await give(page, 'receipt', 'receipt.json', paper(receipt));
  await outcome(page, 'Identical');
  await close();
});

test('the outcome comes into view for whoever waits for it, and not while an option is changed', async () => {
  const { page, close } = await view(phone);
  const top = () => page.evaluate(() => scrollY);
  await give(page, 'original', 'photo.jpg', photo);
  await give(page, 'half', 'half.jpg', known.half);
  await outcome(page, 'Identical');
  await page.waitForFunction(() => scrollY > 0);
  await page.evaluate(() => scrollTo(0, 0));
  const format = page.getByRole('combobox', { name: 'Format' });
  await format.evaluate((select) => {
    select.value = 'png';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await outcome(page, 'Different');
  assert.equal(await top(), 0);
  await close();
});

test('an original that cannot be halved leaves it open', async () => {
  const { page, close } = await view();
  await give(page, 'half', 'half.jpg', known.half);
  await give(page, 'original', 'notes.png', Buffer.from('Milk, bread, eggs'));
  assert.match(await outcome(page, 'Cannot tell'), /“notes\.png” is not an image/);
  await close();
});

test('all three are dropped at once, anywhere, and the server is gone', async () => {
  const { page, close } = await view(desktop, (tab) => tab.route('**/config', (route) => route.abort()));
  await drop(page, [['half.jpg', known.half], ['photo.jpg', photo], ['photo-receipt.json', paper(known.receipt)]]);
  await outcome(page, 'Identical');
  await told(page, 'the receipt says so, too');
  await close();
});

test('of more than two pictures the two largest are compared, and the rest is said to be left out', async () => {
  const { page, close } = await view();
  const tiny = read('core/tests/corpus/badge.png');
  assert.ok(tiny.length < known.half.length);
  await drop(page, [['tiny.png', tiny], ['half.jpg', known.half], ['photo.jpg', photo]]);
  await outcome(page, 'Identical');
  assert.match(await page.locator('#half [data-said]').innerText(), /^half\.jpg, .+\. One original and one half are compared: “tiny\.png” was left out\.$/);
  await drop(page, [['half.jpg', known.half], ['photo.jpg', photo], ...[1, 2, 3, 4].map((number) => [`${number}.png`, tiny])]);
  await page.locator('#half [data-said]', { hasText: /: 4 more were left out\.$/ }).waitFor();
  await drop(page, [['half.jpg', known.half], ['photo.jpg', photo]]);
  await page.locator('#half [data-said]', { hasText: /^half\.jpg, [^.]+(\.\d+)? kB$/ }).waitFor();
  await close();
});

test('with the network gone after the first use, it goes on', async () => {
  const { page, close } = await view();
  await give(page, 'original', 'photo.jpg', photo);
  await give(page, 'half', 'half.jpg', known.half);
  await outcome(page, 'Identical');
  await page.context().setOffline(true);
  await give(page, 'half', 'half.jpg', mountain);
  await outcome(page, 'Different');
  await close();
});

test('the keyboard alone does all of it', async () => {
  const { page, close } = await view();
  await page.getByText('Those of the function behind this page.').waitFor();
  let answer = async () => {};
  page.on('filechooser', (chooser) => answer(chooser)); // Early: the browser takes a moment until it listens.
  const press = async (label, buffer) => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.id), label);
    if (buffer) {
      const file = { name: label, mimeType: 'application/octet-stream', buffer };
      const given = new Promise((resolve, reject) => {
        answer = (chooser) => chooser.setFiles(file).then(resolve, reject);
      });
      await page.keyboard.press('Enter');
      await given; // The next file must not go to this chooser.
    }
  };
  await press('Preview and upload');
  await press('Choose the original', photo);
  await press('Choose the half', known.half);
  await outcome(page, 'Identical');
  await press('Remove');
  await press('url');
  await page.keyboard.type(known.url);
  await press('Fetch');
  await page.keyboard.press('Enter');
  await page.getByText('Fetched:').waitFor();
  await outcome(page, 'Identical');
  await press('Choose the receipt', paper(known.receipt));
  await told(page, 'the receipt says so, too');
  await close();
});

/** Drops files onto the page as the system does. */
async function drop(page, files) {
  await page.evaluate((all) => {
    const data = new DataTransfer();
    for (const [name, base64] of all) {
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, files.map(([name, buffer]) => [name, buffer.toString('base64')]));
}

test('options that were chosen are said to be, and a server that answers late does not undo them', async () => {
  let release = () => {};
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const { page, close } = await view(desktop, (tab) => tab.route('**/config', (route) => held.then(() => route.continue())));
  await page.getByLabel('Quality').fill('40');
  await page.getByLabel('Quality').blur();
  assert.equal(await page.locator('#options-said').innerText(), 'As chosen here.');
  const answer = page.waitForResponse('**/config');
  release();
  await answer;
  await give(page, 'original', 'photo.jpg', photo);
  await give(page, 'half', 'half.jpg', known.half);
  await outcome(page, 'Different');
  assert.equal(await page.getByLabel('Quality').inputValue(), '40');
  assert.equal(await page.locator('#options-said').innerText(), 'As chosen here.');
  await close();
});

test('what is dropped on the receipt’s card goes to it, and a refused one leaves the options alone', async () => {
  const { page, close } = await view();
  await page.getByText('Those of the function behind this page.').waitFor();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(['Milk'], 'receipt.txt'));
    document.getElementById('receipt').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await page.locator('#receipt', { hasText: 'no receipt of Halver' }).waitFor();
  assert.equal(await page.locator('#original').getAttribute('data-state'), null);
  assert.equal(await page.locator('#options-said').innerText(), 'Those of the function behind this page.');
  await close();
});

test('an engine that does not load is said, and a half that cannot be read', async () => {
  const { page, close } = await view(desktop, (tab) => tab.route('**/halver/index.js', (route) => route.abort()));
  await give(page, 'original', 'photo.jpg', photo);
  await give(page, 'half', 'half.jpg', known.half);
  await outcome(page, 'Cannot tell', /The engine did not load/);
  await close();
  const other = await view();
  const session = await other.page.context().newCDPSession(other.page);
  await give(other.page, 'original', 'photo.jpg', photo);
  const { x, y } = await other.page.locator('#half-title').boundingBox();
  const data = { items: [], files: [fileURLToPath(new URL('.', import.meta.url))], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await session.send('Input.dispatchDragEvent', { type, x: x + 5, y: y + 5, data });
  }
  await other.page.locator('#half', { hasText: 'The stored half could not be read.' }).waitFor();
  await other.close();
});
