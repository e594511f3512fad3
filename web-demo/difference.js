// @ts-check
/** Why what was stored is not what was previewed: the most probable reason, and what to do. */

/**
 * @param {{ recipe: string, outputVersion: number }} preview
 * @param {{ recipe: string | null, outputVersion: number | null }} stored null where it is not known
 * @returns {string} sentences
 */
export function reasonOf(preview, stored) {
  if (stored.outputVersion !== null && stored.outputVersion !== preview.outputVersion) {
    return `The function’s engine is of output version ${stored.outputVersion}, this page’s of ${preview.outputVersion}. `
      + 'Reload the page for its newest engine. If that does not help, page and function have to be brought to one version.';
  }
  if (stored.recipe !== preview.recipe) {
    return 'The function works with other options than this preview. Go back to its own to see what it makes.';
  }
  return 'Both say that they did the same, so this is a fault: in Halver, or of something that changes objects in that bucket. '
    + 'Please report it, with the receipt and the original.';
}
