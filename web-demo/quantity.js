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
 * @param {number} share 0 to 1
 * @returns {string} `43 %`: never 100 % before all is done
 */
export function percent(share) {
  return `${Math.floor(100 * share)} %`;
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
 * How the size changed.
 *
 * @param {number} before bytes
 * @param {number} after bytes
 * @returns {{ figure: string, word: 'smaller' | 'larger' | 'change' }}
 */
export function saving(before, after) {
  const share = Math.abs(before - after) / Math.max(before, 1);
  const maximumFractionDigits = share > 0.99 && share < 1 ? 2 : 0; // A file of 0.4 % is not “100 % smaller”.
  const figure = new Intl.NumberFormat(LANGUAGE, { style: 'percent', maximumFractionDigits }).format(share);
  return { figure, word: after > before ? 'larger' : after < before ? 'smaller' : 'change' };
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
