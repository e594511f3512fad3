/** The groups of floors.mjs for PNG, GIF and WebP. Each gives the rows of its part of the table. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { race } from './jobs.mjs';
import { ANIMATIONS, SCREENS, gif, palette, png, screen, webp } from './pictures.mjs';
import { cost } from './process.mjs';
import { bytesAt } from './quality.mjs';
import { MIB, against, grade, mean, mib, row, say } from './table.mjs';
import * as tools from './tools.mjs';

export const FORMATS = {
  png: photographs, screens, palette: palettes, png16, 'png-small': small, 'png-memory': memory, 'png-wasm': wasm, gif: animations, webp: lossy,
};

/** How sharp is started. */
function sharp(file, format, options = {}, out = '') {
  tools.packages();
  return ['node', join(tools.here, 'job-sharp.mjs'), file, JSON.stringify(options), format, ...(out ? [out] : [])];
}

/** Races the rivals over files by name; gives what each side took and made, by side, file by file. */
async function raced(chosen, files, rivals) {
  const seen = [];
  for (const [name, file] of Object.entries(files)) {
    const commands = Object.entries(rivals(file, name)).map(([rival, command]) => [rival, ['taskset', '-c', chosen.core, ...command]]);
    seen.push(await race(Object.fromEntries(commands), Number(chosen.rounds)));
    const costs = Object.entries(seen.at(-1)).map(([rival, { cpu, bytes }]) => `${rival} ${cpu.toFixed(1)} ms, ${bytes} bytes`);
    say(`${name}: ${costs.join('; ')}`);
  }
  return (side) => ({ time: seen.map((one) => one[side].cpu), bytes: seen.map((one) => one[side].bytes / 1000) });
}

/** Rows of processor time and of bytes, ours against `rival`. */
function both(what, seen, rival, [timeFloor, timeAim], [bytesFloor, bytesAim]) {
  const [ours, theirs] = [seen('halver'), seen(rival)];
  return [
    against(`${what}: ${rival}`, ours.time, theirs.time, 'ms', timeFloor, timeAim),
    against('the same, bytes', ours.bytes, theirs.bytes, 'kB', bytesFloor, bytesAim),
  ];
}

/** `make` for each of `names`, one after the other. */
async function all(names, make) {
  const files = {};
  for (const name of names) files[name] = await make(name);
  return files;
}

async function photographs(chosen) {
  const { job } = tools.ours();
  const files = await all(chosen.names, (name) => png(chosen.photographs, name, 3));
  const seen = await raced(chosen, files, (file) => ({ halver: [job, file], sharp: sharp(file, 'png') }));
  return both('PNG photograph, RGB, 3 MP', seen, 'sharp', [0.4, 0.25], [0.86, 0.8]);
}

async function screens(chosen) {
  const { job } = tools.ours();
  const files = await all(Object.keys(SCREENS), (name) => screen(chosen.photographs, name));
  const seen = await raced(chosen, files, (file) => ({ halver: [job, file], sharp: sharp(file, 'png') }));
  return both('PNG screen with alpha, 5 MP', seen, 'sharp', [0.5, 0.35], [0.9, 0.75]);
}

async function png16(chosen) {
  const { job } = tools.ours();
  const files = await all(chosen.names, (name) => png(chosen.photographs, name, 3, 16));
  const seen = await raced(chosen, files, (file) => ({ halver: [job, file], sharp: sharp(file, 'png16') }));
  return both('PNG of 16 bits, RGB, 3 MP', seen, 'sharp', [0.5, 0.35], [1, 0.9]);
}

