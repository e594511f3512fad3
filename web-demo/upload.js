// @ts-check
/** An upload, from the permission to the stored half: asked for, put, awaited, fetched back, hashed. */

import { sha256 } from './digest.js';
import { mayPass, online, Passing, pause, persist } from './retry.js';
import { receive, send } from './transfer.js';

/** @typedef {'uploading' | 'stored' | 'halving' | 'comparing'} Step */

/**
 * How far it is. With `wait`, the step has met with trouble and goes on by itself; `sent` is in bytes.
 *
 * @typedef {{ step: Step, sent: number, wait?: import('./retry.js').Wait }} Progress
 */

/**
 * What the function stored. `bytes` and `sha256` are of what was fetched back, not what the server says of it; `url` ends after
 * a while, and {@link addressOf} the `id` gives another one.
 *
 * @typedef {{ id: string, bucket: string, key: string, url: string, bytes: number, sha256: string, recipe: string }} Stored
 */

/**
 * Leave to put one object, once, of exactly one type, length and SHA-256, which are among the signed `headers`.
 *
 * @typedef {object} Permission
 * @property {string} id
 * @property {string} bucket
 * @property {string} key
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers all of which must be sent
 * @property {number} expiresInSeconds
 */

/** @typedef {{ signal: AbortSignal, onProgress: (progress: Progress) => void }} Options */

/**
 * Why nothing was compared: `message` is a sentence that says what to do. The codes:
 *
 * | code | it says that |
 * |---|---|
 * | `network`, `stalled` | no answer came, or nothing moved, in all tries |
 * | `file-changed` | the file on disk is no longer the one that was chosen |
 * | `bytes-refused` | other bytes arrived than were signed |
 * | `permission-refused` | the store refused a fresh permission, too |
 * | `no-half` | the file was stored, but there was no half of it in time |
 * | `storage-N`, `status-N` | the store, or the API, answered with the HTTP status N |
 * | `not-understood` | the API's answer was none |
 * | any other | the function's own code, from its failure record |
 */
export class UploadError extends Error {
  /**
   * @param {string} code
   * @param {string} sentence
   */
  constructor(code, sentence) {
    super(sentence);
    this.name = 'UploadError';
    this.code = code;
  }
}

/** Milliseconds from the upload's end to the half, times without a network not counted. */
const PATIENCE = 60_000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 2000;
/** A permission is renewed when less than this part of its life is left. */
const MARGIN = 0.1;

/** S3's codes for what broke on its way; it sends them with status 400. */
const BROKEN_ON_THE_WAY = ['RequestTimeout', 'IncompleteBody'];
/** S3's codes for a permission that has ended with the credentials behind it; some come with status 400. */
const ENDED = ['ExpiredToken', 'TokenRefreshRequired'];
/** S3's codes for bytes that are not those of the signed checksum or length. */
const OTHER_BYTES = ['BadDigest', 'InvalidDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch'];

const UNREADABLE = 'Choose another copy of the picture, or export it once more.';
/** @type {Record<string, string>} What to do where the function says that it is the picture, by its code. */
const IMAGE_ADVICE = {
  'too-large': 'Choose a smaller one.',
  malformed: UNREADABLE,
  'not-an-image': UNREADABLE,
  'unsupported-format': UNREADABLE,
  'unsupported-feature': UNREADABLE,
};
/** @type {Record<number, string>} What to do about a refusal, by its status. */
const ADVICE = {
  400: 'Page and function may be of different versions: reload the page.',
  403: 'The function does not take uploads from this page; whoever runs it can allow it.',
  404: 'The function may take no uploads any more: reload the page.',
  413: 'Choose a smaller file.',
  415: 'Save the picture as JPEG, PNG, WebP or GIF, and choose that.',
};
const LASTING = 'The same again would be refused again; whoever runs the function can tell more by its log.';

/**
 * @param {string} id of an upload that was halved
 * @returns {Promise<string>} a fresh address of its half; rejects where there is no answer
 */
export async function addressOf(id) {
  return read(await receive(`status/${encodeURIComponent(id)}`, { signal: new AbortController().signal })).url;
}

/**
 * The upload of one file. It remembers how far it came: another `run` after a failure or a cancel does not send again
 * what has arrived, and asks for no second permission where the first is still good.
 */
export class Upload {
  #file;
  #source;
  /** @type {Permission | null} */
  #permission = null;
  /** When it was given, on both clocks: the one stands still while a device sleeps, the other may be set. */
  #given = { clock: 0, date: 0 };
  #arrived = false;

  /**
   * @param {File} file
   * @param {{ sha256: string, format: string }} source what the preview found `file` to be
   */
  constructor(file, source) {
    this.#file = file;
    this.#source = source;
  }

  /** @returns {{ bucket: string, key: string } | null} where the file lies, once all of it has arrived */
  get arrived() {
    return this.#arrived ? this.#permission : null;
  }

