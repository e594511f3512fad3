/** Uploads in trouble: what passes is sat out, what does not is said with what to do, and nothing is sent twice. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { assertAccessible, browser, chooseAndSee, desktop, keep, open, phone, read, seen } from './browser.mjs';
import { openLine } from './line.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');
const mountain = read('samples/mountain.jpg');
const crossOrigin = { 'access-control-allow-origin': '*' };

after(() => browser.close());

const verdict = (page, title) => page.locator('.verdict').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
const said = (page, text) => page.locator('.verdict', { hasText: text });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const step = (page, name) => page.locator('.steps [aria-current="step"]', { hasText: name });

/**
 * Opens the page with short pauses between tries, picks a picture and presses Upload. `requests` counts what was asked.
 *
 * @param {object} [trouble]
 * @param {(route: import('playwright-core').Route, turn: number) => unknown} [trouble.put] the turn counts from 1
 * @param {(route: import('playwright-core').Route, turn: number) => unknown} [trouble.ask]
 * @param {(route: import('playwright-core').Route, turn: number) => unknown} [trouble.status]
 * @param {(route: import('playwright-core').Route, turn: number) => unknown} [trouble.get]
 */
async function upload({ put, ask, status, get, options = desktop, prepare = async () => {}, picture = photo } = {}) {
  const requests = { put: 0, ask: 0, status: 0, get: 0 };
  const meet = (kind, method, trouble) => (route) => {
    if (route.request().method() !== method) {
      return route.fallback();
    }
    requests[kind] += 1;
    return trouble ? trouble(route, requests[kind]) : route.continue();
  };
  const opened = await open(options, async (page) => {
    await page.addInitScript(() => {
      Math.random = () => 0.2;
    });
    await page.route(/\/sample\/uploads\//, meet('put', 'PUT', put));
    await page.route('**/uploads', meet('ask', 'POST', ask));
    await page.route('**/status/*', meet('status', 'GET', status));
    await page.route(/\/sample-resized\//, meet('get', 'GET', get));
    await prepare(page);
  });
  const { page } = opened;
  await chooseAndSee(page, 'photo.jpg', picture);
  await record(page);
  await button(page, 'Upload').click();
  return { ...opened, requests };
}

/** Notes all that the live region says, for what passes too quickly to be caught in the act. */
function record(page) {
  return page.evaluate(() => {
    window.spoken = [];
    const region = document.getElementById('status');
    new MutationObserver(() => window.spoken.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
  });
}
const spoken = (page) => page.evaluate(() => window.spoken);

const failing = (status, headers = {}) => (route) => route.fulfill({ status, headers: { ...crossOrigin, ...headers } });
const until = (turn, trouble) => (route, now) => (now < turn ? trouble(route) : route.continue());

test('a store in trouble is tried again, and each pause is told', async () => {
  const { page, requests, close } = await upload({ put: until(3, failing(503)) });
  await verdict(page, 'Identical').waitFor();
  assert.deepEqual([requests.put, requests.ask], [3, 1], 'puts and permissions');
  const told = await spoken(page);
  assert.deepEqual(told.filter((line) => line.startsWith('That did not')), [
    'That did not get through. Second try in 1 s, of 4 in all.',
    'That did not get through. Third try in 1 s, of 4 in all.',
  ]);
  assert.match(told.at(-1), /^Identical\. S3 holds/);
  await close();
});

test('on a phone, an upload in trouble says so beside its button, and nothing moves', async () => {
  const { page, requests, close } = await upload({ options: phone, ask: until(3, failing(503, { 'retry-after': '2' })) });
  const note = page.locator('.delivery-note');
  await page.evaluate(() => {
    window.shifts = [];
    const describe = ({ value, sources }) => `${value} ${sources.map(({ node }) => node?.id || node?.textContent)}`;
    new PerformanceObserver((entries) => window.shifts.push(...entries.getEntries().map(describe))).observe({ type: 'layout-shift' });
  });
  for (const words of [/^Second try in [12] s$/, /^Third try in [12] s$/]) {
    await note.filter({ hasText: words }).waitFor();
    const { y, height } = await note.boundingBox();
    assert.ok(y > 0 && y + height < phone.viewport.height, `at ${y}`);
  }
  await page.context().setOffline(true);
  await note.filter({ hasText: /^Offline$/ }).waitFor();
  await assertAccessible(page, 'offline, on a phone');
  await page.context().setOffline(false);
  await verdict(page, 'Identical').waitFor();
  assert.equal(await note.isVisible(), false);
  assert.equal(requests.put, 1);
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  await close();
});

test('the verdict comes into view for whoever waits for it, and moves the page under nobody', async () => {
  for (const [name, act, moves] of [
    ['nothing', () => {}, true],
    ['a drag on the picture', async (page) => {
      const { x, y, width } = await page.locator('#compare').boundingBox();
      await page.mouse.move(x + width / 4, y + 40);
      await page.mouse.down();
      await page.mouse.move(x + width / 3, y + 40);
      await page.mouse.up();
    }, false],
    ['a key', (page) => page.locator('#compare').press('1'), false],
    ['the wheel', (page) => page.mouse.wheel(0, 40), false],
  ]) {
    let waiting = true;
    const { page, close } = await upload({ status: (route) => (waiting ? route.fulfill({ json: { state: 'waiting' } }) : route.continue()) });
    await step(page, 'Halving').waitFor();
    await act(page);
    await page.waitForTimeout(100); // Until the wheel has turned the page.
    const before = await page.evaluate(() => scrollY);
    waiting = false;
    await verdict(page, 'Identical').waitFor();
    await page.waitForTimeout(100);
    assert.equal((await page.evaluate(() => scrollY)) !== before, moves, name);
    await close();
  }
});

test('four tries are all, and what is left over by them is not asked for again', async () => {
  let up = false;
  const { page, requests, close } = await upload({ put: (route) => (up ? route.continue() : failing(503)(route)) });
  assert.match(await verdict(page, 'Failed').innerText(), /The storage is in trouble: it answered with status 503\..+Code: storage-503/s);
  assert.equal(requests.put, 4);
  await assertAccessible(page, 'failed');
  up = true;
  await button(page, 'Upload again').click();
  await verdict(page, 'Identical').waitFor();
  assert.deepEqual([requests.put, requests.ask], [5, 1], 'the permission was still good');
  await close();
});

test('every failure that may pass is tried again, and no other', async () => {
  for (const [name, failure, puts] of [
    ['408', failing(408), 2],
    ['409', failing(409), 2],
    ['425', failing(425), 2],
    ['429', failing(429), 2],
    ['500', failing(500), 2],
    ['reset', (route) => route.abort('connectionreset'), 2],
    ['S3’s RequestTimeout', (route) => route.fulfill({ status: 400, headers: crossOrigin, body: '<Error><Code>RequestTimeout</Code></Error>' }), 2],
    ['404', failing(404), 1],
    ['400', failing(400), 1],
  ]) {
    const { page, requests, close } = await upload({ put: until(2, failure) });
    await verdict(page, puts === 2 ? 'Identical' : 'Failed').waitFor();
    assert.equal(requests.put, puts, name);
    await close();
  }
});

test('Retry-After is waited for, within reason', async () => {
  const { page, requests, close } = await upload({
    prepare: (tab) => tab.clock.install(),
    ask: until(2, failing(503, { 'retry-after': '20' })),
  });
  await said(page, /Second try in (20|19) s/).waitFor();
  await page.clock.fastForward(18_000);
  await said(page, /Second try in [12] s/).waitFor();
  assert.equal(requests.ask, 1);
  await page.clock.fastForward(3000);
  await verdict(page, 'Identical').waitFor();
  await close();

  const long = await upload({ ask: failing(503, { 'retry-after': '3600' }) });
  assert.match(await verdict(long.page, 'Failed').innerText(), /left alone for 3600 seconds.+Code: status-503/s);
  assert.equal(long.requests.ask, 1);
  await long.close();
});

test('an upload that no longer moves is given up and tried again', async () => {
  const { page, requests, close } = await upload({
    prepare: (tab) => tab.clock.install(),
    put: (route, turn) => turn > 1 && route.continue(), // The first is never answered.
  });
  await step(page, 'Uploading').waitFor();
  while (requests.put === 0) {
    await page.waitForTimeout(50);
  }
  await page.clock.fastForward(31_000);
  await said(page, 'Second try in').waitFor();
  await page.clock.fastForward(1000);
  await verdict(page, 'Identical').waitFor();
  assert.equal(requests.put, 2);
  await close();
});

test('the network goes away in mid-upload and comes back, without a try being burnt', async () => {
  const { page, requests, lose, find, close } = await slowly();
  await lose();
  await said(page, 'This device is offline.').waitFor();
  assert.match(await page.getByRole('status').innerText(), /^This device is offline\. It goes on by itself/);
  assert.equal(await step(page, 'Uploading').count(), 1);
  await assertAccessible(page, 'offline');
  await keep(page, 'upload-offline-desktop-light');
  const { put } = requests;
  await page.waitForTimeout(3000); // Longer than any pause would be.
  assert.equal(requests.put, put, 'nothing is tried while the device is offline');
  await find();
  await verdict(page, 'Identical').waitFor();
  assert.deepEqual((await spoken(page)).filter((line) => /try in/.test(line)), []);
  assert.equal(requests.ask, 1);
  await close();
});

test('the network goes away while the half is awaited, and comes back', async () => {
  const { page, requests, close } = await upload({ status: (route, turn) => (turn < 3 ? route.fulfill({ json: { state: 'waiting' } }) : route.continue()) });
  await step(page, 'Halving').waitFor();
  await page.context().setOffline(true);
  await said(page, 'This device is offline.').waitFor();
  await page.context().setOffline(false);
  await verdict(page, 'Identical').waitFor();
  assert.equal(requests.put, 1);
  await close();
});

test('an upload whose answer was lost is found to have arrived', async () => {
  const answers = [];
  const { page, requests, close } = await upload({
    put: async (route, turn) => {
      const answer = await route.fetch({ postData: photo });
      answers.push(answer.status());
      await (turn === 1 ? route.abort('connectionreset') : route.fulfill({ response: answer }));
    },
  });
  await verdict(page, 'Identical').waitFor();
  assert.deepEqual(answers, [200, 412]);
  assert.equal(requests.ask, 1);
  await close();
});

test('a refused permission is replaced once, then it is said', async () => {
  const tampered = (route) => route.continue({ headers: { ...route.request().headers(), 'content-type': 'image/png' } });
  const once = await upload({ put: until(2, tampered) });
  await verdict(once.page, 'Identical').waitFor();
  assert.deepEqual([once.requests.put, once.requests.ask], [2, 2], 'puts and permissions');
  await once.close();

  const { page, requests, close } = await upload({ put: tampered });
  assert.match(await verdict(page, 'Failed').innerText(), /a fresh permission as well.+SignatureDoesNotMatch.+Code: permission-refused/s);
  assert.deepEqual([requests.put, requests.ask], [2, 2], 'puts and permissions');
  await close();
});

test('other bytes than were signed are refused by the store, and that is said', async () => {
  const changed = Buffer.from(photo);
  changed[changed.length >> 1] ^= 1;
  const { page, requests, close } = await upload({ put: (route) => route.continue({ postData: changed }) });
  assert.match(await verdict(page, 'Failed').innerText(), /other bytes arrived than the preview was made of.+BadDigest.+Code: bytes-refused/s);
  assert.equal(requests.put, 1, 'the same bytes would be refused again');
  assert.equal(requests.status, 0);
  await close();

  const cut = await upload({ put: (route) => route.continue({ postData: photo.subarray(1) }) });
  assert.match(await verdict(cut.page, 'Failed').innerText(), /something changes requests on their way.+Code: permission-refused/s);
  await cut.close();
});

for (const [when, ago] of [['a minute', 60], ['a moment', 0]]) {
  test(`a file that was changed ${when} after it was chosen is not uploaded`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'halver-page-'));
    const file = join(folder, 'photo.jpg');
    const now = Math.floor(Date.now() / 1000);
    writeFileSync(file, photo);
    utimesSync(file, now - ago, now - ago);
    const { page, close } = await open();
    await page.setInputFiles('#file', file);
    await seen(page, 'photo.jpg');
    writeFileSync(file, mountain);
    utimesSync(file, now, now); // Chromium goes by the second, and sees nothing where it is the same.
    await button(page, 'Upload').click();
    assert.match(await verdict(page, 'Failed').innerText(), /changed or moved after it was chosen.+Choose it again\..+Code: file-changed/s);
    await close();
    rmSync(folder, { recursive: true });
  });
}

