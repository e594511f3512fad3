// @ts-check
/** The engine's decisions in plain words. */

import { bytes, formatName, whole } from './quantity.js';

/** @typedef {{ code: string } & Record<string, any>} Decision one `halver::Decision` */

/** @type {Record<number, string>} How each EXIF orientation is undone. */
const TURNS = {
  2: 'mirrored',
  3: 'turned by 180°',
  4: 'mirrored and turned by 180°',
  5: 'mirrored and turned by 90°',
  6: 'turned by 90° to the right',
  7: 'mirrored and turned by 90°',
  8: 'turned by 90° to the left',
};

/** @type {Record<string, string>} */
const METADATA = {
  exif: 'camera data (EXIF)',
  gps: 'GPS position',
  thumbnail: 'thumbnail',
  xmp: 'XMP',
  iptc: 'IPTC',
  text: 'comments',
  application: 'maker’s data',
};

/** @type {Record<string, string>} What a picture is, as far as formats care. */
const SUITS = {
  photograph: 'for a photograph',
  graphic: 'for a picture with flat areas',
  deep: 'that keeps 16 bits',
  animation: 'for an animation',
};

/** @type {Record<string, (decision: Decision) => string>} */
const SENTENCES = {
  rotated: ({ orientation }) => `Rotated upright: ${TURNS[orientation] ?? 'turned'}, as its EXIF orientation asks`,
  'format-chosen': ({ format, suits }) => `${formatName(format)} chosen, the smallest ${SUITS[suits] ?? 'for it'}`,
  'first-frame-only': ({ frames }) => `Only the first of ${whole(frames)} frames kept, as asked`,
  'metadata-removed': ({ kinds }) => `Private data removed: ${list(kinds.map((/** @type {string} */ kind) => METADATA[kind] ?? kind))}`,
  'profile-kept': ({ bytes: size, name }) => (name ? `Colour profile “${name}” kept (${bytes(size)})` : `Colour profile kept (${bytes(size)})`),
  'profile-dropped': ({ reason }) => `Colour profile left out: ${reason}`,
  'color-chunks-dropped': () => 'PNG colour chunks left out, so colours may differ a little',
  'quality-limited': ({ asked, used }) => `Quality limited to the source’s own ${used}, though ${asked} was asked`,
  salvaged: ({ blocks }) => `The file is damaged: what is there of it was kept, ${whole(blocks)} blocks are missing or coarse`,
  'inks-converted': () => 'Printing inks (CMYK) converted to RGB',
  flattened: ({ background }) => `Transparency blended onto rgb(${background.join(', ')})`,
  'transparency-hardened': () => 'Partly transparent pixels made fully transparent or solid',
  'depth-reduced': () => '16-bit samples reduced to 8 bits',
  'palette-reduced': ({ colors }) => `Colours reduced to a palette of ${whole(colors)}`,
  'trailing-data-removed': ({ bytes: size }) => `${bytes(size)} behind the picture’s end left out`,
  'larger-than-source': ({ by }) => `The half is larger than the whole, by ${bytes(by)}`,
};

/**
 * One line for each decision, or one that says there were none. A decision that a newer engine knows and this page does
 * not is shown by its code rather than hidden.
 *
 * @param {Decision[]} decisions
 * @param {string | null} [profile] what the kept colour profile calls itself
 * @returns {string[]}
 */
export function sentences(decisions, profile = null) {
  if (decisions.length === 0) {
    return ['Halved, and nothing else: nothing had to be changed or left out'];
  }
  return decisions.map((decision) => SENTENCES[decision.code]?.({ name: profile, ...decision }) ?? decision.code);
}

/** @param {string[]} items */
function list(items) {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(items);
}
