// @ts-check
/**
 * Whether a stored half is the half of an original, judged from what is known of both, and of a receipt where there is
 * one. Nothing here reads a file or touches the page.
 */

import { bytes, dimensions, formatName } from './quantity.js';

/** @typedef {import('./halver/index.js').Half} Half */
/** @typedef {import('./receipt.js').Receipt} Receipt */

/**
 * What is known of the stored half: from its bytes, and, where it was fetched, from the marks that the function wrote
 * beside them; null where it cannot be known.
 *
 * @typedef {object} StoredHalf
 * @property {string} sha256 of its bytes
 * @property {number} bytes
 * @property {import('./halver/index.js').Info | null} info null where it is no image that can be read
 * @property {{ sha256: string | null, sourceSha256: string | null, recipe: string | null }} marks
 */

/**
 * @typedef {object} Finding
 * @property {'identical' | 'different' | 'unsure'} kind
 * @property {string[]} lines sentences: what it means, the most probable reason, what to do
 * @property {{ what: string, agrees: boolean }[]} checks each fact of the receipt, and whether it holds; empty without one
 */

/**
 * @param {Half} made the original's half, made here
 * @param {StoredHalf | null} stored
 * @param {Receipt | null} receipt one of the two must be there
 * @returns {Finding}
 */
export function judge(made, stored, receipt) {
  if (receipt) {
    return judgeReceipt(made, stored, receipt);
  }
  const half = /** @type {StoredHalf} */ (stored);
  if (half.sha256 === made.sha256) {
    const line = `The stored half is the very one that this original gives: ${bytes(half.bytes)}, byte for byte.`;
    return { kind: 'identical', lines: [line], checks: [] };
  }
  const lines = ['The stored file is not the half that this original gives here.', reason(made, half)];
  return { kind: 'different', lines, checks: [] };
}

/**
 * @param {Half} made
 * @param {StoredHalf | null} stored
 * @param {Receipt} receipt
 * @returns {Finding}
 */
function judgeReceipt(made, stored, receipt) {
  const source = made.source.sha256 === receipt.source.sha256;
  const recipe = made.recipe === receipt.recipe;
  const kept = !stored || stored.sha256 === receipt.half.sha256;
  const result = made.sha256 === receipt.half.sha256;
  const checks = [
    { what: 'Source hash', agrees: source },
    { what: 'Recipe', agrees: recipe },
    ...(stored ? [{ what: 'Result hash of the stored half', agrees: kept }] : []),
    { what: 'Result hash of the half made here', agrees: result },
  ];
  const different = (/** @type {string[]} */ ...lines) => ({ kind: /** @type {const} */ ('different'), lines, checks });
  if (!source) {
    return different(...otherOriginal(made, stored, receipt));
  }
  if (stored && !kept) {
    return different('The stored file is not the half of the receipt.', otherHalf(made, stored, receipt));
  }
  if (result && !stored && receipt.stored && receipt.stored.sha256 !== receipt.half.sha256) {
    const { bucket, key, sha256 } = receipt.stored;
    const but = `But by the receipt, what was stored as ${bucket}/${key} was another: ${sha256}.`;
    return different('This original gives the very half of the receipt.', but);
  }
  if (result) {
    const what = stored ? 'The stored half is the very one that this original gives, and' : 'This original gives the very half of the receipt:';
    const end = stored ? 'the receipt says so, too.' : `${bytes(receipt.half.bytes)}, byte for byte.`;
    return { kind: 'identical', lines: [`${what} ${end}`, ...(recipe ? [] : [otherRecipe(made, receipt)])], checks };
  }
  return notMade(made, stored, receipt, checks);
}

/**
 * @param {Half} made
 * @param {StoredHalf | null} stored
 * @param {Receipt} receipt
 * @returns {string[]}
 */
function otherOriginal(made, stored, receipt) {
  const { name, bytes: size, width, height } = receipt.source;
  const wanted = `Choose ${name ? `“${name}”` : 'the one'}, with ${bytes(size)} and ${dimensions(width, height)} pixels.`;
  const lines = [`This original is not the one of the receipt. ${wanted}`];
  if (stored?.sha256 === made.sha256) {
    lines.push('The stored half is the half of this original, though: most probably the receipt belongs to another picture.');
  } else if (stored?.sha256 === receipt.half.sha256) {
    lines.push('The stored half is the one of the receipt: only the original is another.');
  }
  return lines;
}

