/**
 * The package as it is packed for npm, in the hands of everyone who takes it: Node, a page without any tool, Vite (as a
 * server and built), webpack, esbuild, TypeScript. All find the same bytes, without a line of configuration; for esbuild the
 * package's folder is copied beside the bundle, and named.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build as esbuild, stop } from 'esbuild';
import { chromium } from 'playwright-core';
import { build as viteBuild, createServer as viteServer } from 'vite';
import webpack from 'webpack';

import { serve } from './server.mjs';

const here = fileURLToPath(new URL('./', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));
const PHOTOS = { 'one.jpg': 'core/tests/corpus/photo-420.jpg', 'two.png': 'core/tests/corpus/photo.png' };
const INDEX = (script) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>working</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script></html>`;

const workshop = mkdtempSync(join(tmpdir(), 'halver-consumers-'));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const packed = pack();
const expected = native();

after(async () => {
  await Promise.all([browser.close(), stop()]);
  rmSync(workshop, { recursive: true, force: true });
});

test('Node', () => {
  const folder = project('node');
  writeFileSync(join(folder, 'main.mjs'), `import { hashes } from './app.mjs';
    import { readFileSync } from 'node:fs';
    console.log(await hashes(${JSON.stringify(Object.keys(PHOTOS))}.map((name) => readFileSync(name))));`);
  assert.equal(execFileSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' }).trim(), expected);
});

test('each export can be taken by its name', () => {
  const folder = project('exports');
  writeFileSync(join(folder, 'main.mjs'), `import { createHash } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    import { fileURLToPath } from 'node:url';
    import { halve } from 'halver/core';
    import manifest from 'halver/package.json' with { type: 'json' };
    const module = (name) => new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve(name))));
    const started = new Promise((resolve) => { globalThis.self = { postMessage: resolve }; });
    await import('halver/worker');
    self.onmessage({ data: { module: module('halver/full.wasm') } });
    const { done } = await started;
    const hash = (name, options) => createHash('sha256').update(halve(readFileSync(name), options).bytes).digest('hex');
    const halves = (name) => WebAssembly.Module.exports(module('halver/' + name + '.wasm')).some(({ name }) => name === 'halve');
    const photos = ${JSON.stringify(Object.keys(PHOTOS))};
    console.log(done.version === manifest.version, ['core', 'core-simd', 'full', 'full-simd'].every(halves),
      photos.map((name) => hash(name, { quality: 75 })).join(' '), hash(photos[0], { format: 'webp' }));`);
  const found = execFileSync(process.execPath, ['--no-warnings', 'main.mjs'], { cwd: folder, encoding: 'utf8' }).trim();
  assert.equal(found, expected.replace('simd', 'true true'));
});

test('a page without any tool', async () => {
  const folder = project('plain');
  writeFileSync(join(folder, 'app.mjs'), readFileSync(join(folder, 'app.mjs'), 'utf8').replace("'halver'", "'./node_modules/halver/index.js'"));
  await look(folder);
});

test('Vite, built', async () => {
  const folder = project('vite');
  await viteBuild({ root: folder, logLevel: 'error', configFile: false, publicDir: 'photos', build: { target: 'es2022' } });
  await look(join(folder, 'dist'));
});

test('Vite, as a server', async () => {
  const folder = project('vite-server');
  const server = await viteServer({ root: folder, logLevel: 'error', configFile: false, server: { host: '127.0.0.1', port: 0 } });
  try {
    await server.listen();
    assert.equal(await titleOf(`http://127.0.0.1:${server.httpServer.address().port}/`), expected);
  } finally {
    await server.close();
  }
});

test('webpack', async () => {
  const folder = project('webpack');
  const output = { path: join(folder, 'dist') };
  const stats = await new Promise((resolve, reject) => {
    webpack({ mode: 'production', context: folder, entry: './page.mjs', output }, (error, done) => (error ? reject(error) : resolve(done)));
  });
  assert.deepEqual(stats.toJson().errors.map(({ message }) => message), []);
  assert.deepEqual(stats.toJson().warnings.map(({ message }) => message).filter((message) => !/size limit|performance/i.test(message)), []);
  deploy(folder, 'main.js');
  await look(join(folder, 'dist'));
});

test('esbuild, with the package’s folder copied beside the bundle', async () => {
  const folder = project('esbuild');
  await esbuild({ absWorkingDir: folder, entryPoints: ['page.mjs'], bundle: true, format: 'esm', outdir: 'dist', logLevel: 'error', target: 'es2022' });
  deploy(folder, 'page.js', 'halver');
  cpSync(join(folder, 'node_modules/halver'), join(folder, 'dist/halver'), { recursive: true });
  await look(join(folder, 'dist'));
});

test('TypeScript', () => {
  const folder = project('typescript');
  for (const [module, resolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
    // What Vite's templates know, and all there is.
    for (const lib of ['es2022,dom', 'esnext,dom']) {
      compile(folder, ['--types', '', '--lib', lib, '--module', module, '--moduleResolution', resolution, 'typed.ts']);
    }
  }
});

test('the package’s own scripts keep to the types', () => {
  const folder = join(workshop, 'scripts');
  cpSync(join(root, 'wasm/package'), folder, { recursive: true });
  cpSync(join(root, 'wasm/dist/glue.js'), join(folder, 'glue.js'));
  const types = ['--lib', 'esnext,dom', '--types', 'node', '--typeRoots', join(here, 'node_modules/@types')];
  compile(folder, ['--allowJs', '--checkJs', '--module', 'nodenext', ...types, 'index.js', 'node.js', 'worker.js', 'worker-node.js']);
});

function compile(folder, flags) {
  const compiler = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');
  try {
    execFileSync(process.execPath, [compiler, '--noEmit', '--strict', '--target', 'esnext', ...flags], { cwd: folder });
  } catch ({ stdout }) {
    assert.fail(`${flags.join(' ')}: ${stdout}`);
  }
}

/** The file that `npm publish` would send. */
function pack() {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', workshop], { cwd: join(root, 'wasm/dist'), encoding: 'utf8' });
  return join(workshop, JSON.parse(output)[0].filename);
}

