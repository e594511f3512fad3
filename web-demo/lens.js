// @ts-check
/** Where a picture lies in its frame: pure geometry, in CSS pixels of the frame and in pixels of the half. */

/** @typedef {{ width: number, height: number }} Size */
/** @typedef {{ x: number, y: number }} Point */

/**
 * `scale` is CSS pixels of the frame for one pixel of the half; `x` and `y` are the picture's upper left corner in the frame.
 *
 * @typedef {{ scale: number, x: number, y: number }} Lens
 */

/**
 * The whole picture, as large as the frame allows, in its middle.
 *
 * @param {Size} picture
 * @param {Size} frame
 * @returns {Lens}
 */
export function fitted(picture, frame) {
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  return settled({ scale, x: 0, y: 0 }, picture, frame);
}

/**
 * Another scale, with the same spot of the picture under `point`.
 *
 * @param {Lens} lens
 * @param {number} scale
 * @param {Point} point in the frame
 * @returns {Lens} not yet {@link settled}
 */
export function scaledAt(lens, scale, point) {
  const growth = scale / lens.scale;
  return { scale, x: point.x - (point.x - lens.x) * growth, y: point.y - (point.y - lens.y) * growth };
}

/**
 * Along each axis the picture covers the frame where it is the larger of the two, and lies in the middle where it is not.
 *
 * @param {Lens} lens
 * @param {Size} picture
 * @param {Size} frame
 * @returns {Lens}
 */
export function settled({ scale, x, y }, picture, frame) {
  const along = (/** @type {number} */ at, /** @type {number} */ length, /** @type {number} */ room) =>
    length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, at));
  return {
    scale,
    x: along(x, picture.width * scale, frame.width),
    y: along(y, picture.height * scale, frame.height),
  };
}

/**
 * The picture's left and right edge as far as they can be seen.
 *
 * @param {Lens} lens
 * @param {Size} picture
 * @param {Size} frame
 * @returns {[left: number, right: number]}
 */
export function visible({ scale, x }, picture, frame) {
  return [Math.max(0, x), Math.min(frame.width, x + picture.width * scale)];
}
