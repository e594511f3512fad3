// @ts-check

/** What went wrong: a stable `code`, a sentence, and the numbers and names that belong to the code. */
export class HalverError extends Error {
  /** @param {{ code: string, message: string, details?: object | null, cause?: unknown }} failure */
  constructor({ code, message, details, cause }) {
    super(message, cause ? { cause } : {});
    this.name = 'HalverError';
    this.code = code;
    this.details = details ?? {};
  }
}

/**
 * @param {any} cause why a script or a module did not load
 * @returns {never}
 */
export function missing(cause) {
  throw new HalverError({ code: 'engine-missing', message: `the engine did not load: ${cause.message}`, cause });
}
