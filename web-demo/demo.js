// @ts-check
/** The story: a picture is picked, halved in a worker and shown; on demand it is uploaded and the stored half verified. */

import { readConfig, serviceOf } from './config.js';
import { Delivery } from './delivery.js';
import { Engine } from './engine.js';
import { sentenceOf } from './failure.js';
import { onPick } from './picker.js';
import { saving } from './quantity.js';
import { showResult } from './result.js';
import { announce, setBusy, showRefusal, showSection } from './view.js';

const engine = new Engine();
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
    const half = await engine.halve(file, options);
    await showResult(file, half);
    signal.throwIfAborted();
    delivery?.dispose();
    delivery = new Delivery({ file, half: facts(file, half), options, engine: ENGINE, config: known });
    delivery.mount(/** @type {HTMLElement} */ (document.getElementById('delivery')));
    showSection('result');
    const { word, figure } = saving(file.size, half.report.bytes);
    announce(`Done: ${half.report.width} by ${half.report.height} pixels, ${figure} ${word}`);
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

const ENGINE = /** @type {any} */ ({ build: 'simd', outputVersion: 0, version: '0.1.0', bytes: 0 });

/**
 * @param {File} file
 * @param {import('./engine.js').Half} half
 * @returns {any}
 */
function facts(file, half) {
  const { report, bytes, sourceSha256, build } = half;
  return { ...report, bytes, engine: build, source: { ...report.source, bytes: file.size, sha256: sourceSha256 } };
}