test('a permission is renewed rather than used when its time is over', async () => {
  let up = false;
  const { page, requests, close } = await upload({
    prepare: (tab) => tab.clock.install(),
    put: (route) => (up ? route.continue() : failing(404)(route)),
    ask: (route, turn) => (turn === 2 ? failing(503)(route) : route.continue()),
  });
  await verdict(page, 'Failed').waitFor();
  await page.clock.fastForward(13 * 60_000);
  await button(page, 'Upload again').click();
  await page.waitForFunction(() => window.spoken.filter((line) => line.startsWith('Failed')).length === 2);
  assert.equal(requests.ask, 1, 'after 13 of 15 minutes it is good');
  await page.clock.fastForward(60_000);
  up = true;
  await button(page, 'Upload again').click();
  await said(page, 'Second try in').waitFor();
  await page.clock.fastForward(1000);
  await verdict(page, 'Identical').waitFor();
  assert.equal(requests.ask, 3, 'after 14 of 15 minutes it is renewed, at the second try where the first fails');
  await close();
});

test('cancel in mid-upload ends it at once, and keeps the keyboard’s place', async () => {
  const { page, complaints, close } = await slowly();
  const gone = page.waitForEvent('requestfailed', (request) => request.method() === 'PUT');
  assert.equal(await focused(page), 'Cancel');
  await page.keyboard.press('Enter');
  await gone;
  assert.match(await verdict(page, 'Cancelled').innerText(), /ended on its way/);
  assert.equal(await focused(page), 'Upload again');
  assert.match(await page.getByRole('status').innerText(), /^Cancelled\./);
  await assertAccessible(page, 'cancelled');
  await keep(page, 'upload-cancelled-desktop-light');
  assert.deepEqual(complaints, []);
  await close();
});

