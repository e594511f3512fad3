// @ts-check
/** A link to what lies behind a presigned address, which ends: an old one is asked for anew before it is followed. */

import { element } from './element.js';
import { announce } from './view.js';

/** Milliseconds after which an address counts as old; the function presigns for 15 minutes. */
const YOUNG = 14 * 60_000;

/**
 * @param {string} label
 * @param {string} href just given
 * @param {() => Promise<string>} renew gives another address of the same
 * @returns {HTMLAnchorElement} opens beside the page
 */
export function freshLink(label, href, renew) {
  const link = element('a', { href, target: '_blank', rel: 'noopener' }, label);
  let given = Date.now();
  link.addEventListener('click', async (event) => {
    if (Date.now() - given < YOUNG) {
      return;
    }
    event.preventDefault();
    try {
      link.href = await renew();
      given = Date.now();
      link.textContent = label;
      open(link.href, '_blank', 'noopener');
    } catch {
      link.textContent = `${label}: try again`;
      announce('Its address has ended, and there was no answer to the question for another. Check the network, then try again.');
    }
  });
  return link;
}
