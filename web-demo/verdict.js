// @ts-check
/** The box that says how it stands: a sentence while something is under way, a heading and its grounds at the end. */

import { element } from './element.js';

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
   * @param {...(string | Node)} parts strings are paragraphs
   */
  settle(kind, title, ...parts) {
    this.element.className = `verdict ${kind}`;
    const blocks = parts.map((part) => (typeof part === 'string' ? element('p', {}, part) : part));
    this.element.replaceChildren(element('h3', {}, title), ...blocks);
  }
}

/**
 * A half among others; null where a fact is not known.
 *
 * @typedef {{ title: string, sha256: string, recipe: string | null, outputVersion: number | null }} Side
 */

/**
 * Halves side by side, as a list of facts each.
 *
 * @param {Side[]} sides
 * @returns {HTMLDListElement}
 */
export function comparison(sides) {
  const list = element('dl', { className: 'sides' });
  for (const { title, sha256, recipe, outputVersion } of sides) {
    const made = [recipe && `recipe ${recipe}`, outputVersion && `output version ${outputVersion}`].filter(Boolean).join(', ');
    list.append(element('dt', {}, title), element('dd', {}, element('code', {}, sha256)));
    if (made) {
      list.append(element('dd', { className: 'fine' }, made));
    }
  }
  return list;
}
