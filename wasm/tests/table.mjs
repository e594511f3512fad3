/** The table of hashes that binds all builds to the native core, and which of its rows the smaller builds leave out. */

import { builds, read } from './builds.mjs';

const [heading, ...lines] = read('core/tests/golden.tsv').toString().trimEnd().split('\n');
if (heading !== 'path\toptions\tsha256' || lines.length < 150) {
  throw new Error(`golden.tsv is another table: ${heading}, ${lines.length} rows`);
}

/** @type {{ path: string, options: string, pinned: string }[]} `pinned` is a hash, or the code of an error */
export const rows = lines.map((line) => {
  const [path, options, pinned] = line.split('\t');
  return { path, options, pinned };
});

const { core } = builds.find(({ isFull }) => isFull);

/** What the build `name` gives for each row. */
export function expectedOf(name) {
  return rows.map(({ path, options, pinned }) => (name.startsWith('core') && isLeftOut(path, JSON.parse(options), pinned) ? 'left-out' : pinned));
}

/** Whether only a full build does it: WebP out, a choice among formats, much effort, BMP, what moves but is no GIF. */
function isLeftOut(path, options, pinned) {
  const source = read(path);
  let info;
  try {
    info = core.probe(source);
  } catch {
    return false;
  }
  const to = options.format ?? info.format;
  // An animation may have one frame: a WebP says so in its VP8X chunk.
  const moves = info.frames > 1 || (source.toString('latin1', 8, 16) === 'WEBPVP8X' && (source[20] & 2) !== 0);
  if (pinned === 'too-large' || (moves && pinned === 'unsupported-feature')) {
    return false; // No build does it, and the header says so.
  }
  return ['webp', 'auto'].includes(to) || options.effort === 'small' || info.format === 'bmp'
    || (moves && (info.format !== 'gif' || (to === 'png' && options.animation !== 'first')));
}
