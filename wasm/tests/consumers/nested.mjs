/** A page's own worker that halves: its workers are workers of a worker. */

import { createHalver } from '../../dist/index.js';

const photo = await (await fetch('/core/tests/corpus/photo-420.jpg')).blob();
const widths = [];
for (const base of [undefined, '/wasm/dist']) {
  const halver = await createHalver({ base });
  widths.push((await halver.halve(photo)).width);
  halver.dispose();
}
self.postMessage(widths);
