// @ts-check
/** Before and after on one spot, with a divider that a range input moves. */

const figure = /** @type {HTMLElement} */ (document.getElementById('compare'));
const before = /** @type {HTMLImageElement} */ (document.getElementById('before'));
const after = /** @type {HTMLImageElement} */ (document.getElementById('after'));
const split = /** @type {HTMLInputElement} */ (document.getElementById('split'));

split.addEventListener('input', divide);
figure.addEventListener('pointerdown', (event) => {
  if (event.isPrimary && event.button === 0) {
    figure.setPointerCapture(event.pointerId);
    follow(event);
    event.preventDefault(); // Else the browser begins to drag the picture.
    split.focus({ preventScroll: true });
  }
});
figure.addEventListener('pointermove', (event) => {
  if (figure.hasPointerCapture(event.pointerId)) {
    follow(event);
  }
});

/**
 * Shows both pictures and puts the divider in the middle. The figure has its shape before they are decoded, so that
 * nothing moves when they are.
 *
 * @param {Blob} whole
 * @param {Blob} half
 * @param {{ width: number, height: number }} size of the whole, upright
 * @returns {Promise<void>} when both are decoded; a picture that this browser cannot show stays empty
 */
export async function compare(whole, half, { width, height }) {
  figure.style.setProperty('--width', String(width));
  figure.style.setProperty('--height', String(height));
  split.value = '50';
  divide();
  await Promise.allSettled([show(before, whole), show(after, half)]);
}

/**
 * @param {HTMLImageElement} image
 * @param {Blob} blob
 */
async function show(image, blob) {
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
  await image.decode();
}

function divide() {
  const share = Number(split.value);
  figure.style.setProperty('--split', `${share}%`);
  split.setAttribute('aria-valuetext', `${share} percent before, ${100 - share} percent after`);
}

/**
 * The divider follows the pointer itself. The input under it would not do: its track ignores taps on some phones, and
 * its thumb runs short of both edges.
 *
 * @param {PointerEvent} event
 */
function follow(event) {
  const { left, width } = figure.getBoundingClientRect();
  split.value = String(Math.round((100 * (event.clientX - left)) / width));
  divide();
}
