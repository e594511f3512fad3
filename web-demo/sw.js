// @ts-check
/**
 * The service worker: the page works without its server after the first visit, and is always one whole version.
 *
 * A *generation* is all of the page's files as they were at one moment, headers included, in a cache named by its hash. A
 * navigation first asks the server for every file; unchanged ones cost an empty answer each. What came is a generation,
 * the same as before or a new one, and all that the visitor's page loads until it is closed comes from it. Where the
 * server does not answer, or is slow, it is the last one, and what is new shows at the next. No page mixes two; that of the
 * first visit, which came before its worker, is bound to what the worker finds a moment later.
 *
 * Everything else (the API, S3) passes by. `?fresh` behind the page's address passes by as well and ends the worker: see
 * `offline.js`.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** The smallest module with a 128-bit instruction: tells which builds of the engine this browser takes. */
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11]);

/** A test holds this list against the folder. */
const FILES = [
  '', 'verify.html', 'style.css', 'verify.css', 'manifest.webmanifest',
  'icon.svg', 'icon-192.png', 'icon-512.png', 'alert.svg', 'receipt.svg', 'tick.svg',
  ...['album', 'attention', 'choice', 'compare', 'config', 'decision', 'deliveries', 'delivery', 'delivery-panel', 'demo', 'difference', 'digest',
    'element', 'engine', 'failure', 'file-card', 'file-name', 'fresh-link', 'gesture', 'idle', 'lens', 'offline', 'outbox', 'picker', 'picture', 'privacy',
    'profile', 'quantity', 'receipt', 'result', 'retry', 'shelf', 'slots', 'steps', 'stored-half', 'thumbnail', 'transfer', 'upload', 'verdict',
    'verification', 'verify', 'view'].map((name) => `${name}.js`),
  ...['core', 'error', 'glue', 'halver', 'index', 'job', 'worker'].map((name) => `halver/${name}.js`),
  ...['core', 'full'].map((size) => `halver/${size}${WebAssembly.validate(SIMD) ? '-simd' : ''}.wasm`),
];

/** Milliseconds that a navigation waits for a whole new generation before it takes the one that is there. */
const HURRY = 3000;
/** Milliseconds until the server's first word, and its last, after which a renewal is given up. */
const PATIENCE = { first: 4000, last: 30_000 };
const FOREVER = { first: 2 ** 31 - 1, last: 2 ** 31 - 1 };
const ATTEMPTS = 4; // to see the same files twice
/** What servers answer for a file that they do not have: S3 says 403 to whoever may not list the bucket. */
const GONE = [403, 404, 410];
/** The headers that a file is not the same without. */
const TELLING = ['content-security-policy', 'content-type'];
const SETTLED = 600_000; // milliseconds since the last change after which no deployment is under way
/** Milliseconds after which what a closed page was bound to is forgotten; one that begins is not yet known as open. */
const GRACE = 300_000;

const PREFIX = 'halver-page-';
const SERVER = 'server'; // What a page is bound to that takes no generation.
const NOTES = 'halver-notes'; // Which generation is current, and which page is bound to which.

worker.addEventListener('install', (event) => {
  event.waitUntil(renew(FOREVER));
  worker.skipWaiting(); // Pages are bound to generations, so a newer worker may serve them at once.
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(adopt());
});

worker.addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname, searchParams } = new URL(url);
  const scope = new URL(worker.registration.scope);
  const file = pathname.startsWith(scope.pathname) ? pathname.slice(scope.pathname.length).replace(/^index\.html$/, '') : null;
  if (method === 'GET' && origin === scope.origin && file !== null && FILES.includes(file)) {
    const isFresh = searchParams.has('fresh');
    event.respondWith(mode !== 'navigate' ? load(event, file) : isFresh ? passBy(event) : navigate(event, file));
  }
});

/**
 * Takes over the pages that came from the server before there was a worker: what they load later, such as the engine's
 * workers, is what was kept a moment after them, and needs no network. Each is bound to it as any other page is.
 */
async function adopt() {
  const name = await read('current');
  for (const { id, url } of await worker.clients.matchAll({ includeUncontrolled: true })) {
    if (name && !(await read(id))) {
      await note(id, new URL(url).searchParams.has('fresh') ? SERVER : name);
    }
  }
  await worker.clients.claim();
}

/**
 * @param {FetchEvent} event
 * @param {string} file
 */
async function navigate(event, file) {
  const renewal = renew(PATIENCE).catch(() => read('current'));
  event.waitUntil(renewal); // It goes on behind a page that could not wait for it.
  const name = (await Promise.race([renewal, hurry()])) ?? (await renewal);
  if (!name) {
    return fetch(event.request);
  }
  await note(event.resultingClientId, name);
  event.waitUntil(sweep());
  return answer(event, name, file);
}

/**
 * A page that wants all from the server, what it loads later included.
 *
 * @param {FetchEvent} event
 */
async function passBy(event) {
  await note(event.resultingClientId, SERVER);
  return fetch(event.request);
}

/** @returns {Promise<string | undefined>} the generation that is there, when a visitor has waited long enough */
async function hurry() {
  await new Promise((resolve) => setTimeout(resolve, HURRY));
  return read('current');
}

/**
 * @param {FetchEvent} event
 * @param {string} file
 */
