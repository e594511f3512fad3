/** The pool with workers that do as a test says: every job gets a thread or an answer, whatever happens, and when. */

import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { dist } from './builds.mjs';

const { Pool } = await import(new URL('halver.js', dist));
const { HalverError } = await import(new URL('error.js', dist));

/** @type {Stand[]} all that were started in this test */
let workers;
/** What a worker that is asked to start does. */
let onStart;
/** What comes of loading a module. */
let load;

/** Stands in for a worker: its jobs are done when the test says so. */
class Stand {
  isEnded = false;
  asked = [];

  constructor() {
    workers.push(this);
  }

  postMessage(question) {
    if (question.module) {
      this.engine = question.module;
      onStart(this);
    } else {
      this.asked.push(question.name);
    }
  }

  terminate() {
    this.isEnded = true;
  }

  answer(answer) {
    this.onmessage({ data: answer });
  }
}

beforeEach(() => {
  workers = [];
  load = async (name) => name;
  onStart = (worker) => queueMicrotask(() => worker.answer({ done: {} }));
});

function pool(settings) {
  return new Pool({ spawn: () => new Stand(), load: (size, build) => load(build === 'simd' ? `${size}-simd` : size), size: 'core', build: 'scalar', workers: 1, memory: 1000, timeout: Infinity, ...settings });
}

/** The job's outcome: what was done, or the name or code of why not. */
function run(jobs, name, signal, onStage = () => {}) {
  return jobs.run({ name }, signal, onStage).then(({ done }) => done, (error) => (error instanceof HalverError ? error.code : error.name));
}

/** Everything that can happen by itself has happened. */
function calm() {
  return new Promise((resolve) => setImmediate(resolve));
}

test('a job that leaves just when a thread becomes free keeps nobody waiting', async () => {
  for (let ticks = 0; ticks < 10; ticks += 1) {
    const jobs = pool();
    const [first, second] = [new AbortController(), new AbortController()];
    run(jobs, 'first', first.signal);
    run(jobs, 'second', second.signal);
    const third = run(jobs, 'third');
    await calm();
    first.abort();
    for (let tick = 0; tick < ticks; tick += 1) {
      await null;
    }
    second.abort();
    await calm();
    assert.deepEqual(workers.at(-1).asked, ['third'], `after ${ticks} ticks`);
    workers.at(-1).answer({ done: 'good' });
    assert.equal(await third, 'good');
  }
});

test('who comes first is served first', async () => {
  const jobs = pool();
  const order = ['one', 'two', 'three'].map((name) => run(jobs, name));
  await calm();
  workers[0].answer({ done: 1 });
  order.push(run(jobs, 'late'));
  for (const done of [2, 3, 4]) {
    await calm();
    workers[0].answer({ done });
  }
  await Promise.all(order);
  assert.deepEqual(workers[0].asked, ['one', 'two', 'three', 'late']);
});

test('a worker that dies with nothing to do is not given a job', async () => {
  const jobs = pool();
  await jobs.start();
  workers[0].onerror({ message: 'gone' });
  run(jobs, 'next');
  await calm();
  assert.deepEqual(workers.map(({ asked }) => asked), [[], ['next']]);
});

test('disposing ends a job at whatever step it is', async () => {
  for (let ticks = 0; ticks < 12; ticks += 1) {
    const jobs = pool();
    const outcome = run(jobs, 'job');
    for (let tick = 0; tick < ticks; tick += 1) {
      await null;
    }
    jobs.dispose();
    assert.equal(await Promise.race([outcome, calm().then(() => 'no answer')]), 'disposed', `after ${ticks} ticks`);
    assert.ok(workers.every(({ isEnded }) => isEnded), `after ${ticks} ticks`);
  }
});

test('a job is given up while its thread starts, at once; the thread serves the next', async () => {
  onStart = () => {};
  const jobs = pool();
  const controller = new AbortController();
  const given = run(jobs, 'given up', controller.signal);
  const next = run(jobs, 'next');
  controller.abort();
  assert.equal(await Promise.race([given, calm().then(() => 'no answer')]), 'AbortError');
  workers[0].answer({ done: {} });
  await calm();
  workers[0].answer({ done: 'good' });
  assert.equal(await next, 'good');
  assert.equal(workers.length, 1);
});

test('each job has an answer though no thread starts, or none can be made', async () => {
  onStart = (worker) => queueMicrotask(() => worker.onerror({ message: 'no script' }));
  const unmade = pool({ spawn: () => { throw new HalverError({ code: 'engine-missing', message: 'forbidden' }); }, workers: 2 });
  for (const jobs of [pool({ workers: 2 }), unmade]) {
    const outcomes = Promise.all(Array.from({ length: 6 }, (_, at) => run(jobs, at)));
    assert.deepEqual(await outcomes, Array(6).fill('engine-missing'));
  }
});

