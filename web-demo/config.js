// @ts-check
/** What the function behind this page will do with an upload. */

import { receive } from './transfer.js';

/**
 * @typedef {object} Config
 * @property {object} options `halver::Options`
 * @property {string | null} recipe null where there is no function
 * @property {number | null} outputVersion the function's; null where there is none
 * @property {string | null} bucket
 * @property {string | null} obstacle why nothing can be uploaded, as a sentence; null where it can
 */

/**
 * Asks the server. Where there is none behind the page, the preview works with the defaults and `obstacle` says why
 * uploading does not.
 *
 * @param {AbortSignal} [signal] when it is no longer of interest
 * @returns {Promise<Config>}
 */
export async function readConfig(signal = new AbortController().signal) {
  const none = { options: {}, recipe: null, outputVersion: null, bucket: null };
  try {
    const { status, bytes } = await receive('config', { signal });
    if (status !== 200) {
      throw new Error(`status ${status}`);
    }
    const { options, recipe, outputVersion = null, bucket } = JSON.parse(new TextDecoder().decode(bytes));
    const off = bucket === null ? NO_UPLOADS : null;
    return { options, recipe, outputVersion, bucket, obstacle: isSecureContext ? off : INSECURE };
  } catch {
    return { ...none, obstacle: NO_SERVER };
  }
}

/**
 * @param {Config} config
 * @returns {string} what the page's header says of it
 */
export function serviceOf({ obstacle, bucket }) {
  return obstacle ? 'Preview only' : `Uploads go to bucket ${bucket}`;
}

const NO_SERVER =
  'Uploading is off, because no Halver server answers behind this page. Start one with “cargo xtask demo” and open '
  + 'the address that it prints. The preview works all the same, with the default options.';
const NO_UPLOADS = 'Uploading is off, because the function behind this page takes no uploads: HALVER_UPLOADS is not set there.';
const INSECURE = 'Uploading is off, because this page was opened without encryption. Open it with https, or as 127.0.0.1.';
