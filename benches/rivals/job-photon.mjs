/** photon in Node, by its triangle filter. A job for each line; see jobs.mjs. */

import { readFileSync } from 'node:fs';
import photon from '@silvia-odwyer/photon-node';
import { serve } from './serve.mjs';

const source = readFileSync(process.argv[2]);

await serve(() => {
  const whole = photon.PhotonImage.new_from_byteslice(source);
  const half = photon.resize(whole, Math.ceil(whole.get_width() / 2), Math.ceil(whole.get_height() / 2), photon.SamplingFilter.Triangle);
  const { length } = half.get_bytes_jpeg(80);
  whole.free();
  half.free();
  return length;
});