test('a thread whose engine fails the test at its start is ended, whatever it says, and the next job gets another', async () => {
  onStart = (worker) => queueMicrotask(() => worker.answer(workers.length === 1 ? { failure: { code: 'malformed', message: 'broken' } } : { done: {} }));
  const jobs = pool();
  assert.equal(await run(jobs, 'first'), 'malformed');
  const next = run(jobs, 'next');
  await calm();
  assert.deepEqual(workers.map(({ isEnded }) => isEnded), [true, false]);
  workers[1].answer({ done: 'good' });
  assert.equal(await next, 'good');
});

test('a thread that starts late is no more than the pool may have, however long it works', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const jobs = pool();
    const controller = new AbortController();
    run(jobs, 'given up', controller.signal);
    await calm();
    controller.abort();
    await calm();
    const long = run(jobs, 'long');
    await calm();
    mock.timers.tick(60_000);
    run(jobs, 'waits');
    await calm();
    assert.deepEqual(workers.map(({ asked }) => asked), [['given up'], ['long']]);
    jobs.dispose();
    assert.equal(await Promise.race([long, calm().then(() => 'no answer')]), 'disposed');
  } finally {
    mock.timers.reset();
  }
});

test('threads that have nothing to do go after a while', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const jobs = pool();
    await jobs.start();
    mock.timers.tick(60_000);
    assert.equal(workers[0].isEnded, true);
    run(jobs, 'next');
    await calm();
    assert.deepEqual(workers[1].asked, ['next']);
  } finally {
    mock.timers.reset();
  }
});

test('a worker that has grown is replaced, whatever its job came to', async () => {
  for (const answer of [{ done: {} }, { failure: { code: 'malformed', message: 'broken' } }]) {
    workers = [];
    const jobs = pool();
    const first = run(jobs, 'large');
    await calm();
    workers[0].answer({ ...answer, memory: 1001 });
    await first;
    run(jobs, 'next');
    await calm();
    assert.deepEqual(workers.map(({ isEnded }) => isEnded), [true, false], JSON.stringify(answer));
  }
});

test('what a worker says after its end is not heard', async () => {
  const jobs = pool();
  const controller = new AbortController();
  const outcome = run(jobs, 'job', controller.signal);
  await calm();
  controller.abort();
  workers[0].answer({ stage: 'hashing' });
  workers[0].answer({ done: 'too late' });
  assert.equal(await outcome, 'AbortError');
});

const LEFT_OUT = { failure: { code: 'left-out', message: 'left out' } };

test('a job that the engine leaves out gets the full one, and so does every job after it', async () => {
  const jobs = pool({ workers: 2 });
  const outcomes = ['webp', 'long'].map((name) => run(jobs, name));
  await calm();
  workers[0].answer(LEFT_OUT);
  await calm();
  assert.deepEqual(workers.map(({ engine, asked, isEnded }) => [engine, asked.join(), isEnded]), [['core', 'webp', true], ['core', 'long', false], ['full', 'webp', false]]);
  workers[2].answer({ done: 'small' });
  workers[1].answer({ done: 'good' });
  assert.deepEqual(await Promise.all(outcomes), ['small', 'good']);
  assert.equal(workers[1].isEnded, true, 'its engine is not the full one');
  run(jobs, 'next');
  await calm();
  assert.deepEqual(workers[2].asked, ['webp', 'next']);
});

test('where the full engine counts wrong, only jobs are told that take it; others go on with the smaller one', async () => {
  for (const before of [[], ['before', 'and before']]) {
    workers = [];
    const jobs = pool();
    const outcome = run(jobs, 'webp');
    await calm();
    const others = before.map((name) => run(jobs, name));
    onStart = (worker) => queueMicrotask(() => worker.answer(worker.engine === 'full' ? { failure: { code: 'engine-mismatch', message: 'wrong' } } : { done: {} }));
    workers[0].answer(LEFT_OUT);
    for (const name of before) {
      await calm();
      const busy = workers.findLast(({ isEnded }) => !isEnded);
      assert.deepEqual([busy.engine, busy.asked.at(-1)], ['core', name]);
      busy.answer({ done: name });
    }
    others.push(run(jobs, 'behind'));
    await calm();
    workers.at(-1).answer({ done: 'behind' });
    assert.equal(await outcome, 'engine-mismatch');
    assert.deepEqual(await Promise.all(others), [...before, 'behind']);
  }
});

