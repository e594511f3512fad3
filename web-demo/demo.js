// @ts-check
/** The story: a picture is picked, halved in a worker and shown; on demand it is uploaded and the stored half verified. */

import { readConfig, serviceOf } from './config.js';
import { Delivery } from './delivery.js';
import { sentenceOf } from './failure.js';
import { createHalver } from './halver/index.js';
import { onPick } from './picker.js';
import { saving } from './quantity.js';
import { showResult } from './result.js';
import { announce, setBusy, showRefusal, showSection } from './view.js';

/** @type {ReturnType<typeof createHalver> | undefined} */
let engine;
/** @type {Delivery | undefined} */
let delivery;
const config = readConfig();
/** Ends whatever is under way for the picture before, when another comes. */
let current = new AbortController();

config.then((known) => Object.assign(document.getElementById('service') ?? {}, { textContent: serviceOf(known) }));
onPick(preview);

/**
 * @param {File} file
 * @returns {Promise<void>}
 */
async function preview(file) {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  setBusy(true);
  announce(`Halving ${file.name}`);
  try {
    const known = await config;
    const { options } = known;
    engine ??= createHalver();
    const halver = await engine.catch((error) => {
      engine = undefined;
      throw error;
    });
    const half = await halver.halve(file, { ...options, signal });
    await showResult(file, { bytes: half.bytes, report: /** @type {any} */ ({ ...half, bytes: half.bytes.length }), sourceSha256: null, build: half.engine === 'simd' ? 'simd' : 'plain', milliseconds: half.timings.halving });
    signal.throwIfAborted();
    delivery?.dispose();
    delivery = new Delivery({ file, half, options, engine: halver.engine, config: known });
    delivery.mount(/** @type {HTMLElement} */ (document.getElementById('delivery')));
    showSection('result');
    const { word, figure } = saving(file.size, half.bytes.length);
    announce(`Done: ${half.width} by ${half.height} pixels, ${figure} ${word}`);
  } catch (error) {
    if (signal.aborted) {
      return; // A newer picture took the place of this one, and the page is busy with it.
    }
    const sentence = sentenceOf(error, file);
    showRefusal(sentence);
    announce(sentence);
  }
  setBusy(false);
}
