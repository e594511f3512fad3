// @ts-check
/**
 * A picture the half of whose half is known. Compilers in browsers have had faults in their SIMD code before, and a preview with
 * other bytes than the function's is worse than none.
 */

import { halve } from './core.js';

/** A PNG of 66×50 colours made by a rule: red is 11·x, green 13·y, blue 9·(x + 2·y), each modulo 256. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAEIAAAAyCAIAAABnFJp+AAAAS0lEQVR42u3PsQkAIBAEsNPuERv3H9bCKV4CWSAjyUp1N7PPBzQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDSeC0xXjSVCU0z7AAAAAElFTkSuQmCC';

/**
 * How the SHA-256 begins of the halves of its half as JPEG, by formats that have code of their own: 32 bits, which no fault meets
 * by chance.
 */
const ANSWERS = { jpeg: /^0b4a163e/, webp: /^(79975c68|left-out)/ };

/** Whether the engine gives them; one that traps on the way, or calls the picture broken, does not. */
export function countsRight() {
  const half = outcome(Uint8Array.from(atob(PICTURE), (character) => character.charCodeAt(0)), 'jpeg');
  return Object.entries(ANSWERS).every(([format, answer]) => answer.test(outcome(half.bytes, format).sha256));
}

/**
 * @param {Uint8Array} source
 * @param {any} format
 */
function outcome(source, format) {
  try {
    return halve(source, { format });
  } catch (/** @type {any} */ error) {
    return { bytes: source, sha256: error.code };
  }
}