test('cancel while the half is awaited ends the asking, and looking again sends nothing twice', async () => {
  let waiting = true;
  const { page, requests, close } = await upload({ status: (route) => (waiting ? route.fulfill({ json: { state: 'waiting' } }) : route.continue()) });
  await step(page, 'Halving').waitFor();
  await button(page, 'Cancel').click();
  assert.match(await verdict(page, 'Cancelled').innerText(), /had arrived, and stays in the bucket as sample\/uploads\//);
  const { status } = requests;
  await page.waitForTimeout(2500); // Longer than any distance between two questions.
  assert.equal(requests.status, status);
  waiting = false;
  await button(page, 'Look again').click();
  await verdict(page, 'Identical').waitFor();
  assert.deepEqual([requests.put, requests.ask], [1, 1], 'puts and permissions');
  await close();
});

test('cancel during a pause ends it at once', async () => {
  const { page, requests, close } = await upload({ ask: failing(503, { 'retry-after': '25' }) });
  await said(page, 'Second try in').waitFor();
  await button(page, 'Cancel').click();
  await verdict(page, 'Cancelled').waitFor();
  assert.equal(requests.ask, 1);
  await close();
});

test('a key that is held down presses the button once', async () => {
  const { page, requests, close } = await upload({ status: (route) => route.fulfill({ json: { state: 'waiting' } }) });
  await step(page, 'Halving').waitFor();
  await page.keyboard.down('Enter');
  await page.keyboard.down('Enter'); // As the system repeats it.
  await page.keyboard.up('Enter');
  await verdict(page, 'Cancelled').waitFor();
  assert.equal(requests.put, 1);
  await button(page, 'Look again').dblclick();
  await step(page, 'Halving').waitFor();
  assert.equal(await button(page, 'Cancel').count(), 1, 'the second click of a double click does not cancel');
  await close();
});

test('a server in trouble is asked on for the half', async () => {
  const { page, requests, close } = await upload({ status: until(4, failing(503)) });
  await verdict(page, 'Identical').waitFor();
  assert.ok(requests.status >= 4, `${requests.status}`);
  assert.equal(requests.put, 1);
  await close();
});

test('patience ends with what to do, and nothing is sent twice', async () => {
  let waiting = true;
  const { page, requests, close } = await upload({
    prepare: (tab) => tab.clock.install(),
    status: (route) => (waiting ? route.fulfill({ json: { state: 'waiting' } }) : route.continue()),
  });
  await step(page, 'Halving').waitFor();
  while (!(await verdict(page, 'Failed').isVisible())) {
    const { status } = requests;
    await page.clock.fastForward(2000);
    // Not on before the question is answered that this brought about.
    for (let moment = 0; moment < 50 && requests.status === status; moment += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await page.evaluate(() => 0);
  }
  assert.match(await verdict(page, 'Failed').innerText(), /no half of it after 60 seconds.+look again.+Code: no-half/s);
  assert.ok(requests.status >= 30, `asked ${requests.status} times`);
  waiting = false;
  await button(page, 'Look again').click();
  await verdict(page, 'Identical').waitFor();
  assert.equal(requests.put, 1);
  await close();
});

test('an address of the half that has ended is asked for again', async () => {
  const { page, requests, close } = await upload({ get: until(2, failing(403)) });
  await verdict(page, 'Identical').waitFor();
  assert.equal(requests.get, 2);
  await close();
});

for (const [device, options] of Object.entries({ desktop, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`a pause and a stored half with other bytes, with hashes and versions of both (${device}, ${colorScheme})`, async () => {
      const look = `${device}-${colorScheme}`;
      const { page, close } = await upload({
        options: { ...options, colorScheme },
        ask: until(2, failing(503, { 'retry-after': '4' })),
        get: async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: Buffer.concat([await response.body(), Buffer.from([0])]) });
        },
      });
      await said(page, 'Second try in').waitFor();
      await assertAccessible(page, 'pause');
      await keep(page, `upload-pause-${look}`);
      const text = await verdict(page, 'Different').innerText();
      const [, preview, stored] = text.match(/Preview\s+([0-9a-f]{64})\s+recipe\s[0-9a-f]{16}\s·\soutput\sversion\s\d+\s+Stored\s+([0-9a-f]{64})\s+recipe\s[0-9a-f]{16}\s·\soutput\sversion\s\d+/) ?? assert.fail(text);
      assert.equal(preview, await page.locator('#sha256').innerText());
      assert.notEqual(stored, preview);
      assert.match(text, /Both say that they did the same, so this is a fault.+report it, with the receipt/s);
      await assertAccessible(page, 'different');
      await keep(page, `upload-different-${look}`);
      await close();
    });
  }
}