  /**
   * @param {Options} options aborting `signal` ends it at once, in a request as in a pause
   * @returns {Promise<Stored>} rejects with an {@link UploadError}, or as `signal` says
   */
  async run(options) {
    const { signal, onProgress } = options;
    try {
      if (!this.#arrived) {
        await this.#deliver(options);
      }
      onProgress({ step: 'stored', sent: this.#file.size });
      const stored = await this.#awaitHalf(options);
      onProgress({ step: 'comparing', sent: this.#file.size });
      const bytes = await this.#fetchBack(stored.url, options);
      const hash = await sha256(bytes);
      signal.throwIfAborted();
      const { id } = /** @type {Permission} */ (this.#permission);
      return { ...stored, id, bytes: bytes.byteLength, sha256: hash };
    } catch (error) {
      throw error instanceof Passing ? new UploadError(error.code, error.message) : error;
    }
  }

  /** Forgets what was sent: the next `run` begins anew. */
  reset() {
    this.#permission = null;
    this.#arrived = false;
  }

  /**
   * Puts the file. The permission is asked for within a try, so that all of it has the tries of one.
   *
   * @param {Options} options
   */
  async #deliver({ signal, onProgress }) {
    let fresh = 1; // permissions that may be asked for because the store refuses the one at hand
    const attempt = async () => {
      onProgress({ step: 'uploading', sent: 0 });
      this.#permission = this.#isGood() ? this.#permission : await this.#ask(signal);
      const permission = /** @type {Permission} */ (this.#permission);
      const answer = await send(permission, this.#file, {
        onProgress: (sent) => onProgress({ step: 'uploading', sent }),
        signal,
      }).catch((error) => this.#explain(error));
      if (isRefusal(answer) && fresh > 0) {
        fresh -= 1;
        this.#permission = null;
        await attempt();
        return;
      }
      await this.#judge(answer);
    };
    await persist(attempt, { signal, onWait: (wait) => onProgress({ step: 'uploading', sent: 0, wait }) });
    this.#arrived = true;
  }

  /** Whether there is a permission that will last. */
  #isGood() {
    const { clock, date } = this.#given;
    const age = Math.max(performance.now() - clock, Date.now() - date) / 1000;
    return this.#permission !== null && age < this.#permission.expiresInSeconds * (1 - MARGIN);
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<Permission>}
   */
  async #ask(signal) {
    const { format, sha256: hash } = this.#source;
    const { name, size } = this.#file;
    const body = JSON.stringify({ name, type: `image/${format}`, length: size, sha256: hash });
    const headers = { 'content-type': 'application/json' };
    const given = { clock: performance.now(), date: Date.now() }; // Early: the life began before the answer came.
    const permission = read(await receive('uploads', { method: 'POST', body, headers, signal }));
    this.#given = given; // Late: the permission before must not pass for young where there is no answer.
    return permission;
  }

  /**
   * A file that was changed on disk after it was chosen fails like a lost connection; whether it can be read tells.
   *
   * @param {unknown} error
   * @returns {Promise<never>}
   */
  async #explain(error) {
    if (error instanceof Passing) {
      await this.#file.slice(0, 1).arrayBuffer().catch(() => {
        throw fileChanged();
      });
    }
    throw error;
  }

