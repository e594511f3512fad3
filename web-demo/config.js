// @ts-check
/** What the function behind this page will do with an upload. */

import { mayPass } from './retry.js';
import { receive } from './transfer.js';

/**
 * @typedef {object} Config
 * @property {Record<string, any>} options `halver::Options`
 * @property {string | null} recipe null where there is no function, or none that has answered yet
 * @property {number | null} outputVersion the function's; null where there is none
 * @property {string | null} bucket
 * @property {string | null} obstacle why nothing can be uploaded, as a sentence; null where it can
 */

/** Milliseconds that a server has for its answer. */
const PATIENCE = 8000;
/** Milliseconds. The first pause between two questions is half to all of it, each further one twice as long. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

const DEFAULTS = 'The preview works all the same, with the default options.';
const ASKING = `Uploading comes on as soon as the server answers. ${DEFAULTS}`;
const OFFLINE = `Uploading is off while this device is offline, and comes on by itself when it is not. ${DEFAULTS}`;
const SILENT = `Uploading is off for now, because the server does not answer. It is asked again by itself. ${DEFAULTS}`;
const NO_SERVER =
  'Uploading is off, because no Halver server answers behind this page. Start one with “cargo xtask demo” and open '
  + 'the address that it prints. The preview works all the same, with the default options.';
const NO_UPLOADS = 'Uploading is off, because the function behind this page takes no uploads: HALVER_UPLOADS is not set there.';
const INSECURE = 'Uploading is off, because this page was opened without encryption. Open it with https, or as 127.0.0.1.';

/** @type {Config} Before the first answer: what the engine does by itself. */
export const UNKNOWN = without(ASKING);

/**
 * Asks until the answer is one that lasts, at growing distances, and at once when the device finds a network.
 *
 * @param {(config: Config) => void} tell called with each answer, and with each failure, whose `obstacle` says what it is
 * @returns {Promise<void>} when there is nothing more to ask; never rejects
 */
export async function followConfig(tell) {
  for (let longest = FIRST_PAUSE; ; longest = Math.min(2 * longest, LONGEST_PAUSE)) {
    const { config, again } = await ask(AbortSignal.timeout(PATIENCE));
    tell(config);
    if (again === null) {
      return;
    }
    await rest(Math.max(again, longest * (0.5 + Math.random() / 2)));
  }
}

/**
 * Asks once.
 *
 * @param {AbortSignal} [signal] when it is no longer of interest
 * @returns {Promise<Config>} never rejects: where there is no answer, `obstacle` says why
 */
export async function readConfig(signal = AbortSignal.timeout(PATIENCE)) {
  return (await ask(signal)).config;
}

/**
 * @param {Config} config
 * @returns {string} what the page's header says of it; nothing while it is not known
 */
export function serviceOf(config) {
  const { obstacle, bucket } = config;
  return config === UNKNOWN ? '' : obstacle ? 'Preview only' : `Uploads go to bucket ${bucket}`;
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<{ config: Config, again: number | null }>} in how many milliseconds to ask again, at the earliest; null where
 *   the answer lasts
 */
async function ask(signal) {
  const answer = await receive('config', { signal }).catch(() => null);
  if (!answer) {
    return { config: without(navigator.onLine ? SILENT : OFFLINE), again: 0 };
  }
  if (mayPass(answer.status)) {
    return { config: without(SILENT), again: answer.retryAfter };
  }
  return { config: understood(answer) ?? without(NO_SERVER), again: null };
}

/**
 * @param {import('./transfer.js').Answer} answer
 * @returns {Config | null} null where it is another server’s: that of a site without a function gives its own page, or 404
 */
function understood({ status, bytes }) {
  try {
    const { options, recipe, outputVersion = null, bucket } = JSON.parse(new TextDecoder().decode(bytes));
    const off = bucket === null ? NO_UPLOADS : null;
    return status === 200 && typeof recipe === 'string' ? { options, recipe, outputVersion, bucket, obstacle: isSecureContext ? off : INSECURE } : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} obstacle
 * @returns {Config} of a page without a function
 */
function without(obstacle) {
  return { options: {}, recipe: null, outputVersion: null, bucket: null, obstacle };
}

/**
 * @param {number} milliseconds
 * @returns {Promise<void>} after that time, or as soon as the device finds a network
 */
function rest(milliseconds) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      removeEventListener('online', wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    addEventListener('online', wake);
  });
}
