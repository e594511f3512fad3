// @ts-check
/** Numbers as people read them. */

const LANGUAGE = 'en';
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

/**
 * `1.96 MB`: three digits, decimal units, as file managers and S3's console count.
 *
 * @param {number} count
 * @returns {string}
 */
export function bytes(count) {
  const step = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  const unitDisplay = step === 0 ? 'long' : 'short';
  return new Intl.NumberFormat(LANGUAGE, { style: 'unit', unit: UNITS[step], unitDisplay, maximumSignificantDigits: 3 })
    .format(count / 1000 ** step);
}

/**
 * @param {number} count
 * @returns {string} all digits, grouped
 */
export function whole(count) {
  return new Intl.NumberFormat(LANGUAGE).format(count);
}

/**
 * `43 %`, grouped, with a narrow space that does not break: every percentage on the page is written so.
 *
 * @param {number} hundredths
 * @param {number} [digits] behind the point, at most
 * @returns {string}
 */
export function percent(hundredths, digits = 0) {
  return `${new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: digits }).format(hundredths)}\u202f%`;
}

/**
 * @param {number} share 0 to 1
 * @returns {string} `43 %`: never 100 % before all is done
 */
export function progress(share) {
  return percent(Math.floor(100 * share));
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {string} `4000 × 3000`
 */
export function dimensions(width, height) {
  return `${width} × ${height}`;
}

/**
 * @param {string} text
 * @returns {string} the same, never broken into two lines
 */
export function unbroken(text) {
  return text.replaceAll(' ', '\u00a0');
}

/**
 * How the size changed: `78 % smaller`, or `no change`. What is not quite nothing, or not quite all, is not said to be.
 *
 * @param {number} before bytes
 * @param {number} after bytes
 * @returns {{ figure: string, word: 'smaller' | 'larger' | 'change' }}
 */
export function saving(before, after) {
  if (before === after) {
    return { figure: 'no', word: 'change' };
  }
  const share = Math.abs(before - after) / Math.max(before, 1);
  const isExtreme = share < 0.01 || (share > 0.99 && share < 1);
  const bounded = after < before ? Math.min(Math.max(share, 0.0001), after > 0 ? 0.9999 : 1) : Math.max(share, 0.0001);
  return { figure: percent(100 * bounded, isExtreme ? 2 : 0), word: after > before ? 'larger' : 'smaller' };
}

/**
 * The same in short, for a list: `−78 %`, or `same size`.
 *
 * @param {number} before bytes
 * @param {number} after bytes
 * @returns {string}
 */
export function signedSaving(before, after) {
  const { figure, word } = saving(before, after);
  return word === 'change' ? 'same size' : `${word === 'larger' ? '+' : '−'}${figure}`;
}

/**
 * @param {number} milliseconds
 * @returns {string} `38 ms` or `1.2 s`
 */
export function duration(milliseconds) {
  return milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * @param {string} format as the engine writes it, e.g. `webp`
 * @returns {string} as its standard writes it
 */
export function formatName(format) {
  return format === 'webp' ? 'WebP' : format.toUpperCase();
}
