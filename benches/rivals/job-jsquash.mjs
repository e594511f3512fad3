/** jSquash in Node at its quickest: a triangle filter on samples as they are. A job for each line; see jobs.mjs. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import decode, { init as initDecode } from '@jsquash/jpeg/decode.js';
import encode, { init as initEncode } from '@jsquash/jpeg/encode.js';
import resize, { initResize } from '@jsquash/resize';
import { serve } from './serve.mjs';

/** What Node lacks of a browser. */
globalThis.ImageData = class {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
};

const { resolve } = createRequire(import.meta.url);
const module = (file) => WebAssembly.compile(readFileSync(resolve(file)));
await initDecode(await module('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
await initEncode(await module('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm'));
await initResize(await module('@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm'));

const file = readFileSync(process.argv[2]);
const source = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);

await serve(async () => {
  const whole = await decode(source);
  const size = { width: Math.ceil(whole.width / 2), height: Math.ceil(whole.height / 2) };
  const half = await resize(whole, { ...size, method: 'triangle', premultiply: false, linearRGB: false });
  return (await encode(half, { quality: 80 })).byteLength;
});
