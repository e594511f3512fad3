/**
 * The floors: what the engine is held to, measured against the best that others offer, as a table in Markdown.
 *
 *     node floors.mjs                              everything, about a quarter of an hour and the builds
 *     node floors.mjs speed memory                 some groups: see GROUPS below
 *     node floors.mjs --set checking               on the photographs that nothing was tuned on
 *     node floors.mjs --photographs FOLDER         where they lie or are made   [default: rivals/photographs of the target folder]
 *     node floors.mjs --only mountain,dune         not the whole set
 *     node floors.mjs --rounds 9 --core 0          how often, and on which processor
 *
 * What each photograph gave goes to standard error, the table to standard output. A ratio is ours by theirs, the
 * geometric mean over the photographs; "worst" is the photograph that does worst.
 */

import { mkdirSync, rmSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FORMATS } from './formats.mjs';
import { median, race } from './jobs.mjs';
import { SETS, photograph, size } from './photographs.mjs';
import { cost, instructions } from './process.mjs';
import { bytesAt, scale } from './quality.mjs';
import { MIB, against, grade, mean, mib, row, say } from './table.mjs';
import * as tools from './tools.mjs';

const { values: chosen, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    set: { type: 'string', default: 'tuning' },
    only: { type: 'string' },
    photographs: { type: 'string', default: join(tools.folder, 'photographs') },
    rounds: { type: 'string', default: '9' },
    core: { type: 'string', default: '0' },
  },
});
const names = chosen.only?.split(',') ?? Object.keys(SETS[chosen.set]);
mkdirSync(chosen.photographs, { recursive: true });

const GROUPS = { speed, form444, progressive, wasm, browser, instructions: instructionCount, process: wholeProcess, memory, bytes, small, pixels, ...FORMATS };

/** Processor time of jobs at 12 MP, 4:2:0, quality 90. */
async function speed() {
  const programs = { ...tools.ours(), turbo: tools.turbo() };
  const seen = await jobs(12, '420', (file) => ({
    halver: [programs.job, file],
    sharp: sharp(file),
    turbo: [programs.turbo, 'halve', file],
    'turbo, standard tables': [programs.turbo, 'plain', file],
    'turbo, entropy decoding': [programs.turbo, 'entropy', file],
  }));
  return [
    time('baseline 4:2:0, 12 MP: sharp', seen, 'sharp', 0.34, 0.2),
    time('the same: libjpeg-turbo', seen, 'turbo', 0.85, 0.5),
    time('the same: libjpeg-turbo, standard Huffman tables', seen, 'turbo, standard tables'),
    time('the same: libjpeg-turbo, nothing but entropy decoding', seen, 'turbo, entropy decoding'),
  ];
}

async function form444() {
  const { job } = tools.ours();
  const seen = await jobs(6, '444', (file) => ({ halver: [job, file], sharp: sharp(file) }));
  return [time('baseline 4:4:4, quality 95, 6 MP: sharp', seen, 'sharp', 0.42, 0.28)];
}

async function progressive() {
  const { job } = tools.ours();
  const seen = await jobs(12, 'progressive', (file) => ({ halver: [job, file], sharp: sharp(file) }));
  return [time('progressive 4:2:0, 12 MP: sharp', seen, 'sharp', 0.5, 0.3)];
}

async function wasm() {
  tools.wasm();
  const seen = await jobs(12, '420', (file) => ({ halver: ['node', join(tools.here, 'job-wasm.mjs'), file], sharp: sharp(file) }));
  return [time('our wasm with SIMD, in Node, baseline 12 MP: native sharp', seen, 'sharp', 0.6, 0.35)];
}

