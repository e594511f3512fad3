// The name of a colour profile, from halves of each format that holds one, in both versions of ICC.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { profileName } from '../profile.js';

const number = (value) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
const utf16 = (text) => Buffer.from(text, 'utf16le').swap16();

/** A profile of one tag. */
const profile = (desc) => Buffer.concat([Buffer.alloc(128), number(1), Buffer.from('desc'), number(144), number(desc.length), desc]);
const second = profile(Buffer.concat([Buffer.from('desc\0\0\0\0'), number(11), Buffer.from('Display P3\0 and what is behind')]));
const fourth = profile(Buffer.concat([Buffer.from('mluc\0\0\0\0'), number(1), number(12), Buffer.from('enUS'), number(20), number(28), utf16('Display P3')]));

const chunk = (name, bytes) => Buffer.concat([number(bytes.length), Buffer.from(name), bytes, number(0)]);
const files = {
  jpeg: (icc) => {
    const body = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), icc]);
    return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xe2, (body.length + 2) >> 8, (body.length + 2) & 255]), body, Buffer.from([0xff, 0xda])]);
  },
  png: (icc) => Buffer.concat([Buffer.alloc(8), chunk('IHDR', Buffer.alloc(13)), chunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), deflateSync(icc)]))]),
  webp: (icc) => Buffer.concat([Buffer.alloc(12), Buffer.from('VP8X'), number(0), Buffer.from('ICCP'), number(icc.length).reverse(), icc]),
};

test('the name is found', async () => {
  for (const [format, wrap] of Object.entries(files)) {
    for (const [version, icc] of Object.entries({ second, fourth })) {
      assert.equal(await profileName(new Uint8Array(wrap(icc)), format), 'Display P3', `${format}, ${version}`);
    }
  }
});

test('without one, or with a broken one, there is none', async () => {
  for (const [format, wrap] of Object.entries(files)) {
    for (const icc of [Buffer.alloc(0), Buffer.alloc(131, 255), second.subarray(0, 150)]) {
      assert.equal(await profileName(new Uint8Array(wrap(icc)), format), null, `${format}, ${icc.length} bytes`);
    }
  }
  assert.equal(await profileName(new Uint8Array(4), 'gif'), null);
});