test('why they differ is told from recipe and version', async () => {
  for (const [change, before, sentence] of [
    [{ recipe: '0123456789abcdef' }, /will not be this one.+other options/, /works with other options/],
    [{ recipe: '0123456789abcdef', outputVersion: 99 }, /will not be this one.+output version 99/, /engine is of output version 99, this page’s of \d+\. Reload/],
  ]) {
    const { page, close } = await upload({
      prepare: (tab) => tab.route('**/config', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), ...change } });
      }),
      status: async (route) => {
        const response = await route.fetch();
        const status = await response.json();
        await route.fulfill({ response, json: status.state === 'halved' ? { ...status, recipe: change.recipe } : status });
      },
      get: (route, turn) => (turn > 0 ? route.fulfill({ headers: crossOrigin, body: 'another half' }) : route.continue()),
    });
    assert.match(await verdict(page, 'Different').innerText(), sentence);
    await chooseAndSee(page, 'again.jpg', photo);
    assert.match(await page.locator('.verdict').innerText(), before);
    await close();
  }
});

test('what the server and the function refuse is passed on', async () => {
  const problem = { title: 'Content Too Large', detail: 'length is 5, at most 4 bytes are taken', status: 413 };
  const failed = { state: 'failed', code: 'too-large', message: 'too large: 9 pixels needed, 4 allowed' };
  const refusal = (status) => ({ ask: (route) => route.fulfill({ status, json: { title: 'No', status } }) });
  for (const [trouble, sentence] of [
    [{ ask: (route) => route.fulfill({ status: 413, json: problem }) }, /The server refused: length is 5, at most 4 bytes are taken\. Choose a smaller file\..+Code: status-413/s],
    [refusal(415), /The server refused: No\. Save the picture as JPEG, PNG, WebP or GIF.+Code: status-415/s],
    [refusal(400), /The server refused: No\. Page and function may be of different versions: reload/],
    [refusal(422), /The server refused: No\. The same again would be refused again; whoever runs the function/],
    [{ put: failing(404) }, /The storage refused: it answered with status 404\. The same again would be refused again/],
    [{ ask: (route) => route.fulfill({ status: 201, body: '<html>' }) }, /answer was not understood.+Code: not-understood/s],
    [{ status: (route) => route.fulfill({ json: failed }) }, /could not halve it: too large: 9 pixels needed, 4 allowed\. Choose a smaller one\. What you sent stays.+Code: too-large/s],
    [{ status: (route) => route.fulfill({ json: { ...failed, code: 'defect', message: 'a defect' } }) }, /a defect\. The same again would fail again; whoever runs/],
  ]) {
    const { page, close } = await upload(trouble);
    assert.match(await verdict(page, 'Failed').innerText(), sentence);
    assert.equal(await button(page, 'Upload again').count(), 1);
    await close();
  }
});

