/**
 * The photographs that everything is measured on: taken from Debian packages, tiled to the size asked for, encoded by
 * libjpeg-turbo's `cjpeg`. They are never committed; a file that is already there is taken as it is.
 *
 *     node photographs.mjs FOLDER NAME…      such as mountain-12mp-420, or tuning-12mp-444 for a whole set
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MATE = 'mate-backgrounds/usr/share/backgrounds/mate/nature/';
const LOMIRI = 'lomiri-wallpapers-16.04/usr/share/backgrounds/';
const UKUI = 'ukui-wallpapers/usr/share/backgrounds/';

/** What the engine may be tuned on, and what is held back to check that it was not tuned to these alone. */
export const SETS = {
  tuning: {
    mountain: `${LOMIRI}picosdeeuropa_by_Aitzol_Berasategi.jpg`, // rock and grass, much detail: 3.9 MB at 12 MP
    dune: `${MATE}Dune.jpg`, // sharp stalks before a smooth sky: 2.3 MB
    dragonfly: `${LOMIRI}Dragonfly_by_Bolly.jpg`, // leaves, straight from a telephone: 1.7 MB
    ladybird: `${MATE}LadyBird.jpg`, // one sharp thing, the rest out of focus: 1.5 MB
    ribbon: `${UKUI}2004default.jpg`, // drawn, smooth: 0.8 MB
  },
  checking: {
    stream: `${LOMIRI}life_by_Aitzol_Berasategi.jpg`, // water and leaves, most detail: 4.0 MB
    hills: `${LOMIRI}aitzgorri_by_Aitzol_Berasategi.jpg`, // forest, meadow, haze: 2.7 MB
    raindrops: `${MATE}RainDrops.jpg`, // dark green, sharp and soft: 1.6 MB
    dogs: `${LOMIRI}friends_by_Aitzol_Berasategi.jpg`, // hair and planks: 1.5 MB
    string: `${UKUI}string.jpg`, // drawn, fine lines: 0.8 MB
  },
};

const SOURCES = { ...SETS.tuning, ...SETS.checking };

/** Width and height by megapixels. 100 lies just below the default limit; its sides are no multiples of 16. */
const SIZES = {
  1: [1152, 864], 3: [2048, 1536], 6: [3008, 2000], 12: [4032, 3024], 24: [6000, 4000], 48: [8064, 6048], 100: [11544, 8658],
};

/** Arguments of `cjpeg`. Tables are the standard's, as cameras use them; a progressive file always has its own. */
const FORMS = {
  420: ['-quality', '90', '-sample', '2x2'],
  444: ['-quality', '95', '-sample', '1x1'],
  grey: ['-quality', '90', '-grayscale'],
  progressive: ['-quality', '90', '-sample', '2x2', '-progressive'],
};

/** Where in the photograph the tiling starts, so that neither its own block grid nor a seam lies on the new grid. */
const OFFSET = [3, 5];

/**
 * The path of one photograph, made where it is missing.
 * @param {string} folder
 * @param {string} photograph one of the names above
 * @param {number|string} megapixels
 * @param {string} form
 */
export function photograph(folder, photograph, megapixels, form) {
  const path = join(folder, `${photograph}-${megapixels}mp-${form}.jpg`);
  if (existsSync(path)) return path;
  if (!SOURCES[photograph] || !SIZES[megapixels] || !FORMS[form]) throw new Error(`there is no ${path}`);
  const whole = pixels(execFileSync('djpeg', [source(folder, photograph)], { maxBuffer: Infinity }));
  const tiled = tile(whole, ...SIZES[megapixels]);
  // Renamed when whole, so that a run that is broken off leaves no half of a file behind.
  writeFileSync(`${path}.part`, execFileSync('cjpeg', FORMS[form], { input: tiled, maxBuffer: Infinity }));
  renameSync(`${path}.part`, path);
  return path;
}

/** The width and height of a size in megapixels. */
export function size(megapixels) {
  return SIZES[megapixels];
}

/** The photograph's file, from its unpacked package. */
function source(folder, photograph) {
  const packages = join(folder, 'packages');
  const path = join(packages, SOURCES[photograph]);
  if (!existsSync(path)) unpack(packages, SOURCES[photograph].split('/')[0]);
  return path;
}

/** Fetches a Debian package and unpacks it; nothing is installed. */
function unpack(packages, name) {
  console.error(`fetching the Debian package ${name}`);
  mkdirSync(packages, { recursive: true });
  execFileSync('apt-get', ['download', '-qq', name], { cwd: packages, stdio: ['ignore', 'inherit', 'pipe'] });
  const archive = readdirSync(packages).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  execFileSync('dpkg-deb', ['-x', archive, name], { cwd: packages });
}

/** The samples in a binary PPM of 8 bits, as djpeg writes it. */
function pixels(ppm) {
  const [header, width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(ppm.subarray(0, 32).toString('latin1'));
  return { width: Number(width), height: Number(height), samples: ppm.subarray(header.length) };
}

/** A PPM of `width` × `height`: the photograph repeated, every other one mirrored. */
function tile({ width: across, height: down, samples }, width, height) {
  const fold = (at, side) => (Math.floor(at / side) % 2 === 0 ? at % side : side - 1 - (at % side));
  const header = Buffer.from(`P6\n${width} ${height}\n255\n`);
  const ppm = Buffer.alloc(header.length + 3 * width * height);
  header.copy(ppm);
  const columns = Uint32Array.from({ length: width }, (_, x) => 3 * fold(x + OFFSET[0], across));
  let to = header.length;
  for (let y = 0; y < height; y++) {
    const row = 3 * across * fold(y + OFFSET[1], down);
    for (const column of columns) {
      ppm[to++] = samples[row + column];
      ppm[to++] = samples[row + column + 1];
      ppm[to++] = samples[row + column + 2];
    }
  }
  return ppm;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, ...names] = process.argv.slice(2);
  for (const name of names) {
    const [, which, megapixels, form] = /^(\w+)-(\d+)mp-(\w+)$/.exec(name);
    for (const one of Object.keys(SETS[which] ?? { [which]: 0 })) console.log(photograph(folder, one, megapixels, form));
  }
}
