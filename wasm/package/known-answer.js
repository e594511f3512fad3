// @ts-check
/**
 * A picture the half of whose half is known. Compilers in browsers have had faults in their SIMD code before, and a preview with
 * other bytes than the function's is worse than none.
 */

import { halve } from './core.js';

/** A PNG of 66×50 colours made by a rule: red is 11·x, green 13·y, blue 9·(x + 2·y), each modulo 256. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAEIAAAAyCAIAAABnFJp+AAAAS0lEQVR42u3PsQkAIBAEsNPuERv3H9bCKV4CWSAjyUp1N7PPBzQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDSeC0xXjSVCU0z7AAAAAElFTkSuQmCC';

/** How the SHA-256 begins of the half of its half, the first of them as JPEG: 64 bits, which no fault meets by chance. */
const ANSWER = 'b103bca85b7171aa';

/** Whether the engine gives it; one that traps on the way, or calls the picture broken, does not. */
export function countsRight() {
  const picture = Uint8Array.from(atob(PICTURE), (character) => character.charCodeAt(0));
  try {
    const half = halve(picture, { format: 'jpeg', quality: 90 });
    return halve(half.bytes).sha256.startsWith(ANSWER);
  } catch {
    return false;
  }
}
