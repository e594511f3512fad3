// @ts-check
/** An upload, from the permission to the stored half: asked for, put, awaited, fetched back, hashed. */

import { sha256 } from './digest.js';

/** @typedef {'uploading' | 'stored' | 'halving' | 'compared'} Step */

/**
 * What the function stored. `sha256` is of the bytes that were fetched back, not what the server says of them.
 *
 * @typedef {{ bucket: string, key: string, url: string, bytes: number, sha256: string, recipe: string }} Stored
 */

/** Why nothing was verified: `message` is a sentence that says what to do. */
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

const PATIENCE = 60_000; // milliseconds from the upload's end to the half
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 2000;

/**
 * @param {File} file
 * @param {import('./engine.js').Half} half the preview, for the source's hash and format
 * @param {(step: Step, progress: number) => void} onStep progress is 0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<Stored>} rejects with an {@link UploadError}, or as `signal` says
 */
export async function upload(file, half, onStep, signal) {
  onStep('uploading', 0);
  const permission = await askPermission(file, half, signal);
  await put(file, permission, (progress) => onStep('uploading', progress), signal);
  onStep('stored', 1);
  const stored = await awaitHalf(permission.id, () => onStep('halving', 0), signal);
  onStep('compared', 0);
  const bytes = await fetchHalf(stored.url, signal);
  return { ...stored, bytes: bytes.byteLength, sha256: await sha256(bytes) };
}

/**
 * @param {File} file
 * @param {import('./engine.js').Half} half
 * @param {AbortSignal} signal
 * @returns {Promise<{ id: string, method: string, url: string, headers: Record<string, string> }>}
 */
async function askPermission(file, { report, sourceSha256 }, signal) {
  const body = JSON.stringify({ name: file.name, type: `image/${report.source.format}`, length: file.size, sha256: sourceSha256 });
  const headers = { 'content-type': 'application/json' };
  return json(await request('uploads', { method: 'POST', body, headers, signal }));
}

/**
 * Sends the bytes with XMLHttpRequest, the one interface that tells how far it is.
 *
 * @param {File} file
 * @param {{ method: string, url: string, headers: Record<string, string> }} permission
 * @param {(progress: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function put(file, { method, url, headers }, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      sending.setRequestHeader(name, value);
    }
    sending.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 1);
    sending.onload = () => (sending.status < 300 ? resolve() : reject(storageRefused(sending.status)));
    sending.onerror = () => reject(networkGone());
    sending.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => sending.abort());
    sending.send(file);
  });
}

/**
 * Asks for the half again and again, at growing distances.
 *
 * @param {string} id
 * @param {() => void} onHalving
 * @param {AbortSignal} signal
 * @returns {Promise<Stored>}
 */
async function awaitHalf(id, onHalving, signal) {
  const deadline = performance.now() + PATIENCE;
  let pause = FIRST_PAUSE;
  while (performance.now() < deadline) {
    const status = await json(await request(`status/${encodeURIComponent(id)}`, { signal }));
    if (status.state === 'halved') {
      return status;
    }
    if (status.state === 'failed') {
      throw new UploadError(status.code, `The function could not halve it: ${status.message}. What you sent stays in the bucket.`);
    }
    onHalving();
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 1.5, LONGEST_PAUSE);
  }
  throw new UploadError('timeout', `No half after ${PATIENCE / 1000} seconds. Check that the function runs, then press Upload again.`);
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchHalf(url, signal) {
  const answer = await request(url, { signal, cache: 'no-store' });
  if (!answer.ok) {
    throw storageRefused(answer.status);
  }
  return answer.arrayBuffer().catch(() => {
    throw networkGone();
  });
}

/**
 * @param {string} address relative to the page, or a whole one
 * @param {RequestInit & { signal: AbortSignal }} init
 */
async function request(address, init) {
  return fetch(new URL(address, document.baseURI), init).catch(() => {
    throw init.signal.aborted ? init.signal.reason : networkGone();
  });
}

/**
 * The body of a good answer; of a bad one, its problem details (RFC 9457) as an error.
 *
 * @param {Response} answer
 * @returns {Promise<any>}
 */
async function json(answer) {
  const body = await answer.json().catch(() => null);
  if (!answer.ok) {
    const said = body?.detail ?? body?.title ?? 'it gave no reason';
    throw new UploadError(`status-${answer.status}`, `The server refused: ${said}. Press Upload to try again.`);
  }
  if (body === null) {
    throw networkGone(); // The answer broke off.
  }
  return body;
}

/** @param {number} status */
function storageRefused(status) {
  const message = `The storage answered with status ${status}. Press Upload again: it asks for a fresh permission.`;
  return new UploadError(`storage-${status}`, message);
}

function networkGone() {
  return new UploadError('network', 'The connection was lost on the way. Check the network, then press Upload again.');
}