/** Bytes of palettes, and what they look like beside the Lanczos-3 half. */
async function palettes(chosen) {
  const programs = tools.ours();
  const files = await all(Object.keys(SCREENS), (name) => palette(chosen.photographs, name));
  const halves = (name, side) => join(tools.folder, `${name}-${side}.half.png`);
  const seen = await raced(chosen, files, (file, name) => ({
    halver: [programs.job, file, '{}', halves(name, 'halver')],
    sharp: sharp(file, 'png', {}, halves(name, 'sharp')),
    'sharp with a palette': sharp(file, 'png', { palette: true }, halves(name, 'palette')),
  }));
  const looks = {};
  for (const side of ['halver', 'sharp', 'palette']) {
    looks[side] = [];
    for (const [name, file] of Object.entries(files)) {
      looks[side].push(await scored(programs, file, readFileSync(halves(name, side))));
      rmSync(halves(name, side));
    }
    say(`SSIMULACRA2, ${side}: ${looks[side].map((score) => score.toFixed(1)).join(', ')}`);
  }
  const lead = looks.halver.map((score, i) => score - looks.palette[i]);
  return [
    ...both('palette PNG, 2 MP', seen, 'sharp', [], [0.4, 0.25]),
    ...both('the same', seen, 'sharp with a palette', [], []),
    row('its SSIMULACRA2: sharp with a palette', mean(looks.halver).toFixed(1), mean(looks.palette).toFixed(1), mean(lead), Math.min(...lead), '', '', ''),
  ];
}

/** Bytes of effort `small` against what oxipng makes of sharp's half. */
async function small(chosen) {
  const [{ job }, oxipng] = [tools.ours(), tools.oxipng()];
  const files = {
    ...await all(chosen.names, (name) => png(chosen.photographs, name, 3)),
    ...await all(Object.keys(SCREENS), (name) => screen(chosen.photographs, name)),
  };
  const half = join(tools.folder, 'small.png');
  const made = { ours: [], theirs: [], same: [] };
  for (const [name, file] of Object.entries(files)) {
    made.ours.push(bytesOf([job, file, '{"effort":"small"}', half], half));
    made.same.push(squeezed(oxipng, half));
    bytesOf(sharp(file, 'png', {}, half), half);
    made.theirs.push(squeezed(oxipng, half));
    say(`${name}: halver ${made.ours.at(-1)} kB, by oxipng ${made.same.at(-1)}; sharp's by oxipng ${made.theirs.at(-1)}`);
  }
  rmSync(half);
  return [
    against('PNG `small`, photographs and screens: `oxipng -o 4` of what sharp makes', made.ours, made.theirs, 'kB', 1, 0.97),
    against('the same: `oxipng -o 4` of what we make', made.ours, made.same, 'kB'),
  ];
}

/** Runs a job once; kilobytes of the half that it writes. */
function bytesOf([program, ...parameters], half) {
  execFileSync(program, parameters, { input: '\n', stdio: ['pipe', 'ignore', 'inherit'] });
  return statSync(half).size / 1000;
}

/** Kilobytes of `file` behind oxipng. */
function squeezed(oxipng, file) {
  const copy = `${file}.oxipng`;
  copyFileSync(file, copy);
  execFileSync(oxipng, ['-q', '-o', '4', '-t', '1', '--strip', 'safe', copy]);
  const { size } = statSync(copy);
  rmSync(copy);
  return size / 1000;
}

/** Peak resident memory of the command line, above source and result. */
async function memory(chosen) {
  const [meter, halver] = [tools.cost(), tools.halver()];
  const half = join(tools.folder, 'memory.png');
  const over = [];
  for (const megapixels of [3, 12, 48, 100]) {
    const file = await png(chosen.photographs, chosen.names[0], megapixels);
    const spent = cost(meter, [halver, 'halve', file, '-o', half, '--force']);
    over.push((spent.memory - statSync(file).size - statSync(half).size) / MIB);
    say(`${chosen.names[0]} ${megapixels} MP: ${mib(spent.memory / MIB)} at the peak, ${mib(over.at(-1))} above source and half`);
  }
  rmSync(half);
  const highest = Math.max(...over);
  return [row('memory above source and half, PNG photograph up to 100 MP', mib(highest), '', '', '', '16 MiB', '6 MiB', grade(highest, 16, 6))];
}

