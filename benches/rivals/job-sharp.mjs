/**
 * sharp, as its users call it to halve a JPEG, on one thread. A job for each line on standard input; see jobs.mjs.
 *
 *     node job-sharp.mjs FILE [OPTIONS]      OPTIONS: JSON for sharp's jpeg(), {"quality":80} by default
 */

import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { serve } from './serve.mjs';

const [file, options = '{}'] = process.argv.slice(2);
const source = readFileSync(file);
const encoding = { quality: 80, ...JSON.parse(options) };
const { width } = await sharp(source).metadata();
sharp.concurrency(1);
sharp.cache(false); // the same source again and again would be a gift

await serve(async () => (await sharp(source).resize({ width: Math.ceil(width / 2) }).jpeg(encoding).toBuffer()).length);
