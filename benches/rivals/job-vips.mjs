/** wasm-vips in Node, one thread: it shrinks by two and encodes at quality 80. A job for each line; see jobs.mjs. */

import { readFileSync } from 'node:fs';
import Vips from 'wasm-vips';
import { serve } from './serve.mjs';

const source = readFileSync(process.argv[2]);
const vips = await Vips({ dynamicLibraries: [] });
vips.concurrency(1);
vips.Cache.max(0); // the same source again and again would be a gift

await serve(() => {
  const image = vips.Image.newFromBuffer(source);
  const half = image.shrink(2, 2);
  const { length } = half.jpegsaveBuffer({ Q: 80, keep: 'none' });
  half.delete();
  image.delete();
  return length;
});
process.exit(); // its threads would go on waiting
