// Compiles only if the types say what the package does.
import { createHalver, HalverError, type Decision, type Half } from 'halver';
import { estimate, halve, load, type CoreHalf } from 'halver/core';

export async function preview(file: File, signal: AbortSignal): Promise<Half> {
  const halver = await createHalver({ workers: 2, simd: 'auto', full: true, base: new URL('https://example.org/assets/') });
  return halver.halve(file, { quality: 80, format: 'webp', signal, onProgress: ({ stage }) => console.log(stage satisfies string) });
}

export async function once(file: File): Promise<Uint8Array> {
  using halver = await createHalver();
  return (await halver.halve(file)).bytes;
}

export function sentence(decision: Decision): string {
  return decision.code === 'rotated' ? `turned, ${decision.orientation}` : decision.code;
}

export function core(module: WebAssembly.Module, bytes: Uint8Array): CoreHalf | undefined {
  load(module);
  try {
    const position: number | undefined = halve(bytes).source.reveals.position?.latitude;
    return estimate(bytes, bytes.length) && position === undefined ? halve(bytes, { limits: { pixels: 1e6 } }) : undefined;
  } catch (error) {
    if (error instanceof HalverError && error.code === 'too-large') {
      return undefined;
    }
    throw error;
  }
}

// @ts-expect-error An option that there is not.
halve(new Uint8Array(), { qualty: 80 });
// @ts-expect-error A source that there is not.
(await createHalver()).probe('photo.jpg');
