// @ts-check
/** Trying again: what may pass, how often it is tried, how long the pauses are, and what is awaited while offline. */

/** Tries in all. */
export const TRIES = 4;
/** Milliseconds. The first pause is up to this long, each further one up to twice the one before. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 8000;
/** Milliseconds that a server may ask for by `Retry-After`; one that wants more has to be come back to by hand. */
const LONGEST_ASKED = 30_000;

/**
 * What is waited for: the end of a pause (`milliseconds`) before the try `next`, 2 to {@link TRIES}; or the network.
 *
 * @typedef {{ kind: 'pause', milliseconds: number, next: number } | { kind: 'offline' }} Wait
 */

/**
 * Whether a server may answer otherwise another time: it was too slow, there was a conflict of writes, it was too early, there
 * were too many, or the server itself is in trouble.
 *
 * @param {number} status of HTTP
 */
export function mayPass(status) {
  return [408, 409, 425, 429].includes(status) || status >= 500;
}

/** A failure that may pass by itself: `code` is stable, `message` a sentence for when it does not pass. */
export class Passing extends Error {
  /**
   * @param {string} code
   * @param {string} sentence
   * @param {{ retryAfter?: number, isConnection?: boolean }} [more] `retryAfter` in milliseconds, as the server asks;
   *   `isConnection` where no answer came at all
   */
  constructor(code, sentence, { retryAfter = 0, isConnection = false } = {}) {
    super(sentence);
    this.name = 'Passing';
    this.code = code;
    this.retryAfter = retryAfter;
    /** Whether the device is offline, so that more tries would be burnt for nothing. */
    this.isOffline = isConnection && !navigator.onLine;
  }
}

/**
 * Attempts until it succeeds, at most {@link TRIES} times, with growing pauses of random length in between: many pages
 * that lost one server do not come back to it in step. Tries that fail because the device is offline do not count; the
 * next one waits for the network. The first is made in any case, for a server on this very device is always there.
 *
 * @template Result
 * @param {() => Promise<Result>} attempt only its rejections with {@link Passing} lead to another try
 * @param {{ signal: AbortSignal, onWait: (wait: Wait) => void }} options `signal` ends pauses, too, at once
 * @returns {Promise<Result>} rejects with what the last attempt rejected with, or as `signal` says
 */
export async function persist(attempt, { signal, onWait }) {
  for (let next = 2; ; ) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Passing) || (!error.isOffline && (next > TRIES || error.retryAfter > LONGEST_ASKED))) {
        throw error;
      }
      if (error.isOffline) {
        onWait({ kind: 'offline' });
        await online(signal);
      } else {
        const milliseconds = Math.max(error.retryAfter, backoff(next - 2));
        onWait({ kind: 'pause', milliseconds, next });
        await pause(milliseconds, signal);
        next += 1;
      }
    }
  }
}

/**
 * Exponential backoff with full jitter: anything from nothing to the longest pause of its turn.
 *
 * @param {number} turn 0 for the first pause
 * @returns {number} milliseconds
 */
function backoff(turn) {
  return Math.random() * Math.min(FIRST_PAUSE * 2 ** turn, LONGEST_PAUSE);
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>} rejects as `signal` says
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>} when the device has a network again; rejects as `signal` says
 */
export function online(signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const found = () => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = () => {
      removeEventListener('online', found);
      reject(signal.reason);
    };
    addEventListener('online', found, { once: true });
    signal.addEventListener('abort', stop, { once: true });
    if (navigator.onLine) {
      removeEventListener('online', found);
      found(); // It came back while the failure was being told.
    }
  });
}
