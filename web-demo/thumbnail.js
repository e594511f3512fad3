// @ts-check
/**
 * A worker that makes small pictures of large ones: the page's list shows many, and as whole halves they would fill the
 * memory and the main thread. Takes `{ id, blob }`, answers `{ id, bitmap }`, null where the browser cannot show it.
 */

const SIDE = 112; // pixels of the shorter side: 56 on the page, on screens with two pixels for one

let last = Promise.resolve();

// One after the other, because whole halves are in memory meanwhile.
self.onmessage = ({ data: { id, blob } }) => {
  last = last.then(async () => {
    const bitmap = await thumbnail(blob).catch(() => null);
    self.postMessage({ id, bitmap }, { transfer: bitmap ? [bitmap] : [] });
  });
};

/** @param {Blob} blob */
async function thumbnail(blob) {
  const whole = await createImageBitmap(blob);
  const side = Math.min(whole.width, whole.height);
  const [x, y] = [(whole.width - side) / 2, (whole.height - side) / 2];
  const small = Math.min(SIDE, side);
  const square = await createImageBitmap(whole, x, y, side, side, { resizeWidth: small, resizeHeight: small, resizeQuality: 'medium' });
  whole.close();
  return square;
}