test('where SIMD counts wrong, all go on without it, in the full engine too', async () => {
  for (const wrong of ['core-simd', 'full-simd']) {
    workers = [];
    onStart = (worker) => queueMicrotask(() => worker.answer(worker.engine === wrong ? { failure: { code: 'engine-mismatch', message: 'wrong' } } : { done: {} }));
    const jobs = pool({ build: 'simd' });
    const outcome = jobs.run({ name: 'webp' }, undefined, () => {});
    await calm();
    workers.at(-1).answer(LEFT_OUT);
    await calm();
    workers.at(-1).answer({ done: 'small' });
    assert.deepEqual(await outcome, { done: 'small', build: 'scalar' }, wrong);
    assert.equal(workers.at(-1).engine, 'full');
    assert.deepEqual(workers.filter(({ isEnded }) => !isEnded).length, 1);
  }
});

test('where SIMD counts wrong in the full engine, the smaller one keeps it, and needs no other', async () => {
  load = (name) => (name.endsWith('-simd') ? Promise.resolve(name) : Promise.reject(new HalverError({ code: 'engine-missing', message: 'offline' })));
  onStart = (worker) => queueMicrotask(() => worker.answer(worker.engine === 'full-simd' ? { failure: { code: 'engine-mismatch', message: 'wrong' } } : { done: {} }));
  const jobs = pool({ build: 'simd' });
  const webp = run(jobs, 'webp');
  await calm();
  workers[0].answer(LEFT_OUT);
  const jpeg = jobs.run({ name: 'jpeg' }, undefined, () => {});
  await calm();
  workers.at(-1).answer({ done: 'good' });
  assert.equal(await webp, 'engine-missing');
  assert.deepEqual(await jpeg, { done: 'good', build: 'simd' });
});

test('no thread goes on with SIMD where another of its engine has counted wrong', async () => {
  const good = onStart;
  onStart = (worker) => workers.indexOf(worker) === 1 || good(worker);
  const jobs = pool({ build: 'simd', workers: 2 });
  const answers = ['one', 'two'].map((name) => run(jobs, name));
  await calm();
  workers[1].answer({ failure: { code: 'engine-mismatch', message: 'wrong' } });
  await calm();
  workers[0].answer({ done: 1 });
  workers[2].answer({ done: 2 });
  assert.deepEqual(await Promise.all(answers), [1, 2]);
  assert.deepEqual(workers.map(({ engine, isEnded }) => [engine, isEnded]), [['core-simd', true], ['core-simd', true], ['core', false]]);
});

test('a thread that does not start ends no other', async () => {
  const jobs = pool({ workers: 2 });
  const first = run(jobs, 'webp');
  await calm();
  workers[0].answer(LEFT_OUT);
  await calm();
  const [full] = workers.slice(-1);
  const good = onStart;
  onStart = (worker) => {
    onStart = good;
    queueMicrotask(() => worker.onerror({ message: 'no memory' }));
  };
  const second = run(jobs, 'second');
  await calm();
  full.answer({ done: 'small' });
  assert.equal(await first, 'small');
  assert.equal(full.isEnded, false);
  workers.findLast(({ asked }) => asked.includes('second')).answer({ done: 'good' });
  assert.equal(await second, 'good');
});

test('what the full engine leaves out is left out', async () => {
  const jobs = pool({ size: 'full' });
  const outcome = run(jobs, 'job');
  await calm();
  assert.equal(workers[0].engine, 'full');
  workers[0].answer(LEFT_OUT);
  assert.equal(await outcome, 'left-out');
});

test('a job that waits for the full engine is given up at once, disposed of at once, and told where it does not load', async () => {
  for (const [end, expected, isWaiting] of [['abort', 'AbortError', true], ['dispose', 'disposed', true], ['fail', 'engine-missing', true], ['abort', 'AbortError', false], ['dispose', 'disposed', false]]) {
    workers = [];
    const jobs = pool();
    let fail;
    load = (name) => (name === 'full' ? new Promise((_, reject) => { fail = reject; }) : Promise.resolve(name));
    const controller = new AbortController();
    const ends = {
      abort: () => controller.abort(),
      dispose: () => jobs.dispose(),
      fail: () => fail(new HalverError({ code: 'engine-missing', message: 'gone' })),
    };
    // When it is told that it waits, or a moment later.
    const outcome = run(jobs, 'webp', controller.signal, (stage) => stage === 'waiting' && !isWaiting && ends[end]());
    await calm();
    workers[0].answer(LEFT_OUT);
    await calm();
    if (isWaiting) {
      ends[end]();
    }
    assert.equal(await Promise.race([outcome, calm().then(() => 'no answer')]), expected, end);
    if (end !== 'dispose') {
      const next = run(jobs, 'next');
      await calm();
      workers.at(-1).answer({ done: 'good' });
      assert.equal(await next, 'good', end);
      assert.equal(workers.at(-1).engine, 'core');
    }
  }
});
