// @ts-check
/** What an embedded colour profile calls itself, e.g. “Display P3”: read from the half's own bytes. */

/**
 * @param {Uint8Array<ArrayBuffer>} bytes of a JPEG, PNG or WebP
 * @param {string} format
 * @returns {Promise<string | null>} null where there is no profile, or none with a name that can be read
 */
export async function profileName(bytes, format) {
  try {
    const profile = await FINDERS[format]?.(bytes);
    return profile ? describe(profile) : null;
  } catch {
    return null; // Profiles are copied unchanged, broken ones too.
  }
}

/** Tags that are looked at: real profiles have some twenty, and one of megabytes may state as many as fit. */
const MOST_TAGS = 100;

/** @type {Record<string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | undefined | Promise<Uint8Array>>} */
const FINDERS = { jpeg: inJpeg, png: inPng, webp: inWebp };

/**
 * The first APP2 segment of a profile, which has the tags and nearly always the name (ICC.1 annex B.4).
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
function inJpeg(bytes) {
  const view = viewOf(bytes);
  for (let at = 2; bytes[at] === 0xff && bytes[at + 1] !== 0xda; at += 2 + view.getUint16(at + 2)) {
    if (bytes[at + 1] === 0xe2 && ascii(bytes, at + 4, 11) === 'ICC_PROFILE') {
      return bytes.subarray(at + 18, at + 2 + view.getUint16(at + 2));
    }
  }
  return undefined;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function inWebp(bytes) {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length; at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) % 2)) {
    if (ascii(bytes, at, 4) === 'ICCP') {
      return bytes.subarray(at + 8, at + 8 + view.getUint32(at + 4, true));
    }
  }
  return undefined;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function inPng(bytes) {
  const view = viewOf(bytes);
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (ascii(bytes, at + 4, 4) === 'iCCP') {
      const end = at + 8 + view.getUint32(at);
      const packed = bytes.slice(bytes.indexOf(0, at + 8) + 2, end); // Behind a name of no meaning and the method.
      const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    }
  }
  return new Uint8Array();
}

/**
 * The tag `desc`: in version 2 ASCII behind its length, in version 4 UTF-16 in several languages (ICC.1 9.2.41, 10.15).
 *
 * @param {Uint8Array} profile
 * @returns {string | null}
 */
function describe(profile) {
  const view = viewOf(profile);
  for (let tag = 132; tag < 132 + 12 * Math.min(view.getUint32(128), MOST_TAGS); tag += 12) {
    if (ascii(profile, tag, 4) === 'desc') {
      const at = view.getUint32(tag + 4);
      const name = ascii(profile, at, 4) === 'mluc'
        ? new TextDecoder('utf-16be').decode(profile.subarray(at + view.getUint32(at + 24), at + view.getUint32(at + 24) + view.getUint32(at + 20)))
        : ascii(profile, at + 12, Math.min(view.getUint32(at + 8), 200));
      return name.replace(/\0.*/s, '').trim().slice(0, 60) || null;
    }
  }
  return null;
}

/** @param {Uint8Array} bytes */
function viewOf({ buffer, byteOffset, byteLength }) {
  return new DataView(buffer, byteOffset, byteLength);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} length
 */
function ascii(bytes, at, length) {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
