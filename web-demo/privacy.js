// @ts-check
/** What a file reveals beside its picture, in plain words, before and after. */

import { bytes } from './quantity.js';

/** @typedef {import('./halver/index.js').Reveals} Reveals */

/**
 * `secret` is shown on demand only: somebody may be looking over the shoulder.
 *
 * @typedef {{ key: string, label: string, text: string, secret?: string }} Fact
 */

const UNKNOWN = 'This engine does not tell what files reveal.';
const UNREAD = 'What the half reveals could not be read from its bytes.';
const NOTHING = 'Nothing but the picture itself.';

const before = /** @type {HTMLElement} */ (document.getElementById('reveals'));
const none = /** @type {HTMLElement} */ (document.getElementById('reveals-none'));
const after = /** @type {HTMLElement} */ (document.getElementById('reveals-after'));

/**
 * @param {Reveals | null | undefined} source what the file reveals; none where it is not known
 * @param {Reveals | null | undefined} half what the half reveals, read from its own bytes
 */
export function showPrivacy(source, half) {
  const left = facts(half ?? {});
  const fate = (/** @type {Fact} */ { key }) => (!half ? 'not known' : left.some((fact) => fact.key === key) ? 'stays' : 'gone');
  const rows = facts(source ?? {}).map((fact) => row(fact, fate(fact)));
  before.replaceChildren(...rows);
  before.hidden = rows.length === 0;
  none.textContent = rows.length > 0 ? '' : source ? NOTHING : UNKNOWN;
  after.dataset.clean = String(Boolean(half) && left.length === 0);
  after.textContent = half ? remains(left, rows.length) : UNREAD;
}

/**
 * @param {Fact[]} left
 * @param {number} count of facts about the source
 */
function remains(left, count) {
  if (left.length > 0) {
    return `The half still reveals: ${left.map(({ label, text }) => `${label.toLowerCase()} (${text})`).join(', ')}.`;
  }
  return count > 0 ? 'The half reveals none of it. Its own bytes were searched in the same way.' : 'The half reveals nothing either.';
}

/**
 * @param {Reveals} reveals
 * @returns {Fact[]} the most telling first
 */
export function facts(reveals) {
  const { position, thumbnail, xmp, iptc, comments, maker, application, trailing } = reveals;
  const size = (/** @type {number | undefined} */ count, /** @type {string} */ of) => (count ? `${bytes(count)} ${of}` : '');
  const quoted = (comments ?? []).map((comment) => `“${comment.trim()}”`).join(', ');
  /** @type {[string, string, string | undefined][]} */
  const table = [
    ['position', 'Where it was taken', position && 'a position'],
    ['taken', 'When', when(reveals)],
    ['camera', 'Camera', camera(reveals)],
    ['lens', 'Lens', reveals.lens],
    ['serial', 'Serial number', reveals.serial && `${reveals.serial}, the same in all its pictures`],
    ['owner', 'Owner', reveals.owner],
    ['artist', 'Author', reveals.artist],
    ['copyright', 'Copyright', reveals.copyright],
    ['host', 'Computer', reveals.host],
    ['software', 'Software', reveals.software],
    ['description', 'Description', reveals.description && `“${reveals.description.trim()}”`],
    ['comments', 'Comments', quoted],
    ['thumbnail', 'Thumbnail', size(thumbnail, 'with a small copy, maybe from before it was edited')],
    ['xmp', 'XMP', size(xmp, 'of descriptions and editing history')],
    ['iptc', 'IPTC', size(iptc, 'of captions, names and places')],
    ['maker', 'Maker notes', size(maker, 'that only the maker can read')],
    ['application', 'Programs’ data', size(application, 'that programs left for themselves')],
    ['trailing', 'Behind the picture', size(trailing, 'of something else, such as a video')],
  ];
  const secret = position && coordinates(position);
  return table.flatMap(([key, label, text]) => (text ? [{ key, label, text, ...(key === 'position' && { secret }) }] : []));
}

/**
 * `46.519653° N, 6.632273° E, 495 m above the sea`
 *
 * @param {NonNullable<Reveals['position']>} position
 */
function coordinates({ latitude, longitude, altitude }) {
  const degrees = (/** @type {number} */ millionths, /** @type {string} */ ways) =>
    `${(Math.abs(millionths) / 1e6).toFixed(6)}° ${ways[millionths < 0 ? 1 : 0]}`;
  const height = altitude === undefined ? '' : `, ${Math.round(Math.abs(altitude) / 1000)} m ${altitude < 0 ? 'below' : 'above'} the sea`;
  return `${degrees(latitude, 'NS')}, ${degrees(longitude, 'EW')}${height}`;
}

/** @param {Reveals} reveals */
function when({ taken, zone }) {
  const parts = taken?.match(/^(\d{4})-(\d\d)-(\d\d)[ T](\d\d:\d\d(?::\d\d)?)/);
  if (!parts) {
    return taken;
  }
  const day = new Date(Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])));
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(day);
  return `${date}, ${parts[4]}${zone ? ` (UTC${zone})` : ''}`;
}

/**
 * Most makers repeat themselves in the model's name.
 *
 * @param {Reveals} reveals
 */
function camera({ make, model }) {
  const repeats = make && model?.toLowerCase().startsWith(make.toLowerCase());
  return repeats ? model : [make, model].filter(Boolean).join(' ');
}

/**
 * @param {Fact} fact
 * @param {'gone' | 'stays' | 'not known'} outcome what became of it in the half
 */
function row({ label, text, secret }, outcome) {
  const term = Object.assign(document.createElement('dt'), { textContent: label });
  const value = document.createElement('dd');
  if (secret) {
    const summary = Object.assign(document.createElement('summary'), { textContent: `${text}: show it` });
    const details = document.createElement('details');
    details.append(summary, line(secret));
    value.append(details);
  } else {
    value.textContent = text;
  }
  const fate = Object.assign(document.createElement('dd'), { className: 'fate', textContent: outcome });
  const group = document.createElement('div');
  group.dataset.gone = String(outcome === 'gone');
  group.append(term, value, fate);
  return group;
}

/** @param {string} textContent */
function line(textContent) {
  return Object.assign(document.createElement('p'), { textContent });
}
