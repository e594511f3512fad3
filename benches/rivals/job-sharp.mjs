/**
 * sharp, as its users call it to halve a picture, on one thread. A job for each line on standard input; see jobs.mjs.
 *
 *     node job-sharp.mjs FILE [OPTIONS [FORMAT [OUT]]]      OPTIONS: JSON for sharp's encoder, {} by default
 *
 * FORMAT is jpeg (at quality 80), png, png16, gif or webp, jpeg by default. OUT gets the half.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { serve } from './serve.mjs';

const [file, options = '{}', format = 'jpeg', out] = process.argv.slice(2);
const source = readFileSync(file);
const open = () => sharp(source, { animated: format === 'gif' });
const { width } = await open().metadata();
sharp.concurrency(1);
sharp.cache(false); // the same source again and again would be a gift

const encoding = { ...(format === 'jpeg' && { quality: 80 }), ...JSON.parse(options) };
const encode = {
  jpeg: (half) => half.jpeg(encoding),
  png: (half) => half.png(encoding),
  png16: (half) => half.toColourspace('rgb16').png(encoding), // else it would have 8 bits
  gif: (half) => half.gif(encoding),
  webp: (half) => half.webp(encoding),
}[format];

await serve(async () => {
  const half = await encode(open().resize({ width: Math.ceil(width / 2) })).toBuffer();
  if (out) writeFileSync(out, half);
  return half.length;
});