/** What the engine gives by itself: the hashes that all others must find. */
function native() {
  const photos = Object.values(PHOTOS).map((path) => [path, { quality: 75 }]);
  const halves = [...photos, [photos[0][0], { format: 'webp' }]].map(([path, options]) => {
    const script = `import { halve, load } from ${JSON.stringify(join(root, 'wasm/dist/core.js'))};
      import { readFileSync } from 'node:fs';
      load(readFileSync(${JSON.stringify(join(root, 'wasm/dist/full.wasm'))}));
      process.stdout.write(halve(readFileSync(${JSON.stringify(join(root, path))}), ${JSON.stringify(options)}).bytes);`;
    return execFileSync(process.execPath, ['--input-type=module', '--eval', script], { maxBuffer: 1 << 26 });
  });
  return ['simd', ...halves.map((half) => createHash('sha256').update(half).digest('hex'))].join(' ');
}

/** A folder with the page, the photos and the package installed. */
function project(name) {
  const folder = join(workshop, name);
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  execFileSync('tar', ['-xzf', packed, '-C', join(folder, 'node_modules')]);
  renameSync(join(folder, 'node_modules/package'), join(folder, 'node_modules/halver'));
  for (const file of ['app.mjs', 'page.mjs', 'typed.ts']) {
    cpSync(join(here, file), join(folder, file));
  }
  mkdirSync(join(folder, 'photos'));
  for (const [photo, path] of Object.entries(PHOTOS)) {
    cpSync(join(root, path), join(folder, photo));
    cpSync(join(root, path), join(folder, 'photos', photo));
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module", "dependencies": { "halver": "*" } }');
  writeFileSync(join(folder, 'index.html'), INDEX('page.mjs'));
  return folder;
}

/** What a site adds to a bundle. */
function deploy(folder, script, base) {
  const page = INDEX(script).replace('<html', base ? `<html data-base="${base}"` : '<html');
  writeFileSync(join(folder, 'dist/index.html'), page);
  Object.keys(PHOTOS).forEach((photo) => cpSync(join(folder, photo), join(folder, 'dist', photo)));
}

/** Opens the page from a strict server. */
async function look(folder) {
  const server = await serve(folder);
  try {
    assert.equal(await titleOf(server.address), expected);
  } finally {
    server.close();
  }
}

async function titleOf(address) {
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  await page.waitForFunction(() => document.title !== 'working');
  const title = await page.title();
  await page.close();
  assert.deepEqual(complaints, [], title);
  return title;
}
