/** The system's Chromium on the page of a running stack, and what every test asks of it. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const address = process.env.HALVER_URL;
assert.ok(address, 'HALVER_URL must be the address of a running stack; `cargo xtask test` starts one');

const artifacts = process.env.HALVER_ARTIFACTS;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-default-apps', '--disable-sync', '--no-first-run'];

export const desktop = { viewport: { width: 1280, height: 860 } };
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** The browser, the one that CHROMIUM names or Debian's; a test file ends it with `after(() => browser.close())`. */
export const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', ...quiet] });

/** @param {string} path from the repository's root */
export function read(path) {
  return readFileSync(new URL(path, new URL('../../', import.meta.url)));
}

/**
 * The page in a fresh context. `complaints` collects what its console calls an error, violations of its
 * Content-Security-Policy included.
 *
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @param {(page: import('playwright-core').Page) => Promise<void>} [prepare] e.g. routes that fail
 * @param {string} [path] of the page, from the stack’s address
 * @param {boolean} [isPatient] whether it waits until the page has heard of its server: options come from there
 */
export async function open(options = desktop, prepare = async () => {}, path = '', isPatient = true) {
  // Pages of tests come straight from the server, where routes reach them; offline.test.mjs allows the worker.
  const context = await browser.newContext({ serviceWorkers: 'block', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await prepare(page);
  await page.goto(new URL(path, address).href); // A whole address stands for itself.
  if (isPatient && (await page.locator('#service').count())) {
    await page.locator('#service:not(:empty)').waitFor();
  }
  return { page, complaints, close: () => context.close() };
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name the file's
 * @param {Buffer} buffer
 */
export async function choose(page, name, buffer) {
  await page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer });
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name the file's
 * @param {Buffer} buffer
 */
export async function chooseAndSee(page, name, buffer) {
  await choose(page, name, buffer);
  await seen(page, name);
}

/**
 * Waits until the picture can be seen. Its name comes earlier where another one was there before.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name the file's
 */
export async function seen(page, name) {
  await page.locator('#result[data-kind="preview"]').getByRole('heading', { name, level: 2 }).waitFor();
}

/**
 * Drops files onto the page, drags them over it, or pastes them, as the system does.
 *
 * @param {import('playwright-core').Page} page
 * @param {'dragover' | 'drop' | 'paste'} type
 * @param {[name: string, bytes: Buffer][]} files
 */
export async function transfer(page, type, files) {
  await page.evaluate(({ type: kind, files: encoded }) => {
    const data = new DataTransfer();
    for (const [name, base64] of encoded) {
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    const event = kind === 'paste'
      ? new ClipboardEvent(kind, { clipboardData: data, bubbles: true })
      : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
  }, { type, files: files.map(([name, bytes]) => [name, bytes.toString('base64')]) });
}

/**
 * A PNG of one colour, drawn by the browser.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Buffer>}
 */
export async function drawn(page, width, height) {
  const bytes = await page.evaluate(async (sides) => {
    const canvas = new OffscreenCanvas(sides.width, sides.height);
    const pen = canvas.getContext('2d');
    pen.fillStyle = 'teal';
    pen.fillRect(0, 0, sides.width, sides.height);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  }, { width, height });
  return Buffer.from(bytes);
}

/** The sentence of the refusal that is shown. */
export async function refusal(page) {
  await page.getByRole('heading', { name: 'That did not work' }).waitFor();
  return page.locator('#refusal-text').innerText();
}

/** Axe finds nothing to say about the page as it is now. */
export async function assertAccessible(page, state) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(found, [], `in the state ${state}`);
}

/**
 * Keeps a picture of the whole page, where a folder for it is named. The window is made as high as the page, because
 * what sticks to the window's edge would else lie across the middle of the picture.
 */
export async function keep(page, name) {
  if (artifacts) {
    const { width, height } = page.viewportSize();
    await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
    mkdirSync(artifacts, { recursive: true });
    await page.screenshot({ path: join(artifacts, `page-${name}.png`) });
    await page.setViewportSize({ width, height });
  }
}