/** Our wasm against our own native code, and against what else halves JPEGs in browsers. */
async function browser() {
  tools.wasm();
  tools.packages();
  const native = tools.ours('x86-64-v3').job;
  const rival = (name, file) => ['node', join(tools.here, `job-${name}.mjs`), file];
  const seen = await jobs(12, '420', (file) => ({
    halver: rival('wasm', file),
    native: [native, file],
    'without SIMD': [...rival('wasm', file), '{}', 'core'],
    'wasm-vips': rival('vips', file),
    jSquash: rival('jsquash', file),
    photon: rival('photon', file),
  }));
  return [
    time('our wasm with SIMD, in Node, baseline 12 MP: our own native code for x86-64-v3', seen, 'native', 2, 1.4),
    time('the same: our wasm without SIMD', seen, 'without SIMD'),
    ...['wasm-vips', 'jSquash', 'photon'].map((name) => time(`the same: ${name}`, seen, name, 1 / 3, 1 / 6)),
    wasmMemory(),
  ];
}

/** What the wasm memory of a fresh engine has grown to after a large photograph. */
function wasmMemory() {
  const file = made(names[0], 48, '420');
  const [memory, half] = tools.node('memory-wasm.mjs', [file]).split(' ').map(Number);
  const source = statSync(file).size;
  say(`${names[0]} 48 MP: ${memory} bytes of wasm memory; ${source} of source, ${half} of half`);
  const verdict = grade(memory / MIB, 48, (source + half) / MIB + 8);
  return row('wasm memory at the peak, baseline 48 MP', mib(memory / MIB), '', '', '', '48 MiB', `${mib((source + half) / MIB + 8)}`, verdict);
}

/** How sharp is started. Its packages are installed by then. */
function sharp(file, options = '{}') {
  tools.packages();
  return ['node', join(tools.here, 'job-sharp.mjs'), file, options];
}

/** Races the rivals on each photograph; gives the medians by photograph and rival. */
async function jobs(megapixels, form, rivals) {
  const seen = {};
  for (const name of names) {
    const commands = Object.entries(rivals(made(name, megapixels, form))).map(([rival, command]) => [rival, ['taskset', '-c', chosen.core, ...command]]);
    seen[name] = await race(Object.fromEntries(commands), Number(chosen.rounds));
    const costs = Object.entries(seen[name]).map(([rival, { cpu, wall, bytes: made }]) => `${rival} ${cpu.toFixed(1)} ms (wall ${wall.toFixed(1)}), ${made} bytes`);
    say(`${name} ${megapixels} MP ${form}: ${costs.join('; ')}`);
  }
  return seen;
}

/** A row about processor time. */
function time(what, seen, rival, floor, aim) {
  return against(what, names.map((name) => seen[name].halver.cpu), names.map((name) => seen[name][rival].cpu), 'ms', floor, aim);
}

/** Instructions of whole processes. */
function instructionCount() {
  tools.valgrind();
  tools.turboPrograms();
  const halver = tools.halver();
  const [decoded, half] = ['instructions.ppm', 'instructions.jpg'].map((file) => join(tools.folder, file));
  const [ours, theirs] = [[], []];
  for (const name of names) {
    const file = made(name, 12, '420');
    ours.push(instructions([halver, 'halve', file, '-o', half, '--force']) / 1e6);
    const decoding = instructions(['djpeg', '-scale', '1/2', '-outfile', decoded, file]) / 1e6;
    const encoding = instructions(['cjpeg', '-quality', '80', '-optimize', '-outfile', half, decoded]) / 1e6;
    theirs.push(decoding + encoding);
    say(`${name}: halver ${ours.at(-1).toFixed(1)} M, djpeg ${decoding.toFixed(1)} M, cjpeg ${encoding.toFixed(1)} M instructions`);
  }
  [decoded, half].forEach((file) => rmSync(file));
  return [against('instructions, whole process, baseline 12 MP: djpeg -scale 1/2, cjpeg -optimize', ours, theirs, 'M', 0.7, 0.45)];
}

