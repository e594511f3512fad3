// @ts-check
/** The box that says how it stands: a sentence while something is under way, a heading and its grounds at the end. */

import { element } from './element.js';
import { dimensions, unbroken, whole } from './quantity.js';

/** @typedef {'identical' | 'different' | 'failed' | 'cancelled' | 'unsure'} Kind */

export class Verdict {
  element = element('div', { className: 'verdict' });

  /** @param {...string} lines */
  say(...lines) {
    this.element.className = 'verdict';
    this.element.replaceChildren(...lines.map((line) => element('p', {}, line)));
  }

  /**
   * Changes the last line alone, which may happen often.
   *
   * @param {string} line
   */
  amend(line) {
    const last = this.element.lastElementChild;
    if (last && last.textContent !== line) {
      last.textContent = line;
    }
  }

  /**
   * @param {Kind} kind
   * @param {string} title
   * @param {(string | Node)[]} parts strings are paragraphs
   * @param {HTMLAnchorElement | null} [link] beside the title
   */
  settle(kind, title, parts, link = null) {
    this.element.className = `verdict ${kind}`;
    const blocks = parts.map((part) => (typeof part === 'string' ? element('p', {}, part) : part));
    this.element.replaceChildren(element('header', {}, element('h3', {}, title), ...(link ? [link] : [])), ...blocks);
  }
}

/** @typedef {{ title: string, sha256: string, facts: string[] }} Side a half among others */

/**
 * Halves one below the other, each with its hash and what else tells them apart.
 *
 * @param {Side[]} sides
 * @returns {HTMLDListElement}
 */
export function comparison(sides) {
  const list = element('dl', { className: 'sides' });
  for (const { title, sha256, facts } of sides) {
    list.append(element('dt', {}, title), element('dd', {}, element('code', {}, sha256)));
    if (facts.length > 0) {
      list.append(element('dd', { className: 'fine' }, facts.map(unbroken).join(' · ')));
    }
  }
  return list;
}

/**
 * What is known of a half, in a few words each; what is not known is left out.
 *
 * @param {{ width?: number, height?: number, bytes?: number, recipe?: string | null, outputVersion?: number | null }} half
 * @returns {string[]}
 */
export function factsOf({ width, height, bytes: count, recipe, outputVersion }) {
  return [
    width && height ? dimensions(width, height) : '',
    count ? `${whole(count)} bytes` : '',
    recipe ? `recipe ${recipe}` : '',
    outputVersion ? `output version ${outputVersion}` : '',
  ].filter(Boolean);
}
