// What a program does with the package. Each kind of consumer runs these lines, in Node and in Chromium.
import { createHalver } from 'halver';

export async function hashes(photos, settings) {
  const halver = await createHalver(settings);
  const halves = await Promise.all(photos.map((photo) => halver.halve(photo, { quality: 75 })));
  halves.push(await halver.halve(photos[0], { format: 'webp' }));
  halver.dispose();
  return [halver.engine.build, ...halves.map(({ sha256 }) => sha256)].join(' ');
}
