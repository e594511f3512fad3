/**
 * The pictures that PNG, GIF and WebP are measured on: photographs, and screens that Chromium draws from pages that are
 * made here. They are never committed; a file that is already there is taken as it is.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { photograph, size } from './photographs.mjs';
import * as tools from './tools.mjs';

/** Pages, drawn at two pixels for one, 2560 × 1960 in all. */
export const SCREENS = {
  cards, // coloured cards with shadows, diagrams, a photograph; transparent between them
  text, // a document, black on white
  code, // a program, many colours on dark
};

const [WIDTH, HEIGHT] = [1280, 980];

/** Where pictures that are no photographs lie. */
const folder = join(tools.folder, 'pictures');
mkdirSync(folder, { recursive: true });

/** The path of `name`; `make` writes it to the path that it is given, where it is missing. */
async function made(name, make) {
  const path = join(folder, name);
  if (!existsSync(path)) {
    // Renamed when whole, so that a run that is broken off leaves no half of a file behind.
    const part = path.replace(/(\.\w+)$/, '.part$1');
    await make(part);
    renameSync(part, path);
  }
  return path;
}

/** sharp, installed by then. */
async function sharp() {
  tools.packages();
  return (await import('sharp')).default;
}

/** A photograph as PNG, `bits` a sample; at 16 made smaller from four times the pixels, so that all bits say something. */
export async function png(photographs, name, megapixels, bits = 8) {
  const deep = bits === 16;
  const jpeg = photograph(photographs, name, deep ? 4 * megapixels : megapixels, '444');
  return made(`${name}-${megapixels}mp-${bits}.png`, async (path) => {
    const open = await sharp();
    if (!deep) return open(jpeg).png().toFile(path);
    const [width, height] = size(megapixels);
    return open(jpeg).pipelineColourspace('rgb16').resize({ width, height, fit: 'fill' }).toColourspace('rgb16').png().toFile(path);
  });
}

/** A photograph as lossy WebP. */
export async function webp(photographs, name, megapixels) {
  const jpeg = photograph(photographs, name, megapixels, '444');
  tools.webpPrograms();
  return made(`${name}-${megapixels}mp.webp`, (path) => execFileSync('cwebp', ['-quiet', '-q', '90', jpeg, '-o', path]));
}

/** A screen as PNG, with alpha. */
export function screen(photographs, name) {
  return made(`${name}.png`, async (path) => {
    tools.chromium();
    const page = path.replace(/png$/, 'html');
    writeFileSync(page, SCREENS[name](photographs));
    execFileSync('chromium', [
      '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--allow-file-access-from-files',
      '--force-device-scale-factor=2', `--window-size=${WIDTH},${HEIGHT}`, '--default-background-color=00000000',
      `--screenshot=${path}`, page,
    ], { stdio: 'ignore' });
    const open = await sharp();
    writeFileSync(path, await open(path).ensureAlpha().png().toBuffer());
    rmSync(page);
  });
}

/** A screen of 2 megapixels, opaque, in 256 colours. */
export async function palette(photographs, name) {
  const whole = await screen(photographs, name);
  return made(`${name}-palette.png`, async (path) => {
    const open = await sharp();
    const part = open(whole).extract({ left: 0, top: 0, width: 1632, height: 1224 }).flatten({ background: '#fff' });
    await part.png({ palette: true, dither: 0 }).toFile(path);
  });
}

/** Animations of 320 × 240: a view that moves over a photograph, and a screen on which little changes. */
export const ANIMATIONS = {
  pan: { from: (photographs) => photograph(photographs, 'dragonfly', 1, '444'), frames: 20, step: 8 },
  typing: { from: (photographs) => screen(photographs, 'code'), frames: 40, step: 0 },
};

