// @ts-check
/**
 * The receipt of a half: a small JSON file that says of which bytes it was made, how, and what came out. Whoever has the
 * original and the receipt can make the half again and compare; the page's verify view does. It proves nothing by
 * itself: it is not signed, but all that it says can be recomputed.
 */

import { derivedName } from './file-name.js';

/** @typedef {'jpeg' | 'png' | 'webp' | 'gif' | 'bmp'} Format */

/**
 * Version 1. Hashes are 64 lower-case hexadecimal digits, times are ISO 8601 in UTC, sides are in pixels as the picture
 * is shown, upright.
 *
 * @typedef {object} Receipt
 * @property {'halver'} receipt
 * @property {1} version
 * @property {string} made when the preview was made
 * @property {{ name: string, bytes: number, sha256: string, format: Format, width: number, height: number }} source its `name`
 *   is empty where it had none
 * @property {string} recipe 16 hexadecimal digits: the options and the output version, in short
 * @property {Record<string, unknown>} options those of `halver::Options` that were given, without limits; the others
 *   were the engine's defaults
 * @property {number} outputVersion changes whenever the engine's results do
 * @property {{ bytes: number, sha256: string, type: string, width: number, height: number }} half
 * @property {{ bucket: string, key: string, sha256: string, comparedAt: string }} [stored] what was fetched back after an
 *   upload; where its `sha256` is the half's, the store held the very bytes of the preview
 * @property {{ version: string, build: string }} engine the package's version, and which of its builds made the half
 */

/** Why a file is no receipt: `message` is a sentence that says what to do. */
export class ReceiptError extends Error {
  /**
   * @param {'not-a-receipt' | 'other-version' | 'damaged'} code
   * @param {string} sentence
   */
  constructor(code, sentence) {
    super(sentence);
    this.name = 'ReceiptError';
    this.code = code;
  }
}

/** Characters that a receipt has at most: keys in S3 have up to 1024 bytes, names of files hardly more. */
const LONGEST = 65_536;

const WRITTEN = ['jpeg', 'png', 'webp', 'gif', 'auto'];
const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'bmp'];

/** What each option may be. Limits never change bytes, and are no part of a receipt. */
const OPTIONS = /** @type {Record<string, (value: unknown) => boolean>} */ ({
  format: (value) => value === null || WRITTEN.includes(/** @type {string} */ (value)),
  quality: (value) => isWhole(value, 1, 100),
  effort: (value) => ['fast', 'balanced', 'small'].includes(/** @type {string} */ (value)),
  progressive: (value) => typeof value === 'boolean',
  subsampling: (value) => ['source', '4:2:0'].includes(/** @type {string} */ (value)),
  salvage: (value) => typeof value === 'boolean',
  background: (value) => Array.isArray(value) && value.length === 3 && value.every((part) => isWhole(part, 0, 255)),
  webp: (value) => ['source', 'lossy', 'lossless'].includes(/** @type {string} */ (value)),
  light: (value) => ['encoded', 'linear'].includes(/** @type {string} */ (value)),
  animation: (value) => ['keep', 'first'].includes(/** @type {string} */ (value)),
});

