// @ts-check
/** One request, from its first byte out to the last byte in. It ends when nothing moves any more. */

import { Passing } from './retry.js';

/** Milliseconds without a byte in either direction after which a request is given up. */
const STALL = 30_000;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {number} retryAfter milliseconds that the server wants us to wait; 0 where it says nothing
 * @property {(name: string) => string | null} header by its name in lower case; those that the server lets this page read
 * @property {Uint8Array<ArrayBuffer>} bytes
 */

/**
 * Sends `body` with XMLHttpRequest, the one interface that tells how far it is.
 *
 * @param {{ method: string, url: string, headers: Record<string, string> }} request
 * @param {Blob} body
 * @param {{ onProgress: (sent: number) => void, signal: AbortSignal }} options `sent` in bytes
 * @returns {Promise<Answer>} rejects with {@link Passing} where no answer came, or as `signal` says
 */
export function send({ method, url, headers }, body, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const sending = new XMLHttpRequest();
    const watch = new Watch(() => sending.abort());
    const cancel = () => sending.abort();
    sending.open(method, url);
    sending.responseType = 'arraybuffer';
    for (const [name, value] of Object.entries(headers)) {
      sending.setRequestHeader(name, value);
    }
    sending.upload.onprogress = ({ loaded }) => {
      watch.moved();
      onProgress(loaded);
    };
    sending.onprogress = () => watch.moved();
    sending.onload = () => resolve(answerOf(sending));
    sending.onerror = () => reject(lost());
    sending.onabort = () => reject(signal.aborted ? signal.reason : stalled());
    sending.onloadend = () => {
      watch.end();
      signal.removeEventListener('abort', cancel);
    };
    signal.addEventListener('abort', cancel, { once: true });
    sending.send(body);
  });
}

/**
 * Fetches without any cache and without credentials for other origins.
 *
 * @param {string | URL} address relative to the page, or a whole one
 * @param {RequestInit & { signal: AbortSignal }} init
 * @returns {Promise<Answer>} rejects with {@link Passing} where no answer came, or as `init.signal` says
 */
export async function receive(address, init) {
  const { signal } = init;
  signal.throwIfAborted();
  const giving = new AbortController();
  const watch = new Watch(() => giving.abort(stalled()));
  const cancel = () => giving.abort(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answer = await fetch(new URL(address, document.baseURI), { cache: 'no-store', ...init, signal: giving.signal });
    const bytes = await readAll(answer, () => watch.moved());
    const header = (/** @type {string} */ name) => answer.headers.get(name);
    return { status: answer.status, retryAfter: milliseconds(header('retry-after')), header, bytes };
  } catch {
    throw giving.signal.aborted ? giving.signal.reason : lost();
  } finally {
    watch.end();
    signal.removeEventListener('abort', cancel);
  }
}

/** Calls `give` when nothing has moved for {@link STALL}. */
class Watch {
  #give;
  #timer;

  /** @param {() => void} give */
  constructor(give) {
    this.#give = give;
    this.#timer = setTimeout(give, STALL);
  }

  moved() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#give, STALL);
  }

  end() {
    clearTimeout(this.#timer);
  }
}

/**
 * @param {Response} answer
 * @param {() => void} onMoved
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function readAll(answer, onMoved) {
  const parts = [];
  const reader = answer.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    parts.push(part.value);
    onMoved();
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * @param {XMLHttpRequest} sending that has ended
 * @returns {Answer}
 */
function answerOf(sending) {
  const readable = sending.getAllResponseHeaders(); // Asking for others makes browsers complain.
  const header = (/** @type {string} */ name) => (readable.includes(`${name}:`) ? sending.getResponseHeader(name) : null);
  const bytes = new Uint8Array(sending.response ?? new ArrayBuffer(0));
  return { status: sending.status, retryAfter: milliseconds(header('retry-after')), header, bytes };
}

/**
 * @param {string | null} retryAfter seconds or a date, as RFC 9110 has it
 * @returns {number}
 */
function milliseconds(retryAfter) {
  if (retryAfter === null) {
    return 0;
  }
  const wanted = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Math.max(0, wanted || 0);
}

function lost() {
  const sentence = 'The connection was lost on the way. Check the network, then try again.';
  return new Passing('network', sentence, { isConnection: true });
}

function stalled() {
  const sentence = `Nothing has moved for ${STALL / 1000} seconds. Check the network, then try again.`;
  return new Passing('stalled', sentence, { isConnection: true });
}
