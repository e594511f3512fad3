/** The facade in Chromium: what only a page can tell. Node's tests hold what is the same there. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { POLICY, TYPES, serve } from './server.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const args = ['--no-sandbox', '--host-resolver-rules=MAP plain.test 127.0.0.1'];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });

after(() => browser.close());

/** What `job` gives in a page of its own, served from the repository; `prepare` may route requests, or count them. */
async function inPage(job, { server, host = '127.0.0.1', argument, prepare = () => {} } = {}) {
  const site = await serve(root, server);
  const page = await browser.newPage();
  try {
    await prepare(page);
    await page.goto(`http://${host}:${site.port}/none`);
    return await page.evaluate(job, argument);
  } finally {
    await page.close();
    site.close();
  }
}

test('a job that is given up ends, and its worker with it; the next one finds another, of the module that is compiled', async () => {
  const asked = [];
  const prepare = (page) => page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const [reason, width] = await inPage(async () => {
    const { createHalver } = await import('/wasm/dist/index.js');
    const halver = await createHalver({ workers: 1, full: true });
    const large = await (await fetch('/samples/mountain.jpg')).blob();
    const controller = new AbortController();
    const onProgress = ({ stage }) => stage === 'halving' && controller.abort();
    const gone = await halver.halve(large, { effort: 'small', signal: controller.signal, onProgress }).catch((error) => error.name);
    return [gone, (await halver.halve(await (await fetch('/core/tests/corpus/photo-420.jpg')).blob())).width];
  }, { prepare });
  assert.deepEqual([reason, width], ['AbortError', 81]);
  const count = (end) => asked.filter((path) => path.endsWith(end)).length;
  assert.deepEqual([count('.wasm'), count('/worker.js')], [1, 2], 'the module is fetched once, for two workers');
});

test('the full engine is fetched when a job takes it, once; a file is read by a worker alone', async () => {
  const asked = [];
  const prepare = (page) => page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const types = await inPage(async () => {
    const { createHalver } = await import('/wasm/dist/index.js');
    const photo = await (await fetch('/core/tests/corpus/photo-420.jpg')).blob();
    for (const way of ['arrayBuffer', 'stream', 'text', 'bytes']) {
      Blob.prototype[way] = () => { throw new Error('read by the page'); };
    }
    const halver = await createHalver({ workers: 2 });
    const jobs = ['jpeg', 'webp', 'webp', 'png'].map((format) => halver.halve(photo, { format }));
    return (await Promise.all(jobs)).map(({ type }) => type);
  }, { prepare });
  assert.deepEqual(types, ['image/jpeg', 'image/webp', 'image/webp', 'image/png']);
  assert.deepEqual(asked.filter((path) => path.endsWith('.wasm')), ['/wasm/dist/core-simd.wasm', '/wasm/dist/full-simd.wasm']);
});

test('the half is handed over whole, and the main thread stays free', async () => {
  const [offset, spare, long] = await inPage(async () => {
    const { createHalver } = await import('/wasm/dist/index.js');
    const halver = await createHalver();
    const large = await (await fetch('/samples/mountain.jpg')).blob();
    const tasks = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    const { bytes } = await halver.halve(large, { effort: 'small' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [bytes.byteOffset, bytes.buffer.byteLength - bytes.length, tasks];
  });
  assert.deepEqual([offset, spare, long], [0, 0, []]);
});

test('the half leaves nothing behind in its worker', async () => {
  const prepare = (page) => page.route('**/dist/worker.js', async (route) => {
    const response = await route.fetch();
    const told = `${await response.text()}
      const { postMessage } = self;
      self.postMessage = (message, options) => {
        const { buffer } = message.done?.bytes ?? {};
        postMessage.call(self, message, options);
        if (buffer) {
          new BroadcastChannel('left').postMessage(buffer.byteLength);
        }
      };`;
    await route.fulfill({ response, body: told });
  });
  const [length, left] = await inPage(async () => {
    const rest = new Promise((resolve) => {
      new BroadcastChannel('left').onmessage = ({ data }) => resolve(data);
    });
    const { createHalver } = await import('/wasm/dist/index.js');
    const { bytes } = await (await createHalver()).halve(await (await fetch('/core/tests/corpus/photo-420.jpg')).blob());
    return [bytes.length, await rest];
  }, { prepare });
  assert.ok(length > 1000, `${length} bytes`);
  assert.equal(left, 0, 'it was transferred, not copied');
});

test('a page without encryption has no WebCrypto, and the same hashes', async () => {
  const [isSecure, sha256] = await inPage(async () => {
    const { createHalver } = await import('/wasm/dist/index.js');
    const photo = await (await fetch('/core/tests/corpus/photo-420.jpg')).blob();
    return [isSecureContext, (await (await createHalver()).halve(photo)).source.sha256];
  }, { host: 'plain.test' });
  assert.equal(isSecure, false);
  assert.equal(sha256, createHash('sha256').update(readFileSync(`${root}core/tests/corpus/photo-420.jpg`)).digest('hex'));
});

for (const [what, server] of Object.entries({
  'a server that does not know the type of wasm': { types: { ...TYPES, '.wasm': 'application/octet-stream' } },
  'a careful server': {},
})) {
  test(`${what} is good enough`, async () => {
    const build = await inPage(async () => (await (await import('/wasm/dist/index.js')).createHalver()).engine.build, { server });
    assert.equal(build, 'simd');
  });
}

for (const [what, server, base] of [
  ['workers forbidden', { policy: POLICY.replace("worker-src 'self'", "worker-src 'none'") }],
  ['WebAssembly forbidden', { policy: POLICY.replace(" 'wasm-unsafe-eval'", '') }],
  ['nothing at the place that was named', {}, '/samples'],
]) {
  test(`${what}: engine-missing`, async () => {
    const job = (place) => import('/wasm/dist/index.js').then(({ createHalver }) => createHalver({ base: place })).then(() => 'none', ({ code }) => code);
    assert.equal(await inPage(job, { server, argument: base }), 'engine-missing');
  });
}

test('another site’s worker is forbidden, and so may be WebAssembly: engine-missing', async () => {
  const other = await serve(root, { headers: { 'access-control-allow-origin': '*' } });
  const codes = await inPage(async (base) => {
    const { createHalver } = await import('/wasm/dist/index.js');
    const code = (settings) => createHalver(settings).then(() => 'none', (error) => error.code);
    const foreign = await code({ base });
    delete globalThis.WebAssembly; // As Safari does in its lockdown mode.
    return [foreign, await code()];
  }, { argument: `${other.address}wasm/dist` });
  other.close();
  assert.deepEqual(codes, ['engine-missing', 'engine-missing']);
});

test('a worker of one’s own takes it as a page does, from a folder too', async () => {
  const widths = await inPage(async () => {
    const worker = new Worker('/wasm/tests/consumers/nested.mjs', { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  });
  assert.deepEqual(widths, [81, 81]);
});

test('a server that gives its page for what is not there: the failure says where, and what came', async () => {
  const message = await inPage(async () => {
    const { createHalver } = await import('/wasm/dist/index.js');
    return createHalver({ base: '/somewhere' }).catch((error) => error.message);
  }, { server: { missing: 200 } });
  assert.match(message, /somewhere\/core-simd\.wasm: 200 text\/html/);
});
