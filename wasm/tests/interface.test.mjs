/** What `halver/core` shows: the half, the probe, the estimate, the options, the errors, and how much memory it costs. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';

import { builds, read } from './builds.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');
const huge = read('core/tests/corpus/huge-header.jpg');
const tooLarge = { code: 'too-large', limit: 'pixels', needed: 65535 ** 2, allowed: 100_000_000 };

for (const { name, core } of builds) {
  describe(name, () => {
    it('tells what was made of what', () => {
      const { bytes, source, ...half } = core.halve(photo, { quality: 70, format: 'png' });
      assert.deepEqual(source, core.probe(photo));
      assert.deepEqual([half.width, half.height], [Math.ceil(source.width / 2), Math.ceil(source.height / 2)]);
      assert.deepEqual([half.format, half.type], ['png', 'image/png']);
      assert.deepEqual([core.probe(bytes).width, core.probe(bytes).height], [half.width, half.height]);
      assert.equal(half.recipe, core.recipe({ format: 'png', quality: 70 }));
      assert.ok(Array.isArray(half.decisions));
    });

    it('gives bytes of their own, which can be handed over', () => {
      const { bytes } = core.halve(photo);
      assert.deepEqual([bytes.byteOffset, bytes.buffer.byteLength], [0, bytes.length]);
    });

    it('lists decisions by code', () => {
      const { decisions } = core.halve(read('core/tests/corpus/orientation-6.jpg'));
      assert.deepEqual(decisions[0], { code: 'rotated', orientation: 6 });
    });

    it('probes without decoding, and estimates from the head', () => {
      const { format, width, height } = core.probe(huge);
      assert.deepEqual([format, width, height], ['jpeg', 65535, 65535]);
      const estimate = core.estimate(photo.subarray(0, 4096), photo.length);
      assert.deepEqual([estimate.format, estimate.width, estimate.height], ['jpeg', 161, 121]);
      assert.ok(estimate.memory_bytes > 10_000, `${estimate.memory_bytes}`);
      assert.equal(core.estimate(photo.subarray(0, 30), photo.length), null);
      assert.throws(() => core.estimate(huge, 10_000_000), { code: 'too-large', details: tooLarge });
    });

    it('tells what a file reveals, and that its half reveals nothing', () => {
      const source = read('core/tests/corpus/private.jpg');
      const position = { latitude: 47_500_000, longitude: 11_100_000 };
      const reveals = { make: 'Halver', position, comments: ['taken at home'] };
      const half = core.halve(source);
      assert.deepEqual([core.probe(source).reveals, half.source.reveals], [reveals, reveals]);
      assert.deepEqual([core.probe(half.bytes).reveals, half.reveals], [{}, {}]);
    });

    it('fills options up with the defaults', () => {
      const all = core.allOptions({ quality: 70 });
      assert.deepEqual([all.quality, all.limits.pixels], [70, 100_000_000]);
      assert.equal(core.recipe(), core.recipe({}));
      assert.notEqual(core.recipe(), core.recipe({ quality: 70 }));
    });

    it('throws errors with name, code, message and details', () => {
      assert.throws(() => core.halve(read('core/tests/corpus/text.jpg')), {
        name: 'HalverError', code: 'not-an-image', message: /JPEG, PNG, WebP or GIF/,
      });
      assert.throws(() => core.probe(Buffer.from('\0\0\0\x18ftypheic', 'latin1')), {
        name: 'HalverError', code: 'unsupported-format', details: { code: 'unsupported-format', name: 'HEIC' },
      });
      for (const call of ['recipe', 'allOptions']) {
        assert.throws(() => core[call]({ qualty: 80 }), { name: 'HalverError', code: 'bad-options', message: /qualty/ });
      }
      assert.throws(() => core.halve(photo, { quality: 101 }), { code: 'bad-options', message: /101 is not in 1 to 100/ });
    });

    it('takes a caller’s mistake for no crash', () => {
      const circle = {};
      circle.limits = circle;
      for (const options of [{ quality: 80n }, circle]) {
        assert.throws(() => core.halve(photo, options), { name: 'HalverError', code: 'bad-options' });
      }
      for (const none of [undefined, 'photo.jpg', photo.buffer]) {
        assert.throws(() => core.halve(none), TypeError, `${none}`);
      }
      assert.equal(core.probe(photo).width, 161);
    });

    it('refuses a huge header with the numbers, before it takes memory', () => {
      const before = core.memoryBytes();
      assert.throws(() => core.halve(huge), { code: 'too-large', details: tooLarge });
      assert.ok(core.memoryBytes() - before < 1 << 20, `${core.memoryBytes()} bytes after ${before}`);
    });

    it('gives memory back: twenty halves take no more than two', () => {
      core.halve(photo);
      core.halve(photo);
      const before = core.memoryBytes();
      for (let round = 0; round < 18; round += 1) {
        core.halve(photo);
      }
      assert.equal(core.memoryBytes(), before);
    });

    it('hashes as others do', () => {
      assert.equal(core.sha256(photo), createHash('sha256').update(photo).digest('hex'));
    });

    it('takes one module, once', () => {
      assert.throws(() => core.load(read(`wasm/dist/${name}.wasm`)), { code: 'engine-missing' });
    });
  });
}