test('an upload goes on while another picture is looked at', async () => {
  let waiting = true;
  const { page, requests, complaints, close } = await upload({ status: (route) => (waiting ? route.fulfill({ json: { state: 'waiting' } }) : route.continue()) });
  await step(page, 'Halving').waitFor();
  await chooseAndSee(page, 'second.jpg', photo);
  assert.equal(await button(page, 'Upload').getAttribute('aria-disabled'), 'false');
  assert.equal(await page.locator('.steps [aria-current]').count(), 0);
  const first = page.locator('#pictures li').first();
  await first.locator('.item-delivery', { hasText: 'Halving' }).waitFor();
  waiting = false;
  await first.locator('.item-delivery', { hasText: 'Identical' }).waitFor();
  assert.equal(requests.put, 1);
  assert.deepEqual(complaints, []);
  await close();
});

test('the link to the half is good for longer than its address', async () => {
  let down = false;
  const { page, requests, close } = await upload({
    prepare: (tab) => tab.clock.install(),
    status: (route) => (down ? route.abort() : route.continue()),
  });
  await verdict(page, 'Identical').waitFor();
  const link = page.getByRole('link', { name: 'Open the half' });
  const follow = async () => {
    const [other] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    await other.close();
  };
  const { status } = requests;
  await follow();
  assert.equal(requests.status, status, 'a young address is good');
  await page.clock.fastForward(14 * 60_000);
  down = true;
  await link.click();
  await page.getByRole('link', { name: 'Open the half: try again' }).waitFor();
  assert.match(await page.getByRole('status').innerText(), /^Its address has ended/);
  down = false;
  await follow();
  assert.equal(requests.status, status + 2, 'an old one is asked for again');
  assert.equal(await link.innerText(), 'Open the half');
  await close();
});

