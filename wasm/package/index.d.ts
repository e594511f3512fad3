/// <reference lib="esnext.disposable" />
/** Images at half their width and height: the very bytes that the function behind S3 will store. */

/**
 * Starts the engine. Rejects with a `HalverError`: `engine-missing` where something did not load, `engine-mismatch` where no
 * build counts right.
 */
export function createHalver(settings?: Settings): Promise<Halver>;

export interface Settings {
  /**
   * The folder with `worker.js`, `core.wasm` and what else the package holds; by default where this module lies. For
   * bundlers that do not move such files along (esbuild). In a page from its address on; in Node a `file:` URL.
   */
  base?: string | URL;
  /** Images halved at the same time, at most; by default one less than there are processors, at least 1, at most 4. */
  workers?: number;
  /**
   * Whether to begin with the full engine. By default with a smaller one, which does for most pictures: the full one is loaded
   * when a job takes it, because it makes WebP, takes the smallest format (`auto`) or much effort (`small`), or begins with a
   * BMP, or with a PNG or WebP that moves.
   */
  full?: boolean;
  /** `off` takes the build without SIMD, which gives the same bytes more slowly. */
  simd?: 'auto' | 'off';
  /** Bytes of WebAssembly memory; a worker that has more after an image is replaced. By default 64 MiB. */
  memory?: number;
  /** Milliseconds that one image may take each time it is begun, waiting not counted; by default any. Then `timeout`. */
  timeout?: number;
}

export interface Halver extends Disposable {
  readonly engine: Engine;
  /**
   * Rejects with a `HalverError`, with `signal.reason`, with what `onProgress` throws, or with a `TypeError` where the source
   * is none.
   */
  halve(source: Source, options?: HalveOptions): Promise<Half>;
  /** What the header says; nothing is decoded. Rejects as `halve` does. */
  probe(source: Source, options?: { signal?: AbortSignal }): Promise<Info>;
  /** The recipe id of options: two halves of one source with the same recipe have the same bytes. */
  recipe(options?: Options): Promise<string>;
  /** Ends all workers; what is under way rejects with `disposed`. */
  dispose(): void;
}

/** The build that the first worker took. */
export interface Engine {
  build: 'simd' | 'scalar';
  /** Of this package. */
  version: string;
  /** Changes whenever any source could give other bytes than before. */
  outputVersion: number;
}

/**
 * A Blob or File crosses over to its worker without its bytes (in Node, one from the disk is read first). Anything else is
 * copied when its turn comes, again where the full engine is loaded for it, and should be left as it is till the half is
 * there.
 */
export type Source = Blob | ArrayBuffer | Uint8Array;

/** What is read; all but BMP is written, too. */
export type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp';

/** `halver::Options`, in its own spelling: what a function's `/config` says can be passed on as it is. */
export interface Options {
  /** Of the result; null keeps the source's, `auto` takes what is smallest for the picture. */
  format?: Exclude<Format, 'bmp'> | 'auto' | null;
  /** Of lossy results, 1 to 100 on libjpeg's scale; 80 by default. */
  quality?: number;
  /** How much time an encoder takes to save bytes; `balanced` by default. */
  effort?: 'fast' | 'balanced' | 'small';
  /** Whether a JPEG is written in progressive scans. */
  progressive?: boolean;
  /** How finely a JPEG's chroma is sampled; `source` by default. */
  subsampling?: 'source' | '4:2:0';
  /** Whether what is there of a damaged JPEG is kept. */
  salvage?: boolean;
  /** Red, green, blue behind transparent pixels, where the result has no transparency; white by default. */
  background?: [number, number, number];
  /** How a WebP is coded; by default as its source is. */
  webp?: 'source' | 'lossy' | 'lossless';
  /** What is averaged: samples as they are, the default, or the light that they stand for; of a JPEG always as they are. */
  light?: 'encoded' | 'linear';
  /** What becomes of a picture that moves; `keep` by default. */
  animation?: 'keep' | 'first';
  /** What the source may cost. No part of the recipe. */
  limits?: Partial<Limits>;
}

export interface Limits {
  /** By default 256 MiB. */
  source_bytes: number;
  /** By default 100 million. */
  pixels: number;
  /** At the peak, above the source; by default 1 GiB. */
  memory_bytes: number;
  /** Blocks that all scans of a JPEG visit; by default 100 million. */
  scan_blocks: number;
  /** Of an animation; by default 1000. */
  frames: number;
  /** Of all frames of an animation; by default 400 million. */
  animation_pixels: number;
}

export interface HalveOptions extends Options {
  /** Ends the job, at once. */
  signal?: AbortSignal;
  /** What it throws ends the job as well. */
  onProgress?(progress: { stage: Stage }): void;
}

/** What a job is at, in this order; `waiting` begins it again where it waits for the full engine. */
export type Stage = 'waiting' | 'reading' | 'halving' | 'hashing';