async function wasm(chosen) {
  tools.wasm();
  const files = await all(chosen.names, (name) => png(chosen.photographs, name, 3));
  const seen = await raced(chosen, files, (file) => ({ halver: ['node', join(tools.here, 'job-wasm.mjs'), file], sharp: sharp(file, 'png') }));
  return both('our wasm with SIMD, in Node, PNG photograph, 3 MP', seen, 'sharp', [1, 0.6], []);
}

async function animations(chosen) {
  const { job } = tools.ours();
  const files = await all(Object.keys(ANIMATIONS), (name) => gif(chosen.photographs, name));
  const seen = await raced(chosen, files, (file) => ({ halver: [job, file], sharp: sharp(file, 'gif') }));
  return both('animated GIF, 320 × 240', seen, 'sharp', [0.4, 0.15], [0.9, 0.8]);
}

/** Time at sharp's looks, and the bytes of both. */
async function lossy(chosen) {
  const programs = tools.ours();
  const files = await all(chosen.names, (name) => webp(chosen.photographs, name, 3));
  const [half, equal, qualities] = [join(tools.folder, 'lossy.webp'), [], {}];
  for (const [name, file] of Object.entries(files)) {
    bytesOf(sharp(file, 'webp', {}, half), half);
    const theirs = await scored(programs, file, readFileSync(half));
    const scores = new Map();
    for (let quality = 50; quality <= 95; quality += 5) {
      bytesOf([programs.job, file, JSON.stringify({ quality }), half], half);
      scores.set(quality, { bytes: statSync(half).size, score: await scored(programs, file, readFileSync(half)) });
    }
    equal.push(bytesAt((quality) => between(scores, quality), theirs) / 1000);
    qualities[name] = [...scores.keys()].find((quality) => scores.get(quality).score >= theirs) ?? 95;
    say(`${name}: sharp's SSIMULACRA2 is ${theirs.toFixed(2)}, ours at 80 ${scores.get(80).score.toFixed(2)}; reached at quality ${qualities[name]}`);
  }
  rmSync(half);
  const seen = await raced(chosen, files, (file, name) => ({
    halver: [programs.job, file, JSON.stringify({ quality: qualities[name] })], sharp: sharp(file, 'webp'),
  }));
  return [
    against("lossy WebP at sharp's SSIMULACRA2, 3 MP: sharp", seen('halver').time, seen('sharp').time, 'ms', 1, 0.5),
    against('the same, bytes', equal, seen('sharp').bytes, 'kB', 1),
  ];
}

/** What `quality` would give, between two that were tried. */
function between(scores, quality) {
  const low = Math.max(50, Math.min(90, Math.floor(quality / 5) * 5));
  const [below, above] = [scores.get(low), scores.get(low + 5)];
  const share = (quality - low) / 5;
  const mix = (key) => below[key] * (1 - share) + above[key] * share;
  return { bytes: mix('bytes'), score: mix('score') };
}

/** SSIMULACRA2 of `half` against the Lanczos-3 half of `file`, both on white. */
async function scored(programs, file, half) {
  const scratch = mkdtempSync(join(tools.folder, 'looks-'));
  const files = ['whole.ppm', 'half.ppm'].map((name) => join(scratch, name));
  writeFileSync(files[0], await ppm(readFileSync(file)));
  writeFileSync(files[1], await ppm(half));
  const score = Number(execFileSync(programs.likeness, files, { encoding: 'utf8' }));
  rmSync(scratch, { recursive: true });
  return score;
}

async function ppm(picture) {
  tools.packages();
  const { default: open } = await import('sharp');
  const decoded = open(picture).flatten({ background: '#fff' }).toColourspace('srgb').removeAlpha().raw();
  const { data, info } = await decoded.toBuffer({ resolveWithObject: true });
  return Buffer.concat([Buffer.from(`${info.channels === 3 ? 'P6' : 'P5'}\n${info.width} ${info.height}\n255\n`), data]);
}