/**
 * Why a stored half is not the one of the receipt, although the original is.
 *
 * @param {Half} made
 * @param {StoredHalf} stored
 * @param {Receipt} receipt
 */
function otherHalf(made, stored, receipt) {
  if (stored.sha256 === made.sha256) {
    return 'It is the half that this original gives here, so the receipt was changed, or is of another version.';
  }
  return stored.sha256 === receipt.stored?.sha256
    ? 'It is what was stored, as the receipt says, too: page and function differed when it was made.'
    : reason(made, stored);
}

/**
 * What to say of a receipt whose recipe is another, although its half is the same.
 *
 * @param {Half} made
 * @param {Receipt} receipt
 */
function otherRecipe(made, receipt) {
  return made.outputVersion === receipt.outputVersion
    ? 'Only its recipe does not belong to its options, so the receipt was changed.'
    : `Its engine was of output version ${receipt.outputVersion}, this page’s is of ${made.outputVersion}: they agree on this picture.`;
}

/**
 * The original is the receipt's, and so is the stored half, if there is one; but the half made here is another.
 *
 * @param {Half} made
 * @param {StoredHalf | null} stored
 * @param {Receipt} receipt
 * @param {Finding['checks']} checks
 * @returns {Finding}
 */
function notMade(made, stored, receipt, checks) {
  if (made.outputVersion !== receipt.outputVersion) {
    const kept = stored ? 'The original and the stored half are those of the receipt. ' : 'The original is that of the receipt. ';
    const lines = [
      `${kept}But the half was made by an engine of output version ${receipt.outputVersion}, `
        + `and this page’s is of ${made.outputVersion}, so it cannot be made again here.`,
      'Open a page of that version to tell.',
    ];
    return { kind: 'unsure', lines, checks };
  }
  const line = made.recipe === receipt.recipe
    ? 'By the same recipe this original gives another half here than the receipt says. The receipt was changed, '
      + 'or this is a fault of Halver: then please report it, with the receipt and the original.'
    : 'The options of the receipt do not belong to its recipe, so it was changed. Take another copy of it.';
  return { kind: 'different', lines: [line], checks };
}

/**
 * The most probable reason why `stored` is not what was made here, and what to do.
 *
 * @param {Half} made
 * @param {StoredHalf} stored
 * @returns {string}
 */
function reason(made, stored) {
  const { info, marks } = stored;
  if (stored.sha256 === made.source.sha256) {
    return 'It is the original itself, not a half of it. Choose the file from the bucket for halves.';
  }
  if (marks.sha256 && marks.sha256 !== stored.sha256) {
    return 'It was changed after the function wrote it: its own mark names another hash.';
  }
  if (marks.sourceSha256 && marks.sourceSha256 !== made.source.sha256) {
    return 'It was made of another original: its own mark names another source. Choose that.';
  }
  if (!info) {
    return 'It is no image that can be read: most probably it is damaged, or another file.';
  }
  if (info.width !== made.width || info.height !== made.height) {
    const isWhole = info.width === made.source.width && info.height === made.source.height;
    const sizes = `It has ${dimensions(info.width, info.height)} pixels, the half of this original ${dimensions(made.width, made.height)}.`;
    return `${sizes} ${isWhole ? 'It was not halved at all.' : 'Most probably it was made of another original.'}`;
  }
  return otherMaking(made, stored, info);
}

/**
 * The reason, where size and source do not tell.
 *
 * @param {Half} made
 * @param {StoredHalf} stored
 * @param {import('./halver/index.js').Info} info
 * @returns {string}
 */
function otherMaking(made, stored, info) {
  const { recipe } = stored.marks;
  if (info.format !== made.format) {
    return `It is a ${formatName(info.format)}, the one made here a ${formatName(made.format)}: it was made with other options. `
      + 'Choose that format, and look again.';
  }
  if (recipe && recipe !== made.recipe) {
    return `It was made by recipe ${recipe}, the one here by ${made.recipe}: with other options, or by another output version. `
      + 'Its receipt would know them.';
  }
  if (recipe) {
    return 'It was made by the same recipe, so most probably it was changed since, or made of another original of the same size.';
  }
  if (stored.bytes === made.bytes.byteLength) {
    return 'It has as many bytes as the one made here, but not the same: most probably it was damaged, or changed.';
  }
  return 'It was made with other options, by another output version, or of another picture of the same size; or it was changed. '
    + 'Its receipt would know the options; else try other ones.';
}