export interface Half {
  bytes: Uint8Array<ArrayBuffer>;
  format: Format;
  /** Whether `bytes` are coded with loss, so that quality had a say. */
  lossy: boolean;
  /** The media type of `bytes`. */
  type: string;
  width: number;
  height: number;
  /** Of `bytes`, 64 lower-case hexadecimal digits. */
  sha256: string;
  source: Info & { bytes: number; sha256: string };
  /** What was changed, kept or given up beyond halving, in a fixed order. */
  decisions: Decision[];
  /** What `bytes` reveal: looked up in them, not assumed; null should they not be what they must be. */
  reveals: Reveals | null;
  recipe: string;
  outputVersion: number;
  engine: 'simd' | 'scalar';
  /** Bytes of the worker's WebAssembly memory: the peak of all it has done so far. */
  memory: number;
  /** Milliseconds of each stage. */
  timings: Record<Stage, number>;
}

/** What the header of an image says. */
export interface Info {
  /** By content, whatever name and type say. */
  format: Format;
  /** Pixels, as a viewer shows the picture. */
  width: number;
  height: number;
  /** The EXIF orientation, 1 to 8. */
  orientation: number;
  color: 'grey' | 'rgb' | 'ycbcr' | 'cmyk' | 'palette';
  /** Bits of a sample. */
  depth: number;
  /** Whether pixels can be transparent. */
  alpha: boolean;
  /** 1 for a still picture. */
  frames: number;
  /** Of the embedded ICC profile; 0 where there is none. */
  profile_bytes: number;
  /** Of a JPEG on libjpeg's scale, of a lossy WebP on libwebp's, estimated from its tables; else null. */
  quality: number | null;
  /** Of a JPEG; else 0. */
  scans: number;
  /** What the file says beside the picture. */
  reveals: Reveals;
}

/** What a file tells of those who made it. Absent is what it does not tell. */
export interface Reveals {
  /** Millionths of a degree, north and east positive; millimetres above the sea. */
  position?: { latitude: number; longitude: number; altitude?: number };
  /** As EXIF has it, e.g. `2024-05-01 10:11:12`. */
  taken?: string;
  zone?: string;
  make?: string;
  model?: string;
  lens?: string;
  serial?: string;
  owner?: string;
  artist?: string;
  copyright?: string;
  software?: string;
  description?: string;
  host?: string;
  comments?: string[];
  /** Bytes of a small copy of the picture. */
  thumbnail?: number;
  /** Bytes of XMP, IPTC records, maker notes, other applications' data, and of what lies behind the picture's end. */
  xmp?: number;
  iptc?: number;
  maker?: number;
  application?: number;
  trailing?: number;
}

/** One thing that was changed, kept or given up. New codes may come with new versions. */
export type Decision =
  | { code: 'rotated'; orientation: number }
  | { code: 'format-chosen'; format: Format; suits: 'photograph' | 'graphic' | 'deep' | 'animation' }
  | { code: 'first-frame-only'; frames: number }
  | { code: 'metadata-removed'; kinds: ('exif' | 'gps' | 'thumbnail' | 'xmp' | 'iptc' | 'text' | 'application')[] }
  | { code: 'profile-kept'; bytes: number }
  | { code: 'profile-dropped'; reason: string }
  | { code: 'color-chunks-dropped' }
  | { code: 'quality-limited'; asked: number; used: number }
  | { code: 'salvaged'; blocks: number }
  | { code: 'inks-converted' }
  | { code: 'flattened'; background: [number, number, number] }
  | { code: 'transparency-hardened' }
  | { code: 'depth-reduced' }
  | { code: 'palette-reduced'; colors: number }
  | { code: 'trailing-data-removed'; bytes: number }
  | { code: 'larger-than-source'; by: number };

export class HalverError extends Error {
  constructor(failure: { code: string; message: string; details?: object | null; cause?: unknown });
  readonly name: 'HalverError';
  readonly code: Code;
  /**
   * The fields of the code: `needed` and `allowed` of `too-large`, `name` of `unsupported-format`, … Of `engine-crashed`,
   * where the engine itself stopped, `isFull`: whether it was for want of memory, else by a fault of its own.
   */
  readonly details: Record<string, unknown>;
}

export type Code =
  /** The image: no image at all, not supported, broken, beyond the limits. */
  | 'not-an-image'
  | 'unsupported-format'
  | 'unsupported-feature'
  | 'malformed'
  | 'too-large'
  /** The caller, of `halver/core` alone: the module is not the full one, which this takes. */
  | 'left-out'
  /** The caller: an option that there is not, or with a value that it cannot have; `dispose` was called. */
  | 'bad-options'
  | 'disposed'
  /** The machine: the file could not be read; the engine did not load, counts wrong, stopped, took too long. */
  | 'unreadable'
  | 'engine-missing'
  | 'engine-mismatch'
  | 'engine-crashed'
  | 'timeout';