  /** Whether the file still is what was chosen. Browsers see no change that comes within the same second. */
  async #isAsChosen() {
    const hash = await this.#file.arrayBuffer().then(sha256, () => null);
    return hash === this.#source.sha256;
  }

  /**
   * 412 says that something lies under the key already. Nobody else knows the key, and the permission takes no other
   * bytes: it is what an earlier try sent, whose answer was lost.
   *
   * @param {import('./transfer.js').Answer} answer of the store to the put
   */
  async #judge({ status, bytes, retryAfter }) {
    if (status < 300 || status === 412) {
      return;
    }
    const code = storeCode(bytes);
    if ((OTHER_BYTES.includes(code) || isRefusal({ status, bytes })) && !(await this.#isAsChosen())) {
      this.reset();
      throw fileChanged();
    }
    if (OTHER_BYTES.includes(code)) {
      this.reset();
      const sentence = 'The storage refused the upload, because other bytes arrived than the preview was made of. '
        + 'Something changes them on their way, or the file was changed: choose it again, or use another network.';
      throw new UploadError('bytes-refused', `${sentence} (${code})`);
    }
    if (isRefusal({ status, bytes })) {
      this.reset();
      const sentence = 'The storage refused the upload, and a fresh permission as well. The function may not write to its '
        + 'bucket, or something changes requests on their way. Whoever runs the function can tell by its log.';
      throw new UploadError('permission-refused', `${sentence} (${code || status})`);
    }
    throw storeTrouble(status, code, retryAfter);
  }

  /**
   * Asks for the half again and again, at growing distances. A server in trouble is asked on, as long as the patience
   * lasts; and once more behind its end, because a device may have slept through it.
   *
   * @param {Options} options
   * @returns {Promise<Stored>} `bytes` and `sha256` are what the server says
   */
  async #awaitHalf({ signal, onProgress }) {
    const progress = { step: /** @type {Step} */ ('halving'), sent: this.#file.size };
    let left = PATIENCE;
    for (let distance = FIRST_PAUSE; ; distance = Math.min(distance * 1.5, LONGEST_PAUSE)) {
      const begun = performance.now();
      const { stored, trouble } = await this.#look(signal);
      if (stored) {
        return stored;
      }
      if (trouble?.isOffline) {
        onProgress({ ...progress, wait: { kind: 'offline' } });
        await online(signal);
        continue;
      }
      onProgress(progress);
      const rest = Math.max(trouble?.retryAfter ?? 0, distance * (0.5 + Math.random() / 2));
      left -= performance.now() - begun + rest;
      if (left < 0) {
        throw trouble ?? noHalf();
      }
      await pause(rest, signal);
    }
  }

  /**
   * Asks once.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<{ stored?: Stored, trouble?: Passing }>} neither where there is no half yet
   */
  async #look(signal) {
    const { id } = /** @type {Permission} */ (this.#permission);
    try {
      const status = read(await receive(`status/${encodeURIComponent(id)}`, { signal }));
      if (status.state === 'failed') {
        const advice = IMAGE_ADVICE[status.code] ?? 'The same again would fail again; whoever runs the function can tell more by its log.';
        const sentence = `The function could not halve it: ${status.message}. ${advice} What you sent stays in the bucket.`;
        throw new UploadError(status.code, sentence);
      }
      return status.state === 'halved' ? { stored: status } : {};
    } catch (error) {
      if (error instanceof Passing) {
        return { trouble: error };
      }
      if (error instanceof UploadError) {
        this.reset(); // Looking again would find the same.
      }
      throw error;
    }
  }

  /**
   * @param {string} url presigned; where it has ended, a fresh one is asked for, once
   * @param {Options} options
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async #fetchBack(url, options) {
    const { signal, onProgress } = options;
    let fresh = 1;
    const attempt = async () => {
      let answer = await receive(url, { signal });
      if (isRefusal(answer) && fresh > 0) {
        fresh -= 1;
        url = (await this.#awaitHalf(options)).url;
        answer = await receive(url, { signal });
      }
      if (answer.status >= 300) {
        throw storeTrouble(answer.status, storeCode(answer.bytes), answer.retryAfter);
      }
      return answer.bytes;
    };
    return persist(attempt, { signal, onWait: (wait) => onProgress({ step: 'comparing', sent: this.#file.size, wait }) });
  }
}

/**
 * The body of a good answer of the API; of a bad one, its problem details (RFC 9457) as an error.
 *
 * @param {import('./transfer.js').Answer} answer
 * @returns {any}
 */
function read({ status, bytes, retryAfter }) {
  const body = parse(bytes);
  if (status < 300 && body !== null) {
    return body;
  }
  if (status < 300) {
    const sentence = 'The server’s answer was not understood. Reload the page; its server may be of another version.';
    throw new UploadError('not-understood', sentence);
  }
  const said = `${body?.detail ?? body?.title ?? `status ${status}, without a reason`}`.replace(/\.$/, '');
  if (mayPass(status)) {
    throw new Passing(`status-${status}`, `The server is in trouble: ${said}. ${later(retryAfter)}`, { retryAfter });
  }
  throw new UploadError(`status-${status}`, `The server refused: ${said}. ${ADVICE[status] ?? LASTING}`);
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {any} null where it is no JSON object
 */
function parse(bytes) {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/**
 * Whether the store says that it does not take the permission, for whatever reason: wrong, ended, or withdrawn.
 *
 * @param {{ status: number, bytes: Uint8Array<ArrayBuffer> }} answer
 */
function isRefusal({ status, bytes }) {
  return status === 403 || ENDED.includes(storeCode(bytes));
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes of an answer that S3 gives
 * @returns {string} the code in it; empty where there is none
 */
function storeCode(bytes) {
  return /<Code>(\w{1,64})<\/Code>/.exec(new TextDecoder().decode(bytes.subarray(0, 4096)))?.[1] ?? '';
}

/**
 * @param {number} status
 * @param {string} code S3's
 * @param {number} retryAfter milliseconds
 */
function storeTrouble(status, code, retryAfter) {
  const said = `status ${status}${code && ` (${code})`}`;
  if (mayPass(status) || BROKEN_ON_THE_WAY.includes(code)) {
    return new Passing(`storage-${status}`, `The storage is in trouble: it answered with ${said}. ${later(retryAfter)}`, { retryAfter });
  }
  return new UploadError(`storage-${status}`, `The storage refused: it answered with ${said}. ${status === 413 ? ADVICE[413] : LASTING}`);
}

/** @param {number} retryAfter milliseconds */
function later(retryAfter) {
  return retryAfter > 0 ? `It asks to be left alone for ${Math.ceil(retryAfter / 1000)} seconds: try again then.` : 'Try again in a minute.';
}

function fileChanged() {
  const sentence = 'The file was changed or moved after it was chosen, so the preview is not of what it is now. Choose it again.';
  return new UploadError('file-changed', sentence);
}

function noHalf() {
  const sentence = `The file is stored, but there was no half of it after ${PATIENCE / 1000} seconds. `
    + 'Check that the function runs, then look again: nothing is sent twice.';
  return new UploadError('no-half', sentence);
}
