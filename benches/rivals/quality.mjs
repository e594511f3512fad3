/** Bytes for looks: halves of one photograph, and how alike they look to its Lanczos-3 half. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tools from './tools.mjs';

/**
 * What makes halves of `photograph` and scores them.
 * @param {{job: string, likeness: string}} programs
 * @param {string} photograph
 */
export async function scale(programs, photograph) {
  const { default: sharp } = await import('sharp');
  const source = readFileSync(photograph);
  const { width } = await sharp(source).metadata();
  const scratch = mkdtempSync(join(tools.folder, 'quality-'));
  const whole = join(scratch, 'whole.ppm');
  execFileSync('djpeg', ['-outfile', whole, photograph]);

  /** Bytes and SSIMULACRA2 of a half, decoded as browsers do. */
  const score = (jpeg) => {
    const decoded = join(scratch, 'half.ppm');
    writeFileSync(decoded, execFileSync('djpeg', { input: jpeg, maxBuffer: Infinity }));
    return { bytes: jpeg.length, score: Number(execFileSync(programs.likeness, [whole, decoded], { encoding: 'utf8' })) };
  };

  return {
    /** Ours, with `options` for halve(). */
    halver(options) {
      const half = join(scratch, 'half.jpg');
      execFileSync(programs.job, [photograph, JSON.stringify(options), half], { input: '\n' });
      return score(readFileSync(half));
    },
    /** sharp's, with `options` for jpeg(). */
    async sharp(options) {
      return score(await sharp(source).resize({ width: Math.ceil(width / 2) }).jpeg({ quality: 80, ...options }).toBuffer());
    },
    /** libjpeg-turbo's: decoded at half scale, encoded at quality 80. */
    turbo() {
      const half = execFileSync('djpeg', ['-scale', '1/2', photograph], { maxBuffer: Infinity });
      return score(execFileSync('cjpeg', ['-quality', '80'], { input: half, maxBuffer: Infinity }));
    },
    close() {
      rmSync(scratch, { recursive: true });
    },
  };
}

/**
 * The bytes that reach `wanted`: between the last quality below it and the first that reaches it, logarithms
 * interpolated.
 * @param {(quality: number) => {bytes: number, score: number}} half
 * @param {number} wanted SSIMULACRA2
 */
export function bytesAt(half, wanted) {
  let [low, high] = [30, 96];
  const seen = new Map([[low, half(low)], [high, half(high)]]);
  if (seen.get(low).score > wanted || seen.get(high).score < wanted) return NaN;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    seen.set(middle, half(middle));
    if (seen.get(middle).score < wanted) low = middle;
    else high = middle;
  }
  const [below, above] = [seen.get(low), seen.get(high)];
  const share = (wanted - below.score) / (above.score - below.score);
  return Math.exp(Math.log(below.bytes) * (1 - share) + Math.log(above.bytes) * share);
}
