/** What JavaScript gets to see: the report, the probe, the options, the errors, and how much memory it costs. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { builds, read } from './builds.mjs';

const photo = read('core/tests/corpus/photo-420.jpg');

for (const { name, core, memory } of builds) {
  describe(name, () => {
    it('reports what was made of what', () => {
      const half = core.halve(photo, '{"quality":70,"format":"png"}');
      const report = JSON.parse(half.report);
      half.free();
      const info = JSON.parse(core.probe(photo));
      assert.deepEqual(report.source, info);
      assert.deepEqual([report.width, report.height], [Math.ceil(info.width / 2), Math.ceil(info.height / 2)]);
      assert.deepEqual([report.format, report.type], ['png', 'image/png']);
      assert.equal(report.recipe, core.recipe('{"format":"png","quality":70}'));
      assert.ok(Number.isInteger(report.outputVersion));
      assert.ok(Array.isArray(report.decisions));
    });

    it('lists decisions by code', () => {
      const half = core.halve(read('core/tests/corpus/orientation-6.jpg'));
      assert.deepEqual(JSON.parse(half.report).decisions[0], { code: 'rotated', orientation: 6 });
      half.free();
    });

    it('probes without decoding', () => {
      const info = JSON.parse(core.probe(read('core/tests/corpus/huge-header.jpg')));
      assert.deepEqual([info.format, info.width, info.height], ['jpeg', 65535, 65535]);
    });

    it('fills options up with the defaults', () => {
      const all = JSON.parse(core.allOptions('{"quality":70}'));
      assert.equal(all.quality, 70);
      assert.equal(all.limits.pixels, 100_000_000);
      assert.equal(core.recipe(), core.recipe('{}'));
      assert.notEqual(core.recipe(), core.recipe('{"quality":70}'));
    });

    it('throws errors with name, code, message and details', () => {
      assert.throws(() => core.halve(read('core/tests/corpus/text.jpg')), {
        name: 'HalverError', code: 'not-an-image', message: /JPEG, PNG, WebP or GIF/,
      });
      assert.throws(() => core.probe(Buffer.from('\0\0\0\x18ftypheic', 'latin1')), {
        name: 'HalverError', code: 'unsupported-format', details: { code: 'unsupported-format', name: 'HEIC' },
      });
      for (const call of ['recipe', 'allOptions']) {
        assert.throws(() => core[call]('{"qualty":80}'), { name: 'HalverError', code: 'bad-options', message: /qualty/ });
      }
      assert.throws(() => core.halve(photo, 'no JSON'), { name: 'HalverError', code: 'bad-options' });
    });

    it('refuses a huge header with the numbers, before it takes memory', () => {
      const before = memory.buffer.byteLength;
      assert.throws(() => core.halve(read('core/tests/corpus/huge-header.jpg')), {
        code: 'too-large',
        details: { code: 'too-large', limit: 'pixels', needed: 65535 ** 2, allowed: 100_000_000 },
      });
      assert.ok(memory.buffer.byteLength - before < 1 << 20, `${memory.buffer.byteLength} bytes after ${before}`);
    });

    it('gives memory back: twenty halves take no more than two', () => {
      const halve = () => core.halve(photo).takeBytes();
      halve();
      halve();
      const before = memory.buffer.byteLength;
      for (let round = 0; round < 18; round += 1) {
        halve();
      }
      assert.equal(memory.buffer.byteLength, before);
    });
  });
}
