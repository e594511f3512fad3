/** `halver` as a program uses it: several images at once, one that is given up, one that breaks the engine. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { openAsBlob, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { dist, read, root } from './builds.mjs';
import { doctored, miscounting, starved, trapping } from './doctored.mjs';

const { createHalver, HalverError } = await import(new URL('node.js', dist));
const photo = read('core/tests/corpus/photo-420.jpg');
const large = read('samples/mountain.jpg');
const started = [];

after(() => started.forEach((halver) => halver.dispose()));

async function start(settings) {
  const halver = await createHalver(settings);
  started.push(halver);
  return halver;
}

test('a half tells all about itself', async () => {
  const halver = await start();
  const stages = [];
  const half = await halver.halve(new Blob([photo]), { quality: 70, onProgress: ({ stage }) => stages.push(stage) });
  const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
  assert.equal(half.sha256, hash(half.bytes));
  assert.deepEqual([half.source.bytes, half.source.sha256, half.source.width], [photo.length, hash(photo), 161]);
  assert.deepEqual([half.type, half.engine, half.outputVersion], ['image/jpeg', 'simd', halver.engine.outputVersion]);
  assert.equal(half.recipe, await halver.recipe({ quality: 70 }));
  assert.deepEqual(stages, ['waiting', 'reading', 'halving', 'hashing']);
  assert.deepEqual(Object.keys(half.timings).sort(), [...stages].sort());
  assert.ok(half.memory >= 1 << 20 && half.timings.halving > 0);
});

test('every kind of source gives the same bytes, and stays as it is', async () => {
  const halver = await start();
  const buffer = new Uint8Array(photo).buffer;
  const sources = [photo, new Blob([photo]), new File([photo], 'x.png', { type: 'image/png' }), buffer, await openAsBlob(new URL('core/tests/corpus/photo-420.jpg', root))];
  const hashes = await Promise.all(sources.map(async (source) => (await halver.halve(source)).sha256));
  assert.equal(new Set(hashes).size, 1, hashes.join());
  assert.equal(buffer.byteLength, photo.length);
  await assert.rejects(halver.halve('photo.jpg'), TypeError);
});

test('builds with and without SIMD give the same bytes', async () => {
  const [simd, scalar] = await Promise.all([start(), start({ simd: 'off' })]);
  const halves = await Promise.all([simd.halve(large), scalar.halve(large)]);
  assert.deepEqual(halves.map(({ engine }) => engine), ['simd', 'scalar']);
  assert.equal(halves[0].sha256, halves[1].sha256);
});

test('the full engine is loaded when a job takes it, and goes on with all', async () => {
  const halver = await start({ workers: 1 });
  const expected = await (await start({ full: true })).halve(photo, { format: 'webp' });
  assert.equal(expected.type, 'image/webp');
  const jpeg = await halver.halve(photo);
  const stages = [];
  const webp = await halver.halve(new Blob([photo]), { format: 'webp', onProgress: ({ stage }) => stages.push(stage) });
  assert.equal(webp.sha256, expected.sha256);
  assert.deepEqual(stages, ['waiting', 'reading', 'waiting', 'reading', 'halving', 'hashing']);
  assert.deepEqual(Object.keys(webp.timings).sort(), ['halving', 'hashing', 'reading', 'waiting']);
  assert.equal((await halver.halve(photo)).sha256, jpeg.sha256);
});

test('where the full engine does not load, only the jobs are told that take it', async () => {
  const base = doctored({ 'full-simd.wasm': () => Buffer.from('no module') });
  const halver = await start({ base, workers: 1 });
  for (let round = 0; round < 2; round += 1) {
    const [webp, jpeg] = await Promise.allSettled([halver.halve(photo, { format: 'webp' }), halver.halve(photo)]);
    assert.equal(webp.reason?.code, 'engine-missing');
    assert.equal(jpeg.value?.type, 'image/jpeg');
  }
  writeFileSync(new URL('full-simd.wasm', base), readFileSync(new URL('full-simd.wasm', dist)));
  assert.equal((await halver.halve(photo, { format: 'webp' })).type, 'image/webp', 'it is asked for again');
});

test('the header is probed', async () => {
  const halver = await start();
  const { format, width, height } = await halver.probe(read('core/tests/corpus/huge-header.jpg'));
  assert.deepEqual([format, width, height], ['jpeg', 65535, 65535]);
});

test('several images are halved at the same time, no more than there are workers', async () => {
  const halver = await start({ workers: 2 });
  let running = 0;
  let most = 0;
  await Promise.all(Array.from({ length: 5 }, async () => {
    const onProgress = ({ stage }) => {
      running += stage === 'halving' ? 1 : 0;
      most = Math.max(most, running);
    };
    await halver.halve(large, { onProgress });
    running -= 1;
  }));
  assert.equal(most, 2);
});

test('a job is given up before it begins, while it waits, and while it runs; others go on', async () => {
  const halver = await start({ workers: 1 });
  const [early, waiting, running] = Array.from({ length: 3 }, () => new AbortController());
  early.abort();
  await assert.rejects(halver.halve(photo, { signal: early.signal }), { name: 'AbortError' });
  const first = halver.halve(large, { signal: running.signal, onProgress: ({ stage }) => stage === 'halving' && running.abort('enough') });
  const second = halver.halve(large, { signal: waiting.signal });
  const third = halver.halve(photo);
  waiting.abort();
  await assert.rejects(second, { name: 'AbortError' });
  await assert.rejects(first, (reason) => reason === 'enough');
  assert.equal((await third).source.width, 161);
});

test('errors keep their class, their code and their numbers', async () => {
  const halver = await start();
  const failure = await halver.halve(read('core/tests/corpus/huge-header.jpg')).catch((error) => error);
  assert.ok(failure instanceof HalverError && failure instanceof Error);
  assert.deepEqual([failure.code, failure.details.needed, failure.details.allowed], ['too-large', 65535 ** 2, 100_000_000]);
  await assert.rejects(halver.halve(photo, { qualty: 80 }), { code: 'bad-options', message: /qualty/ });
  await assert.rejects(halver.recipe({ quality: 0 }), { code: 'bad-options' });
  await assert.rejects(halver.halve(new Blob([photo]), { limits: { source_bytes: 1000 } }), {
    code: 'too-large', details: { code: 'too-large', limit: 'source-bytes', needed: photo.length, allowed: 1000 },
  });
});

test('a picture that is too large to be halved can be probed', async () => {
  const halver = await start();
  const huge = new Blob([read('core/tests/corpus/huge-header.jpg'), new Uint8Array(1 << 17)]);
  assert.equal((await halver.probe(huge)).width, 65535);
});

test('a huge picture is refused by its head, though its file breaks off behind', async () => {
  const halver = await start();
  const head = read('core/tests/corpus/huge-header.jpg');
  await assert.rejects(halver.halve(new Blob([head, new Uint8Array(1 << 20)])), { code: 'too-large' });
});

test('a job that takes too long ends', async () => {
  const halver = await start({ timeout: 1 });
  await assert.rejects(halver.halve(large, { effort: 'small' }), { code: 'timeout', details: { timeout: 1 } });
});

test('a worker that has grown is replaced', async () => {
  const halver = await start({ workers: 1, memory: 1 });
  const grown = (await halver.halve(large, { format: 'png' })).memory;
  const fresh = (await halver.halve(photo)).memory;
  assert.ok(fresh < grown / 2, `${fresh} bytes after ${grown}`);
});

test('an engine out of memory is a typed error, and the next image finds a new one', async () => {
  const halver = await start({ base: doctored({ 'core-simd.wasm': starved(64) }), workers: 1 });
  await assert.rejects(halver.halve(large, { format: 'png' }), (error) => {
    assert.equal(error.code, 'engine-crashed');
    assert.deepEqual([error.message, error.details.isFull], ['the engine ran out of memory', true]);
    return error instanceof HalverError && error.details.memory > 0;
  });
  assert.equal((await halver.halve(photo)).source.width, 161);
});

test('a fault of the engine is not taken for a want of memory, and the next image finds a new one', async () => {
  const halver = await start({ base: doctored({ 'core-simd.wasm': trapping('probe') }), workers: 1 });
  await assert.rejects(halver.probe(photo), (error) => {
    assert.deepEqual([error.code, error.details.isFull], ['engine-crashed', false]);
    assert.match(error.message, /^the engine failed: RuntimeError/);
    return error instanceof HalverError;
  });
  assert.equal((await halver.halve(photo)).source.width, 161);
});

test('what is no source is a TypeError, and views are copied without what lies around them', async () => {
  const halver = await start();
  const { sha256 } = await halver.halve(photo);
  const wide = new Uint8Array(photo.length + 200);
  wide.set(photo, 100);
  const shared = new Uint8Array(new SharedArrayBuffer(photo.length));
  shared.set(photo);
  for (const view of [wide.subarray(100, -100), shared]) {
    assert.equal((await halver.halve(view)).sha256, sha256, view.buffer.constructor.name);
  }
  const gone = new Uint8Array(photo);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  for (const none of [gone, gone.buffer, undefined, shared.buffer]) {
    await assert.rejects(halver.halve(none), TypeError);
  }
});

test('options that cannot be handed over are bad options, and break nothing', async () => {
  const halver = await start({ workers: 1 });
  const circle = {};
  circle.limits = circle;
  for (const options of [{ quality: 80n }, circle, { onprogress: () => {} }, { quality: Symbol('80') }]) {
    await assert.rejects(halver.halve(photo, options), { name: 'HalverError', code: 'bad-options' });
  }
  assert.equal((await halver.halve(photo)).source.width, 161);
});

test('what onProgress throws is why the job ends', async () => {
  const halver = await start({ workers: 1 });
  for (const when of ['waiting', 'reading', 'halving', 'hashing']) {
    const onProgress = ({ stage }) => {
      if (stage === when) {
        throw new RangeError(when);
      }
    };
    await assert.rejects(halver.halve(photo, { onProgress }), { name: 'RangeError', message: when });
  }
  assert.equal((await halver.halve(photo)).source.width, 161);
});

test('settings that are no sensible numbers do no harm', async () => {
  const forever = await start({ timeout: 2 ** 40 });
  assert.equal((await forever.halve(photo)).source.width, 161);
  const one = await start({ workers: NaN });
  await assert.rejects(one.halve(large, { onProgress: ({ stage }) => { if (stage === 'halving') throw new Error('enough'); } }), /enough/);
  assert.equal((await one.halve(photo)).source.width, 161);
});

test('a file that has changed is unreadable', async () => {
  const file = join(fileURLToPath(doctored({})), 'photo.jpg');
  writeFileSync(file, photo);
  const blob = await openAsBlob(file);
  writeFileSync(file, 'something else');
  await assert.rejects((await start()).halve(blob), { name: 'HalverError', code: 'unreadable' });
});

test('the folder may be named without a slash at its end', async () => {
  const halver = await start({ base: new URL(doctored({}).href.replace(/\/$/, '')) });
  assert.equal((await halver.halve(photo)).source.width, 161);
});

for (const [what, cure] of Object.entries({ 'counts wrong': miscounting, traps: trapping('halve') })) {
  test(`an engine that ${what} is not used`, async () => {
    const half = await start({ base: doctored({ 'core-simd.wasm': cure }) });
    assert.equal(half.engine.build, 'scalar');
    const none = doctored({ 'core-simd.wasm': cure, 'core.wasm': cure });
    await assert.rejects(start({ base: none }), { name: 'HalverError', code: 'engine-mismatch' });
  });
}

test('where the full engine counts wrong with SIMD, it is taken without, and where it does in any case, JPEGs go on', async () => {
  const full = await start({ base: doctored({ 'full-simd.wasm': miscounting }), workers: 1 });
  const { sha256 } = await (await start({ full: true })).halve(photo, { format: 'webp' });
  assert.equal((await full.halve(photo)).engine, 'simd');
  const webp = await full.halve(photo, { format: 'webp' });
  assert.deepEqual([webp.engine, webp.sha256], ['scalar', sha256]);
  const [, answer] = readFileSync(new URL('job.js', dist), 'utf8').match(/webp: \/\^\((\w+)\|/);
  const none = await start({ base: doctored({ 'job.js': (script) => Buffer.from(script.toString().replace(answer, 'beef')) }) });
  await assert.rejects(none.halve(photo, { format: 'webp' }), { name: 'HalverError', code: 'engine-mismatch' });
  assert.equal((await none.halve(photo)).type, 'image/jpeg');
});

test('where there is no SIMD, the build without it is taken', async (context) => {
  context.mock.method(WebAssembly, 'validate', () => false);
  const halver = await start({ base: doctored({ 'core-simd.wasm': () => Buffer.from('no module') }) });
  assert.deepEqual([halver.engine.build, (await halver.halve(photo)).engine], ['scalar', 'scalar']);
});

test('an engine that calls the picture broken whose half is known is not used', async () => {
  const torn = (script) => Buffer.from(script.toString().replace('iVBOR', 'iVBOS'));
  await assert.rejects(start({ base: doctored({ 'job.js': torn }) }), { name: 'HalverError', code: 'engine-mismatch' });
});

test('an engine that is not there is said', async () => {
  await assert.rejects(start({ base: new URL('wasm/tests/', root) }), { code: 'engine-missing' });
  await assert.rejects(start({ base: doctored({ 'core-simd.wasm': () => Buffer.from('no module') }) }), { code: 'engine-missing' });
  await assert.rejects(start({ base: doctored({ 'glue.js': () => Buffer.from('no script') }) }), { code: 'engine-missing' });
  const ofAnother = (script) => Buffer.from(script.toString().replaceAll('__wbg_new_from_slice_', '__wbg_new_from_slice_of_another_'));
  await assert.rejects(start({ base: doctored({ 'glue.js': ofAnother }) }), { code: 'engine-missing' });
});

test('who disposes of it ends what is under way and what waits', async () => {
  const halver = await start({ workers: 1 });
  const jobs = [halver.halve(large), halver.halve(large)];
  jobs.push(new Promise((resolve) => setTimeout(resolve, 20)).then(() => halver[Symbol.dispose]()).then(() => halver.halve(photo)));
  const outcomes = await Promise.allSettled(jobs);
  assert.deepEqual(outcomes.map(({ reason }) => reason?.code), ['disposed', 'disposed', 'disposed']);
});

test('a program ends by itself when its halves are made', () => {
  const script = `
    import { createHalver } from ${JSON.stringify(new URL('node.js', dist).href)};
    import { readFileSync } from 'node:fs';
    const halver = await createHalver();
    const { sha256 } = await halver.halve(readFileSync(${JSON.stringify(fileURLToPath(new URL('core/tests/corpus/photo-420.jpg', root)))}));
    await halver.halve(Buffer.from('never posted'), { onprogress() {} }).catch(() => {});
    console.log(sha256);`;
  assert.match(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }), /^[0-9a-f]{64}\n$/);
});
