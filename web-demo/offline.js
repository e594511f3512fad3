// @ts-check
/** The page without its server: its service worker, see `sw.js`. */

/**
 * Registers the worker, which fetches the page's files for later. With `?fresh` behind the page's address it is ended and
 * its files are thrown away, so that nothing stands between a developer and the server.
 *
 * @returns {Promise<void>} never rejects: a page without the worker only needs its server
 */
export async function keepOffline() {
  const workers = navigator.serviceWorker; // None where the page is not in a secure context.
  if (!workers) {
    return;
  }
  try {
    if (new URLSearchParams(location.search).has('fresh')) {
      await (await workers.getRegistration())?.unregister();
      // Other pages of this origin have caches, too.
      await Promise.all((await caches.keys()).filter((name) => name.startsWith('halver-')).map((name) => caches.delete(name)));
    } else if (workers.controller || !saves()) {
      await workers.register(new URL('sw.js', document.baseURI), { updateViaCache: 'none' });
    }
  } catch {
    // A private window may have no room for it.
  }
}

/** Whether the visitor asks pages to be sparing with data. */
function saves() {
  return /** @type {{ connection?: { saveData?: boolean } }} */ (navigator).connection?.saveData === true;
}
