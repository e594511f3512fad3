// @ts-check
/** What files are called that come from another one: after it, where it has a name. Pasted ones often have none. */

/**
 * @param {string} source the other one's name
 * @param {string} what
 * @param {string} extension
 * @returns {string} `photo-half.jpg`; `half.jpg` where there is nothing before the source's own extension
 */
export function derivedName(source, what, extension) {
  const stem = source.replace(/\.[^.]*$/, '');
  return `${stem && `${stem}-`}${what}.${extension}`;
}
