// @ts-check
/** The story: a picture is picked, halved in a worker and shown; on demand it is uploaded and the stored half verified. */

import { readConfig } from './config.js';
import { Delivery } from './delivery.js';
import { Engine } from './engine.js';
import { sentenceOf } from './failure.js';
import { onPick } from './picker.js';
import { saving } from './quantity.js';
import { showResult } from './result.js';
import { upload } from './upload.js';
import { announce, setBusy, showRefusal, showSection } from './view.js';

const engine = new Engine();
const delivery = new Delivery();
const config = readConfig();
/** Ends whatever is under way for the picture before, when another comes. */
let current = new AbortController();

config.then((known) => delivery.offer(known));
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
    const { options, recipe } = await config;
    const half = await engine.halve(file, options);
    await showResult(file, half);
    signal.throwIfAborted();
    delivery.begin(recipe === null || recipe === half.report.recipe, () => deliver(file, half, signal));
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

/**
 * @param {File} file
 * @param {import('./engine.js').Half} half
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
async function deliver(file, half, signal) {
  try {
    const stored = await upload(file, half, (step, progress) => delivery.step(step, progress), signal);
    signal.throwIfAborted();
    delivery.settle(half.report.sha256, stored);
  } catch (error) {
    if (!signal.aborted) {
      delivery.fail(error);
    }
  }
}