/** An animation as GIF. */
export async function gif(photographs, name) {
  const { from, frames, step } = ANIMATIONS[name];
  const source = await from(photographs);
  return made(`${name}.gif`, async (path) => {
    const open = await sharp();
    const [width, height] = [320, 240];
    const view = async (left) => open(source).flatten({ background: '#fff' }).extract({ left, top: 20, width, height }).removeAlpha().raw().toBuffer();
    const stack = [];
    for (let frame = 0; frame < frames; frame++) {
      const pixels = await view(20 + step * frame);
      if (!step) hide(pixels, width, height, frame / frames);
      stack.push(pixels);
    }
    const raw = { width, height: height * frames, channels: 3, pageHeight: height };
    await open(Buffer.concat(stack), { raw }).gif({ delay: Array(frames).fill(80), loop: 0 }).toFile(path);
  });
}

/** Paints what has not been typed yet, row of 30 by row, in the colour of the first pixel. */
function hide(pixels, width, height, share) {
  const typed = Math.floor(share * width * (height / 30));
  for (let y = 0; y < height; y++) {
    const from = Math.min(width, Math.max(0, typed - Math.floor(y / 30) * width));
    for (let x = from; x < width; x++) pixels.copyWithin(3 * (y * width + x), 0, 3);
  }
}

const ROOT = new URL('../../', import.meta.url);
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function text() {
  const words = escaped(readFileSync(new URL('benches/README.md', ROOT), 'utf8'));
  return `<!doctype html><meta charset=utf-8>
<style>body { background: #fff; color: #111; font: 14px/1.5 "DejaVu Sans"; margin: 32px; white-space: pre-wrap }</style>${words}`;
}

function code() {
  const program = escaped(readFileSync(new URL('benches/lib.rs', ROOT), 'utf8'))
    .replace(/\/\/.*$/gm, '<u>$&</u>')
    .replace(/\b(fn|let|mut|pub|use|struct|for|const|impl)\b/g, '<b>$1</b>');
  return `<!doctype html><meta charset=utf-8>
<style>body { background: #1e1e2e; color: #cdd6f4; font: 13px/1.45 "DejaVu Sans Mono"; margin: 20px; white-space: pre; columns: 2 }
u { color: #6c7086; text-decoration: none } b { color: #cba6f7 }</style>${program}`;
}

function cards(photographs) {
  let seed = 7;
  const any = (most) => (seed = (seed * 1103515245 + 12345) % 2147483648) % most;
  const words = 'the quick brown fox jumps over a lazy dog while twelve boxing wizards quietly vex every picture at dawn'.split(' ');
  const phrase = (count) => Array.from({ length: count }, () => words[any(words.length)]).join(' ');
  const curve = () => Array.from({ length: 40 }, (_, x) => `${x * 8} ${20 + any(80)}`).join(' L');
  const picture = photograph(photographs, 'mountain', 1, '444');
  const card = (_, i) => `<div><h3>${phrase(3)}</h3>${i % 6 === 1 ? `<img src="file://${picture}">` : ''}<p>${phrase(20 + any(40))}</p>
<svg viewBox="0 0 320 120"><path d="M${curve()}" fill=none stroke="hsl(${any(360)},80%,50%)" stroke-width=2 />
<circle cx=50 cy=60 r=30 fill="hsl(${any(360)},70%,60%)" opacity=.6 /></svg><b>Save</b></div>`;
  return `<!doctype html><meta charset=utf-8>
<style>body { margin: 0; font: 14px/1.4 "DejaVu Sans"; color: #223 }
div { display: inline-block; vertical-align: top; width: 260px; margin: 14px; padding: 16px; border-radius: 16px; background: #fff; box-shadow: 0 8px 30px #1238 }
div:nth-child(3n) { background: linear-gradient(135deg, #fde68a, #f472b6) } div:nth-child(4n) { background: #0f172a; color: #e2e8f0 }
div:nth-child(5n) { background: #fff9 } img, svg { width: 100% } b { background: #2563eb; color: #fff; padding: 6px 12px; border-radius: 8px }</style>
${Array.from({ length: 24 }, card).join('')}`;
}
