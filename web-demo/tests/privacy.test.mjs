/** What a file reveals, before and after, in plain words; a position only on demand. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, browser, chooseAndSee, desktop, keep, open, phone, read } from './browser.mjs';

after(() => browser.close());

const rows = (page) => page.evaluate(() => [...document.querySelectorAll('#reveals > div')].map((row) => [...row.children].map(({ innerText }) => innerText)));

for (const [device, options] of Object.entries({ desktop, phone })) {
  test(`a photograph tells where and by whom, its half nothing (${device})`, async () => {
    const { page, complaints, close } = await open(options);
    const requests = [];
    await chooseAndSee(page, 'mountain.jpg', read('samples/mountain.jpg'));
    page.on('request', (request) => requests.push(request.url()));
    const found = await rows(page);
    assert.deepEqual(found.map(([label]) => label), ['Where it was taken', 'Camera', 'Author', 'Copyright']);
    assert.ok(found.every(([, , fate]) => fate === 'gone'));
    assert.match(await page.locator('#reveals-after').innerText(), /^The half reveals none of it\./);
    assert.doesNotMatch(await page.locator('#reveals').innerText(), /°/, 'the position is not shown unasked');
    await page.getByText('a position: show it').click();
    assert.match(await page.locator('#reveals').innerText(), /\d+\.\d{6}° [NS], \d+\.\d{6}° [EW]/);
    assert.deepEqual(requests, [], 'no map is asked for');
    await assertAccessible(page, 'position shown');
    await keep(page, `privacy-${device}`);
    assert.deepEqual(complaints, []);
    await close();
  });
}

test('a picture that reveals nothing is said to', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'badge.png', read('core/tests/corpus/badge.png'));
  assert.equal(await page.locator('#reveals-none').innerText(), 'Nothing but the picture itself.');
  assert.equal(await page.locator('#reveals-after').innerText(), 'The half reveals nothing either.');
  await close();
});

test('everything that a file may reveal has its plain words, and what stays is said', async () => {
  const { page, close } = await open();
  await chooseAndSee(page, 'badge.png', read('core/tests/corpus/badge.png'));
  const all = {
    position: { latitude: -33_856_784, longitude: 151_215_296, altitude: -2500 }, taken: '2024-05-01 10:11:12', zone: '+02:00',
    make: 'Nikon', model: 'NIKON D750', lens: '24-120 mm', serial: '6012345', owner: 'Jane', artist: 'Joe', copyright: 'J.',
    software: 'V1', description: 'Home', host: 'joes-mac', thumbnail: 8123, xmp: 2000, iptc: 300, comments: ['one', 'two'], maker: 4096,
    application: 12, trailing: 3_000_000,
  };
  await page.evaluate(async (reveals) => (await import('/privacy.js')).showPrivacy(reveals, { copyright: 'J.' }), all);
  const found = Object.fromEntries((await rows(page)).map(([label, ...cells]) => [label, cells]));
  assert.deepEqual(Object.keys(found), [
    'Where it was taken', 'When', 'Camera', 'Lens', 'Serial number', 'Owner', 'Author', 'Copyright', 'Computer', 'Software', 'Description',
    'Comments', 'Thumbnail', 'XMP', 'IPTC', 'Maker notes', 'Programs’ data', 'Behind the picture',
  ]);
  assert.deepEqual(found.When, ['1 May 2024, 10:11:12 (UTC+02:00)', 'gone']);
  assert.deepEqual(found.Camera, ['NIKON D750', 'gone']);
  assert.deepEqual(found.Comments, ['“one”, “two”', 'gone']);
  assert.deepEqual(found.Copyright, ['J.', 'stays']);
  assert.equal(await page.locator('#reveals details p').textContent(), '33.856784° S, 151.215296° E, 3 m below the sea');
  assert.equal(await page.locator('#reveals-after').innerText(), 'The half still reveals: copyright (J.).');
  await page.evaluate(async (reveals) => (await import('/privacy.js')).showPrivacy(reveals, null), { copyright: 'J.' });
  assert.deepEqual(await rows(page), [['Copyright', 'J.', 'not known']], 'a half that could not be read is not called clean');
  assert.match(await page.locator('#reveals-after').innerText(), /could not be read/);
  assert.equal(await page.locator('#reveals-after').getAttribute('data-clean'), 'false');
  await page.evaluate(async () => (await import('/privacy.js')).showPrivacy(undefined, undefined));
  assert.match(await page.locator('#reveals-none').innerText(), /does not tell/);
  await close();
});
