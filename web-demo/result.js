// @ts-check
/** The result on the page: the two pictures, the numbers, the decisions, the download. */

import { compare } from './compare.js';
import { sentences } from './decision.js';
import { bytes, dimensions, duration, formatName, saving, whole } from './quantity.js';

/**
 * @param {File} file
 * @param {import('./engine.js').Half} half
 * @returns {Promise<void>} when the pictures can be seen
 */
export async function showResult(file, half) {
  const { report } = half;
  const blob = new Blob([half.bytes], { type: report.type });
  write('result-title', file.name);
  write('before-pixels', dimensions(report.source.width, report.source.height));
  write('after-pixels', dimensions(report.width, report.height));
  writeBytes('before-bytes', file.size);
  writeBytes('after-bytes', report.bytes);
  write('before-format', formatName(report.source.format));
  write('after-format', formatName(report.format));
  write('sha256', report.sha256);
  write('made', `Made here in ${duration(half.milliseconds)} ${half.build === 'simd' ? 'with' : 'without'} SIMD · recipe ${report.recipe}`);
  showSaving(file.size, report.bytes);
  const items = sentences(report.decisions).map((sentence) => Object.assign(document.createElement('li'), { textContent: sentence }));
  document.getElementById('decisions')?.replaceChildren(...items);
  await compare(file, blob, report.source);
}

/**
 * @param {number} before
 * @param {number} after
 */
function showSaving(before, after) {
  const { figure, word } = saving(before, after);
  write('saving-figure', figure);
  write('saving-word', word);
  const panel = /** @type {HTMLElement} */ (document.querySelector('.saving'));
  const longest = Math.max(before, after);
  panel.style.setProperty('--before', String(before / longest));
  panel.style.setProperty('--after', String(after / longest));
}

/**
 * Rounded for people, exact in the title.
 *
 * @param {string} id
 * @param {number} count
 */
function writeBytes(id, count) {
  write(id, bytes(count)).title = `${whole(count)} bytes`;
}

/**
 * @param {string} id
 * @param {string} text
 */
function write(id, text) {
  return Object.assign(/** @type {HTMLElement} */ (document.getElementById(id)), { textContent: text });
}