/** Each field of a receipt: what it must be, and how that is said. */
const FIELDS = /** @type {[path: string, is: (value: any) => boolean, expected: string][]} */ ([
  ['made', isTime, 'a time'],
  ['source.name', (value) => isText(value), 'a name'],
  ['source.bytes', (value) => isWhole(value, 1), 'a number of bytes'],
  ['source.sha256', isHash, 'a SHA-256'],
  ['source.format', (value) => FORMATS.includes(value), 'a format'],
  ['source.width', (value) => isWhole(value, 1), 'a number of pixels'],
  ['source.height', (value) => isWhole(value, 1), 'a number of pixels'],
  ['recipe', (value) => isText(value, /^[0-9a-f]{16}$/), 'a recipe'],
  ['options', (value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'a set of options'],
  ['outputVersion', (value) => isWhole(value, 1), 'an output version'],
  ['half.bytes', (value) => isWhole(value, 1), 'a number of bytes'],
  ['half.sha256', isHash, 'a SHA-256'],
  ['half.type', (value) => isText(value, /^image\/[a-z]+$/), 'a media type'],
  ['half.width', (value) => isWhole(value, 1), 'a number of pixels'],
  ['half.height', (value) => isWhole(value, 1), 'a number of pixels'],
  ['engine.version', (value) => isText(value), 'a version'],
  ['engine.build', (value) => isText(value), 'a build'],
]);

const STORED = /** @type {typeof FIELDS} */ ([
  ['stored.bucket', (value) => isText(value), 'a bucket'],
  ['stored.key', (value) => isText(value), 'a key'],
  ['stored.sha256', isHash, 'a SHA-256'],
  ['stored.comparedAt', isTime, 'a time'],
]);

/**
 * @param {object} facts
 * @param {string} facts.name the source's
 * @param {import('./halver/index.js').Half} facts.half
 * @param {Record<string, any>} facts.options with which it was made
 * @param {import('./halver/index.js').Engine} facts.engine
 * @param {Date} facts.made
 * @param {import('./upload.js').Stored & { comparedAt: Date }} [facts.stored]
 * @returns {Receipt}
 */
export function receiptOf({ name, half, options, engine, made, stored }) {
  const { bytes, sha256, format, width, height } = half.source;
  const known = Object.entries(options).filter(([option]) => Object.hasOwn(OPTIONS, option));
  return {
    receipt: 'halver',
    version: 1,
    made: made.toISOString(),
    source: { name, bytes, sha256, format, width, height },
    recipe: half.recipe,
    options: Object.fromEntries(known),
    outputVersion: half.outputVersion,
    half: { bytes: half.bytes.byteLength, sha256: half.sha256, type: half.type, width: half.width, height: half.height },
    ...(stored && {
      stored: { bucket: stored.bucket, key: stored.key, sha256: stored.sha256, comparedAt: stored.comparedAt.toISOString() },
    }),
    engine: { version: engine.version, build: half.engine },
  };
}

/**
 * The receipt as a file to be kept, named after its source.
 *
 * @param {Receipt} receipt
 * @returns {File}
 */
export function receiptFile(receipt) {
  const name = derivedName(receipt.source.name, 'receipt', 'json');
  return new File([`${JSON.stringify(receipt, null, 2)}\n`], name, { type: 'application/json' });
}

/**
 * @param {string} text
 * @returns {Receipt} with every field checked; fields that it does not know are left out
 * @throws {ReceiptError}
 */
export function readReceipt(text) {
  const value = parse(text);
  if (value?.receipt !== 'halver') {
    const sentence = 'This file is no receipt of Halver. Choose the file that the page gave you as “…receipt.json”.';
    throw new ReceiptError('not-a-receipt', sentence);
  }
  if (value.version !== 1) {
    const version = JSON.stringify(value.version)?.slice(0, 20);
    const sentence = `This receipt is of version ${version}, and this page reads version 1. Reload the page; it may be out of date.`;
    throw new ReceiptError('other-version', sentence);
  }
  const stored = value.stored === undefined ? [] : STORED;
  const receipt = /** @type {any} */ ({ receipt: 'halver', version: 1 });
  for (const [path, is, expected] of [...FIELDS, ...stored]) {
    const [field, part] = path.split('.');
    const found = part ? value[field]?.[part] : value[field];
    demand(is(found), path, expected);
    if (part) {
      receipt[field] = { ...receipt[field], [part]: found };
    } else {
      receipt[field] = found;
    }
  }
  for (const [option, given] of Object.entries(receipt.options)) {
    demand(Object.hasOwn(OPTIONS, option) && OPTIONS[option](given), `options.${option.slice(0, 40)}`, 'an option that this page knows');
  }
  return receipt;
}

/**
 * @param {string} text
 * @returns {any} null where it is no JSON of a receipt's size
 */
function parse(text) {
  try {
    return text.length > LONGEST ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {boolean} holds
 * @param {string} path
 * @param {string} expected
 */
function demand(holds, path, expected) {
  if (!holds) {
    throw new ReceiptError('damaged', `This receipt is damaged: “${path}” is not ${expected}. Take another copy of it.`);
  }
}

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} [most]
 */
function isWhole(value, least, most = Number.MAX_SAFE_INTEGER) {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}

/**
 * @param {unknown} value
 * @param {RegExp} [shape]
 */
function isText(value, shape = /^/) {
  return typeof value === 'string' && shape.test(value);
}

/** @param {unknown} value */
function isHash(value) {
  return isText(value, /^[0-9a-f]{64}$/);
}

/** @param {unknown} value */
function isTime(value) {
  return isText(value, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/) && !Number.isNaN(Date.parse(String(value)));
}
