// @ts-check
/** A stored half as the verify view gets it: from a file, or fetched from its address. */

import { sha256 } from './digest.js';
import { Passing } from './retry.js';
import { receive } from './transfer.js';

/** @typedef {import('./verification.js').StoredHalf} StoredHalf */

/** What the function writes beside each half; a store shows it to pages that its CORS rule lets read it. */
const MARKS = { sha256: 'x-amz-meta-halver-sha256', sourceSha256: 'x-amz-meta-halver-source-sha256', recipe: 'x-amz-meta-halver-recipe' };
const NO_MARKS = { sha256: null, sourceSha256: null, recipe: null };

/** Why there is no half to compare with: `message` is a sentence that says what to do. */
export class HalfError extends Error {
  /**
   * @param {'not-an-address' | 'not-allowed' | 'not-handed-over' | 'status' | 'empty' | 'unreadable'} code
   * @param {string} sentence
   */
  constructor(code, sentence) {
    super(sentence);
    this.name = 'HalfError';
    this.code = code;
  }
}

/**
 * @param {string} text what was typed
 * @param {AbortSignal} signal
 * @returns {Promise<{ content: Blob, marks: StoredHalf['marks'] }>} rejects with an {@link HalfError}, or as `signal`
 *   says
 */
export async function fetchHalf(text, signal) {
  const url = addressOf(text);
  const isForbidden = watchPolicy();
  try {
    const answer = await receive(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' });
    if (answer.status >= 300) {
      throw new HalfError('status', statusSentence(answer.status));
    }
    if (answer.bytes.byteLength === 0) {
      throw new HalfError('empty', 'What lies at this address is empty. Is it the address of the half?');
    }
    const marks = Object.entries(MARKS).map(([mark, name]) => [mark, answer.header(name)]);
    const type = answer.header('content-type') ?? '';
    return { content: new Blob([answer.bytes], { type }), marks: { ...NO_MARKS, ...Object.fromEntries(marks) } };
  } catch (error) {
    throw error instanceof Passing ? notFetched(error, await isForbidden()) : error;
  } finally {
    await isForbidden();
  }
}

/**
 * @param {Blob} content
 * @param {StoredHalf['marks'] | null} marks
 * @param {import('./halver/index.js').Halver} halver
 * @param {AbortSignal} signal
 * @returns {Promise<StoredHalf>} rejects with a {@link HalfError}, or as `signal` says
 */
export async function describe(content, marks, halver, signal) {
  const bytes = await content.arrayBuffer().catch(() => {
    throw new HalfError('unreadable', 'The stored half could not be read. Is it a folder, or was it moved or changed? Choose it again.');
  });
  signal.throwIfAborted();
  const info = await halver.probe(content, { signal }).catch(() => null);
  signal.throwIfAborted();
  return { sha256: await sha256(bytes), bytes: bytes.byteLength, info, marks: marks ?? NO_MARKS };
}

/** @param {string} text */
function addressOf(text) {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (!url || !['https:', 'http:'].includes(url.protocol)) {
    const sentence = 'That is no address. One begins with https:// and leads to the half itself, '
      + 'like the one that “Open the half” opens.';
    throw new HalfError('not-an-address', sentence);
  }
  return url;
}

/**
 * A request that this page's own Content-Security-Policy forbids looks like a lost connection; the browser tells the
 * difference by an event of its own, a little later.
 *
 * @returns {() => Promise<boolean>} ends the watch, and says whether there was one
 */
function watchPolicy() {
  let isForbidden = false;
  const see = (/** @type {SecurityPolicyViolationEvent} */ event) => {
    isForbidden ||= event.effectiveDirective === 'connect-src';
  };
  document.addEventListener('securitypolicyviolation', see);
  return async () => {
    await new Promise((resolve) => setTimeout(resolve));
    document.removeEventListener('securitypolicyviolation', see);
    return isForbidden;
  };
}

/**
 * @param {Passing} failure
 * @param {boolean} isForbidden
 */
function notFetched(failure, isForbidden) {
  const instead = 'Download the file and choose it here.';
  if (isForbidden) {
    const rule = 'This page may fetch from its own server and store alone, as its Content-Security-Policy says.';
    return new HalfError('not-allowed', `${rule} ${instead}`);
  }
  const why = failure.isOffline ? 'This device is offline.'
    : failure.code === 'stalled' ? 'The store stopped answering.'
    : 'The store did not hand it over: it cannot be reached, or its CORS rules do not let this page read it.';
  return new HalfError('not-handed-over', `${why} ${instead}`);
}

/** @param {number} status */
function statusSentence(status) {
  if (status === 403) {
    return 'The store refused (403): this address has expired, or the file is private. '
      + 'Get a fresh address, or download the file and choose it here.';
  }
  if (status === 404) {
    return 'Nothing lies at this address (404). Is it whole, and has the half been made?';
  }
  return `The store answered with status ${status}. Try again, or download the file and choose it here.`;
}
