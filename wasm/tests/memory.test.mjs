/** What 48 megapixels cost: WebAssembly memory at its peak, which is the same on every machine. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { builds, read } from './builds.mjs';

const FLOOR = 48 << 20; // bytes, source and half included
const AIM = 8 << 20; // bytes beyond source and half
const [WIDTH, HEIGHT] = [8064, 6048];

/** Coefficients in each luma block beside DC: so many make the file as large as a camera's. */
const BUSY = 52;

for (const { name, core } of builds) {
  test(`a baseline JPEG of 48 megapixels takes ${FLOOR >> 20} MiB at most, and ${AIM >> 20} MiB beyond source and half (${name})`, (context) => {
    const source = camera();
    const half = core.halve(source);
    assert.deepEqual([half.width, half.height], [WIDTH / 2, HEIGHT / 2]);
    const peak = core.memoryBytes();
    context.diagnostic(`${name}: ${peak} bytes of memory, ${source.length} of source, ${half.bytes.length} of half`);
    assert.ok(peak <= FLOOR, `${peak} bytes`);
    assert.ok(peak - source.length - half.bytes.length <= AIM, `${peak} bytes, ${source.length} of source, ${half.bytes.length} of half`);
  });
}

/**
 * A photograph's header and tables (the Huffman tables are those of T.81, K.3) before a scan of one MCU many times: 4:2:0,
 * all luma blocks alike with `BUSY` coefficients of ±1, chroma grey.
 */
function camera() {
  const photo = read('core/tests/corpus/photo-420.jpg');
  const frame = photo.indexOf(Buffer.from([0xff, 0xc0]));
  const scan = photo.indexOf(Buffer.from([0xff, 0xda]));
  const head = Buffer.from(photo.subarray(0, scan + 2 + photo.readUInt16BE(scan + 2)));
  head.writeUInt16BE(HEIGHT, frame + 5);
  head.writeUInt16BE(WIDTH, frame + 7);
  const one = Array.from({ length: BUSY }, (_, at) => `00${(at * 7) % 3 === 0 ? 1 : 0}`).join(''); // Run 0, size 1, and the sign.
  const luma = `00${one}1010`; // DC as before, the coefficients, end of block.
  const bits = luma.repeat(4) + '0000'.repeat(2);
  assert.equal(bits.length % 8, 0);
  const unit = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const units = (WIDTH / 16) * (HEIGHT / 16);
  return Buffer.concat([head, Buffer.alloc(units * unit.length, unit), Buffer.from([0xff, 0xd9])]);
}