/** Processor time from start to end, starting included. */
function wholeProcess() {
  tools.turboPrograms();
  const [meter, halver] = [tools.cost(), tools.halver()];
  const [decoded, half] = ['process.ppm', 'process.jpg'].map((file) => join(tools.folder, file));
  const file = made(names[0], 12, '420');
  const commands = {
    halver: [[halver, 'halve', file, '-o', half, '--force']],
    sharp: [sharp(file)],
    turbo: [['djpeg', '-scale', '1/2', '-outfile', decoded, file], ['cjpeg', '-quality', '80', '-optimize', '-outfile', half, decoded]],
  };
  const seen = { halver: [], sharp: [], turbo: [] };
  for (let round = 0; round < Number(chosen.rounds); round++) {
    for (const [rival, steps] of Object.entries(commands)) {
      seen[rival].push(steps.map((step) => cost(meter, ['taskset', '-c', chosen.core, ...step], '\n').cpu).reduce((a, b) => a + b));
    }
  }
  [decoded, half].forEach((file) => rmSync(file));
  const [ours, node, turbo] = Object.values(seen).map((values) => [median(values)]);
  return [
    against(`whole process, ${names[0]} 12 MP: Node with sharp`, ours, node, 'ms'),
    against('the same: djpeg -scale 1/2, cjpeg -optimize', ours, turbo, 'ms'),
  ];
}

/** Peak resident memory of the command line, above source and result. */
function memory() {
  const [meter, halver] = [tools.cost(), tools.halver()];
  const half = join(tools.folder, 'memory.jpg');
  const above = (megapixels, form) => {
    const file = made(names[0], megapixels, form);
    const { memory } = cost(meter, [halver, 'halve', file, '-o', half, '--force']);
    const over = memory - statSync(file).size - statSync(half).size;
    say(`${names[0]} ${megapixels} MP ${form}: ${(memory / MIB).toFixed(1)} MiB at the peak, ${(over / MIB).toFixed(1)} above source and half`);
    return { over, pixels: size(megapixels)[0] * size(megapixels)[1] };
  };
  const baseline = ['420', '444', 'grey'].flatMap((form) => [3, 12, 48].map((size) => above(size, form))).concat(above(100, '420'));
  const late = [3, 12, 48, 100].map((size) => above(size, 'progressive'));
  rmSync(half);
  const highest = Math.max(...baseline.map(({ over }) => over)) / MIB;
  const perPixel = (fixed) => Math.max(...late.map(({ over, pixels }) => (over - fixed * MIB) / pixels));
  return [
    row('memory above source and half, baseline up to 100 MP', mib(highest), '', '', '', '16 MiB', '6 MiB', grade(highest, 16, 6)),
    row('the same, progressive, bytes for each pixel of the source', perPixel(16).toFixed(2), '', '', '',
      '1.0 and 16 MiB', '0.8 and 6 MiB', perPixel(6) <= 0.8 ? 'aim' : grade(perPixel(16), 1, -Infinity)),
  ];
}

/** Bytes at the default quality, and at sharp's looks. */
async function bytes() {
  const seen = await looks(async (half) => {
    const [ours, theirs, turbo] = [half.halver({}), await half.sharp({}), half.turbo()];
    return { ours, theirs, turbo, equal: bytesAt((quality) => half.halver({ quality }), theirs.score) };
  });
  const [ours, theirs, turbo] = ['ours', 'theirs', 'turbo'].map((side) => seen.map((one) => one[side]));
  const lead = ours.map(({ score }, i) => score - turbo[i].score);
  const kilobytes = (halves) => halves.map((half) => half.bytes / 1000);
  return [
    against('bytes at quality 80, 6 MP: sharp', kilobytes(ours), kilobytes(theirs), 'kB', 0.99),
    row('SSIMULACRA2 at quality 80: libjpeg-turbo at 1/2', mean(ours.map(({ score }) => score)).toFixed(2), mean(turbo.map(({ score }) => score)).toFixed(2),
      mean(lead), Math.min(...lead), 'no lower', '', Math.min(...lead) >= 0 ? 'floor' : 'missed'),
    against("bytes at sharp's SSIMULACRA2: sharp", seen.map(({ equal }) => equal / 1000), kilobytes(theirs), 'kB', undefined, 0.95),
  ];
}