test('without a server behind the page, the preview works and Upload says why it does not', async () => {
  const { page, close } = await open(desktop, (tab) => tab.route('**/config', (route) => route.fulfill({ status: 404 })));
  await chooseAndSee(page, 'photo.jpg', photo);
  assert.equal(await button(page, 'Upload').getAttribute('aria-disabled'), 'true');
  assert.match(await page.locator('.verdict').innerText(), /^Uploading is off, because no Halver server answers.+cargo xtask demo/);
  assert.equal(await page.getByRole('link', { name: 'Receipt' }).count(), 1);
  await assertAccessible(page, 'preview only');
  await close();
});

test('reduced motion stops every animation', async () => {
  for (const [reducedMotion, still] of [['reduce', true], ['no-preference', false]]) {
    const { page, close } = await upload({ options: { ...desktop, reducedMotion }, status: (route) => route.fulfill({ json: { state: 'waiting' } }) });
    await step(page, 'Halving').waitFor();
    assert.equal(await page.evaluate(() => document.getAnimations().length === 0), still, reducedMotion);
    await close();
  }
});

/**
 * An upload of a large picture over a slow line, in its middle. `lose` cuts the line and says that the device is offline,
 * `find` brings it back, quick as ever.
 */
async function slowly() {
  const line = await openLine();
  let session;
  const network = (conditions) => session.send('Network.emulateNetworkConditions', {
    offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1, ...conditions,
  });
  const opened = await upload({
    picture: mountain,
    options: { ...desktop, proxy: { server: line.server } },
    prepare: async (tab) => {
      session = await tab.context().newCDPSession(tab);
      await network({ uploadThroughput: 200_000 });
    },
  });
  await said(opened.page, /Uploading … [1-9]\d?\s%/).waitFor();
  return {
    ...opened,
    lose: async () => {
      await network({ offline: true, uploadThroughput: 200_000 });
      line.cut();
    },
    find: () => network({}),
    close: async () => {
      await opened.close();
      line.close();
    },
  };
}

function focused(page) {
  return page.evaluate(() => document.activeElement?.textContent?.trim());
}
