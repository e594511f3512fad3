// @ts-check
/** Why there is no preview, as a sentence that says what to do. */

import { bytes, formatName, whole } from './quantity.js';

/** What an encoder says of a half that its format cannot hold; decoders name the side that they found. */
const OF_THE_HALF = /^a side over \d+ pixels$/;

/** @type {Record<string, (details: Record<string, any>, name: string) => string>} */
const SENTENCES = {
  'not-an-image': (_, name) => `${name} is not an image, whatever its name says. Choose a JPEG, PNG, WebP or GIF.`,
  'unsupported-format': (details, name) =>
    `${name} is ${article(details.name)} ${details.name} file, which cannot be halved here. Save it as JPEG, PNG, WebP or GIF and choose that.`,
  'unsupported-feature': ({ format, feature }, name) =>
    OF_THE_HALF.test(feature)
      ? `The half of ${name} would have ${feature}, which no ${formatName(format)} can have. Choose another format for it.`
      : `${name} is a ${formatName(format)} with ${feature}, which cannot be halved here. Save it without, and choose that.`,
  malformed: (details, name) =>
    `${name} is a broken ${formatName(details.format)}: the file ${details.reason}. Choose another copy, or export it once more.`,
  'too-large': (details, name) => tooLarge(details, name),
  'bad-options': () => 'This page and its server are of different versions. Reload the page; if that does not help, build both anew.',
  unreadable: (_, name) => `${name} could not be read. Is it a folder, was it moved, or is it too large for this browser? Choose the file again.`,
  'engine-missing': () => 'The engine did not load. Check the connection and reload; on your own machine, run “cargo xtask wasm” first.',
  'engine-mismatch': () =>
    'The engine does not compute here as it should, so its halves would be worthless. Update this browser, or use another one.',
  timeout: (_, name) => `${name} took too long and was given up. Choose a smaller picture, or try it on a faster device.`,
  disposed: () => 'The engine was shut down. Reload the page.',
  'engine-crashed': ({ isFull }, name) =>
    isFull
      ? `The engine ran out of memory on ${name}. Close other tabs and try again, or choose a smaller picture.`
      : `The engine stopped on ${name}, by a fault of its own. Please report it, with the picture if you may; other pictures are not affected.`,
};

/**
 * @param {unknown} error what `halver.halve` rejected with
 * @param {File} file
 * @returns {string}
 */
export function sentenceOf(error, file) {
  const name = file.name ? `“${file.name}”` : 'The pasted picture';
  if (file.size === 0) {
    return `${name} is empty: it has no bytes at all. Choose another copy.`;
  }
  // By its name: the class itself is in the package, which may be what did not load.
  if (error instanceof Error && error.name === 'HalverError') {
    const { code, details, message } = /** @type {import('./halver/index.js').HalverError} */ (error);
    return SENTENCES[code]?.(details, name) ?? `${name} cannot be halved: ${message} (${code}).`;
  }
  return `The page failed on ${name}: ${error}. Reload it and try again.`;
}

/**
 * @param {Record<string, any>} details
 * @param {string} name
 */
function tooLarge({ limit, needed, allowed }, name) {
  const megapixels = (/** @type {number} */ count) => `${whole(Math.round(count / 1e6))} megapixels`;
  switch (limit) {
    case 'pixels':
      return `${name} claims ${megapixels(needed)}; up to ${megapixels(allowed)} are halved here. Scale it down first.`;
    case 'scan-blocks':
      return `${name} goes over its picture too often: ${whole(needed)} blocks in all scans; up to ${whole(allowed)} are read. Save it as a plain JPEG and choose that.`;
    case 'frames':
      return `${name} has ${whole(needed)} frames; up to ${whole(allowed)} are halved here. Shorten it first.`;
    case 'animation-pixels':
      return `${name} has ${megapixels(needed)} in all its frames; up to ${megapixels(allowed)} are halved here. Shorten it or scale it down first.`;
    case 'memory-bytes':
      return `${name} would take ${bytes(needed)} of memory; up to ${bytes(allowed)} are allowed. Scale it down first.`;
    default:
      return `${name} has ${bytes(needed)}; up to ${bytes(allowed)} are halved here. Choose a smaller file.`;
  }
}

/** @param {string} name of a format, spoken by its letters or as a word */
function article(name) {
  return /^(A|E|I|O|S[A-Z]{2}$)/.test(name) ? 'an' : 'a';
}