/** Bytes and time where bytes count more than time. */
async function small() {
  const { job } = tools.ours();
  const options = '{"effort":"small"}';
  const seen = await looks(async (half) => {
    const theirs = await half.sharp({ mozjpeg: true });
    return { ours: half.halver({ effort: 'small' }), theirs, equal: bytesAt((quality) => half.halver({ quality, effort: 'small' }), theirs.score) };
  });
  const times = await jobs(12, '420', (file) => ({ halver: [job, file, options], sharp: sharp(file), mozjpeg: sharp(file, '{"mozjpeg":true}') }));
  return [
    against("small: bytes at mozjpeg's SSIMULACRA2, 6 MP: sharp with mozjpeg", seen.map(({ equal }) => equal / 1000), seen.map(({ theirs }) => theirs.bytes / 1000), 'kB', 1, 0.95),
    time("small: baseline 12 MP: sharp's default", times, 'sharp', 1, 0.6),
    time('the same: sharp with mozjpeg', times, 'mozjpeg'),
  ];
}

/** What `halves` gives for each photograph at 6 MP. */
async function looks(halves) {
  tools.packages();
  tools.turboPrograms();
  const programs = tools.ours();
  const seen = [];
  for (const name of names) {
    const half = await scale(programs, made(name, 6, '420'));
    seen.push(await halves(half));
    half.close();
    const scores = Object.entries(seen.at(-1)).map(([side, at]) => (side === 'equal' ? `ours at their score: ${at.toFixed(0)} bytes` : `${side} ${at.bytes} bytes, SSIMULACRA2 ${at.score.toFixed(2)}`));
    say(`${name} 6 MP: ${scores.join('; ')}`);
  }
  return seen;
}

/** Whether time grows as pixels do. */
async function pixels() {
  const { job } = tools.ours();
  const nanoseconds = {};
  for (const megapixels of [1, 3, 12, 24, 48, 100]) {
    const [width, height] = size(megapixels);
    const { halver } = await race({ halver: ['taskset', '-c', chosen.core, job, made(names[0], megapixels, '420')] }, Number(chosen.rounds));
    nanoseconds[megapixels] = (halver.cpu * 1e6) / (width * height);
    say(`${names[0]} ${megapixels} MP: ${halver.cpu.toFixed(1)} ms, ${nanoseconds[megapixels].toFixed(2)} ns a pixel`);
  }
  const growth = nanoseconds[100] / nanoseconds[12];
  const each = Object.entries(nanoseconds).map(([megapixels, time]) => `${megapixels} MP ${time.toFixed(2)}`).join(', ');
  return [row('nanoseconds a pixel, 100 MP to 12 MP', each, '', growth, '', '1.10', '', grade(growth, 1.1))];
}

/** The path of a photograph, made where it is missing. */
function made(name, megapixels, form) {
  tools.turboPrograms();
  return photograph(chosen.photographs, name, megapixels, form);
}

const rows = [];
for (const group of positionals.length ? positionals : Object.keys(GROUPS)) {
  say(`\n${group}`);
  try {
    rows.push(...await GROUPS[group]({ ...chosen, names }));
  } catch (error) {
    // One that cannot be measured costs the others nothing.
    say(error.message);
    rows.push(`| ${group} | | | | | | | not measured |`);
    process.exitCode = 1;
  }
}
console.log('| ours against | ours | theirs | ratio | worst | floor | aim | verdict |\n|---|---|---|---|---|---|---|---|');
for (const line of rows) console.log(line);
console.log(`\nMeasured on ${new Date().toISOString().slice(0, 10)}: \`node floors.mjs ${process.argv.slice(2).join(' ')}\`, ${cpus()[0].model}, Node ${process.versions.node}.`);