async function load(event, file) {
  const name = (await read(event.clientId)) ?? (await read('current'));
  if (name && event.resultingClientId) {
    await note(event.resultingClientId, name); // The page's own worker, whose imports ask for themselves.
  }
  return name ? answer(event, name, file) : fetch(event.request);
}

/**
 * @param {FetchEvent} event
 * @param {string} name of the generation
 * @param {string} file
 */
async function answer(event, name, file) {
  return (await caches.match(address(file), { cacheName: name })) ?? fetch(event.request);
}

/**
 * Brings the current generation up to what the server has.
 *
 * @param {typeof PATIENCE} patience
 * @returns {Promise<string>} its name; rejects where the server does not answer, or not with all
 */
async function renew(patience) {
  let files = await gather(patience);
  let name = await nameOf(files);
  for (let attempt = 0; name !== (await read('current')) || !(await isWhole(name, files.size)); attempt += 1) {
    if (attempt === ATTEMPTS) {
      throw new Error('the files change all the time');
    }
    // A deployment may be under way, and half of what came be older than the rest: what has lain there for a while is whole …
    if (isSettled(files)) {
      await keep(name, files);
      continue;
    }
    // … and so is what comes twice.
    const again = await gather(patience);
    const same = (await nameOf(again)) === name;
    [files, name] = [again, await nameOf(again)];
    if (same) {
      await keep(name, files);
    }
  }
  return name;
}

/**
 * Whether the server says of every file that it is older than any deployment takes.
 *
 * @param {Map<string, { head: Response }>} files
 */
function isSettled(files) {
  return [...files.values()].every(({ head: { headers } }) => {
    const [now, changed] = ['date', 'last-modified'].map((name) => Date.parse(headers.get(name) ?? ''));
    return now - changed > SETTLED;
  });
}

/**
 * Whether a generation that was kept is still there: browsers may clear caches, and so may people.
 *
 * @param {string} name
 * @param {number} size files that it has
 */
async function isWhole(name, size) {
  const kept = await (await caches.open(name)).keys();
  return kept.length >= size;
}

/**
 * All files as the server has them now. One that it does not have is left out: a later version may do without.
 *
 * @param {typeof PATIENCE} patience
 * @returns {Promise<Map<string, { head: Response, body: ArrayBuffer }>>}
 */
async function gather({ first, last }) {
  const ender = new AbortController();
  const timer = setTimeout(() => ender.abort(), first);
  setTimeout(() => ender.abort(), last); // Without effect on what has ended.
  const files = new Map();
  await Promise.all(FILES.map(async (file) => {
    const head = await fetch(address(file), { cache: 'no-cache', signal: ender.signal });
    clearTimeout(timer);
    if (head.ok) {
      files.set(file, { head, body: await head.arrayBuffer() });
    } else if (!GONE.includes(head.status)) {
      throw new Error(`${file}: status ${head.status}`);
    }
  }));
  if (!files.has('')) {
    throw new Error('there is no page');
  }
  return files;
}

/**
 * @param {Map<string, { head: Response, body: ArrayBuffer }>} files
 * @returns {Promise<string>} the cache's name: the hash of their names, hashes and telling headers
 */
async function nameOf(files) {
  const lines = await Promise.all([...files].map(async ([file, { head, body }]) => {
    const told = TELLING.map((name) => head.headers.get(name));
    return JSON.stringify([file, await hash(body), ...told]);
  }));
  return PREFIX + (await hash(new TextEncoder().encode(lines.sort().join('\n'))));
}

/**
 * @param {string} name
 * @param {Map<string, { head: Response, body: ArrayBuffer }>} files
 */
async function keep(name, files) {
  const cache = await caches.open(name);
  await Promise.all([...files].map(([file, { head, body }]) => {
    const headers = new Headers(head.headers); // The Content-Security-Policy is among them.
    for (const spent of ['content-encoding', 'content-length', 'transfer-encoding']) {
      headers.delete(spent);
    }
    return cache.put(address(file), new Response(body, { headers }));
  }));
  await note('current', name);
}

/** Lets go of generations that no page needs. */
async function sweep() {
  const notes = await caches.open(NOTES);
  const needed = new Set([await read('current')]);
  for (const { url } of await notes.keys()) {
    const id = decodeURIComponent(url.split('?note=')[1]);
    const { name, time } = await (await notes.match(url))?.json();
    if (id === 'current' || Date.now() - time < GRACE || (await worker.clients.get(id))) {
      needed.add(name);
    } else {
      await notes.delete(url);
    }
  }
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && !needed.has(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}

/**
 * @param {string} id a client's, or `current`
 * @param {string} name of the generation
 */
async function note(id, name) {
  const notes = await caches.open(NOTES);
  await notes.put(noteAddress(id), Response.json({ name, time: Date.now() }));
}

/**
 * @param {string} id
 * @returns {Promise<string | undefined>}
 */
async function read(id) {
  const found = await caches.match(noteAddress(id), { cacheName: NOTES });
  return found && (await found.json()).name;
}

/** @param {string} id */
function noteAddress(id) {
  return `${worker.registration.scope}?note=${encodeURIComponent(id)}`;
}

/** @param {string} file */
function address(file) {
  return new URL(file, worker.registration.scope).href;
}

/** @param {BufferSource} bytes */
async function hash(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
