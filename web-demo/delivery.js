// @ts-check
/**
 * What becomes of one file's half: uploaded and compared with what was stored, downloaded, or kept as a receipt. One
 * `Delivery` belongs to one file and lives as long as the file is on the page, shown or not.
 *
 * ```js
 * const delivery = new Delivery({ file, half, options, engine: halver.engine, config }); // config: await readConfig()
 * delivery.mount(host);        // shows it in `host`, in place of what was there; a hidden one goes on all the same
 * delivery.configure(config);  // the server has said something else
 * delivery.renew(half, options); // the preview was made anew, with other options: the next upload is compared with it
 * delivery.addEventListener('change', () => row.write(delivery.state, delivery.label));
 * await delivery.start();      // as pressing Upload does; resolves at its end, whatever that is, and never rejects
 * delivery.cancel();           // as pressing Cancel does; nothing happens where nothing is under way
 * delivery.dispose();          // cancels, and lets go of all it holds: the file left the page
 * ```
 *
 * - `half` is what `halver.halve(file, options)` gave; `options` those that were passed, without signal and onProgress.
 * - `state` is one of {@link State}; `label` says it in a few words for a list (“Uploading 43 %”); `share` is the part
 *   of the file that was sent, 0 to 1; `receipt` is the receipt as it is now.
 * - `host` should lie in the panel, as an element with the class `delivery-host`, behind all else: the row of buttons
 *   sticks to the window's lower edge. The row holds Upload, Download and Receipt, so the page needs no other download.
 * - Three files are under way at most, the others wait for their turn. Only a mounted delivery speaks in the page's
 *   live region.
 * - Several at once: `Deliveries` in `deliveries.js` has the button for all of them. `serviceOf(config)` in `config.js`
 *   is the line for the page's header.
 */

import { readConfig } from './config.js';
import { DeliveryPanel } from './delivery-panel.js';
import { reasonOf } from './difference.js';
import { freshLink } from './fresh-link.js';
import { bytes, progress } from './quantity.js';
import { receiptOf } from './receipt.js';
import { TRIES } from './retry.js';
import { Slots } from './slots.js';
import { Upload, UploadError, addressOf } from './upload.js';
import { factsOf } from './verdict.js';

/** @typedef {import('./upload.js').Step} Step */
/** @typedef {import('./halver/index.js').Half} Half */

/** @typedef {'off' | 'ready' | 'queued' | Step | 'identical' | 'different' | 'failed' | 'cancelled'} State */

/** Files that are under way at the same time. */
const AT_ONCE = 3;

const slots = new Slots(AT_ONCE);

const PROMISE = 'After the upload, what the function stored is fetched back and compared with this preview, byte for byte.';

/** @type {Record<Step, string>} */
const SPOKEN = {
  uploading: 'Uploading',
  stored: 'Stored; the function is called',
  halving: 'The function is halving it',
  comparing: 'Halved; fetching it back to compare',
};

/** @type {Record<State, string>} */
const LABELS = {
  off: 'Preview only',
  ready: 'Not uploaded',
  queued: 'Waits for its turn',
  uploading: 'Uploading',
  stored: 'Stored',
  halving: 'Halving',
  comparing: 'Comparing',
  identical: 'Identical',
  different: 'Different',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** States of which the four steps say too little. */
const NOTED = ['queued', 'failed', 'cancelled'];

const ORDINALS = ['', 'First', 'Second', 'Third', 'Fourth'];
/** Milliseconds between two looks at a pause’s seconds. */
const TICK = 250;

/** Dispatches `change` whenever `state`, `label` or `share` may have changed. */
export class Delivery extends EventTarget {
  /** @type {State} */
  state = 'ready';
  label = '';
  share = 0;

  #file;
  #half;
  #options;
  #engine;
  #config;
  #upload;
  #made = new Date();
  /** @type {(import('./upload.js').Stored & { comparedAt: Date }) | undefined} */
  #stored;
  /** @type {AbortController | null} Ends what is under way. */
  #running = null;
  /** @type {Step} The last one that was reached. */
  #step = 'uploading';
  /** @type {ReturnType<typeof setInterval> | undefined} Counts a pause down. */
  #countdown;
  #panel = new DeliveryPanel(() => (this.isRunning ? this.cancel() : void this.start()));

  /**
   * @param {object} facts
   * @param {File} facts.file
   * @param {Half} facts.half
   * @param {Record<string, any>} facts.options
   * @param {import('./halver/index.js').Engine} facts.engine
   * @param {import('./config.js').Config} facts.config
   */
  constructor({ file, half, options, engine, config }) {
    super();
    this.#file = file;
    this.#half = half;
    this.#options = options;
    this.#engine = engine;
    this.#config = config;
    this.#upload = new Upload(file, half.source);
    this.#rest();
  }

  /** Whether something is under way, be it a pause. */
  get isRunning() {
    return this.#running !== null;
  }

  /** @returns {import('./receipt.js').Receipt} */
  get receipt() {
    return receiptOf({
      name: this.#file.name,
      half: this.#half,
      options: this.#options,
      engine: this.#engine,
      made: this.#made,
      stored: this.#stored,
    });
  }

  /** @param {HTMLElement} host */
  mount(host) {
    this.#panel.mount(host);
    this.#offerFiles();
  }

  /**
   * An upload that runs goes on, and is compared with the half that was promised when it began.
   *
   * @param {Half} half
   * @param {Record<string, any>} options
   */
  renew(half, options) {
    this.#half = half;
    this.#options = options;
    this.#made = new Date();
    this.#stored = undefined;
    if (!this.isRunning) {
      this.#rest();
    }
    this.#offerFiles();
  }

  /**
   * What the server has said since; an upload that runs or has ended stays as it is.
   *
   * @param {import('./config.js').Config} config
   */
  configure(config) {
    this.#config = config;
    if (this.state === 'ready' || this.state === 'off') {
      this.#rest();
    }
  }

  /** @returns {Promise<void>} */
  async start() {
    if (this.isRunning || this.state === 'off') {
      return;
    }
    const { signal } = (this.#running = new AbortController());
    this.#stored = undefined;
    this.#panel.button('Cancel');
    try {
      await this.#run(this.#half, signal);
    } catch (error) {
      if (signal.aborted) {
        this.#stop();
      } else {
        this.#fail(error);
      }
    }
  }

  cancel() {
    this.#running?.abort(new DOMException('cancelled', 'AbortError'));
  }

  dispose() {
    this.cancel();
    this.#panel.dispose();
  }

  /** Nothing has been uploaded, and nothing is under way. */
  #rest() {
    const { obstacle, recipe, outputVersion } = this.#config;
    const isSame = recipe === null || recipe === this.#half.recipe;
    const line = isSame ? PROMISE : `The half in the bucket will not be this one. ${reasonOf(this.#half, { recipe, outputVersion })}`;
    this.#panel.offer(obstacle ?? line, obstacle === null);
    this.#turn(obstacle === null ? 'ready' : 'off');
  }

  /**
   * @param {Half} half
   * @param {AbortSignal} signal
   */
  async #run(half, signal) {
    if (slots.full) {
      this.#panel.say(`Waits for its turn: ${AT_ONCE} files at most are under way at once.`);
      this.#turn('queued');
    }
    const leave = await slots.take(signal);
    try {
      const stored = await this.#upload.run({ signal, onProgress: (progress) => this.#follow(progress) });
      // The function may have been deployed anew since the page came.
      const { outputVersion } = stored.sha256 === half.sha256 ? this.#config : await readConfig(signal);
      signal.throwIfAborted();
      this.#settle(half, stored, outputVersion);
    } finally {
      leave();
    }
  }

  /** @param {import('./upload.js').Progress} progress */
  #follow({ step, sent, wait }) {
    const isNews = step !== this.state || this.#countdown !== undefined;
    clearInterval(this.#countdown);
    this.#countdown = undefined;
    this.#step = step;
    this.share = sent / this.#file.size;
    this.#panel.mark(step, this.share, wait ? 'paused' : 'now');
    if (wait) {
      this.#await(step, wait);
      return;
    }
    if (isNews) {
      this.#panel.say(`${SPOKEN[step]} …`);
      this.#panel.speak(SPOKEN[step]);
    }
    const isSending = step === 'uploading';
    if (isSending) {
      this.#panel.amend(`Uploading … ${progress(this.share)} of ${bytes(this.#file.size)}`);
    }
    this.#turn(step, isSending ? `Uploading ${progress(this.share)}` : LABELS[step]);
  }

  /**
   * @param {Step} step
   * @param {import('./retry.js').Wait} wait
   */
  #await(step, wait) {
    const trouble = wait.kind === 'offline' ? 'This device is offline.'
      : step === 'uploading' ? 'That did not get through.' : 'No answer came.';
    const { line, label } = outlook(wait, wait.kind === 'pause' ? wait.milliseconds : 0);
    const end = performance.now() + (wait.kind === 'pause' ? wait.milliseconds : 0);
    this.#panel.say(trouble, line);
    this.#panel.speak(`${trouble} ${line}`);
    this.#countdown = setInterval(() => {
      const now = outlook(wait, end - performance.now());
      this.#panel.amend(now.line);
      this.#turn(step, now.label);
    }, TICK);
    this.#turn(step, label);
  }

  /**
   * @param {Half} half
   * @param {import('./upload.js').Stored} stored
   * @param {number | null} outputVersion the function's
   */
  #settle(half, stored, outputVersion) {
    const place = `${stored.bucket}/${stored.key}`;
    const isShown = half === this.#half;
    this.#stored = isShown ? { ...stored, comparedAt: new Date() } : undefined;
    this.#upload.reset();
    const seen = isShown ? 'you see' : 'you saw when the upload began';
    const link = freshLink('Open the half', stored.url, () => addressOf(stored.id));
    if (stored.sha256 === half.sha256) {
      this.#end('identical', [`S3 holds the very bytes that ${seen}: ${bytes(stored.bytes)} as ${place}.`], { link });
    } else {
      const { recipe, outputVersion: version } = half;
      const sides = [
        { title: 'Preview', sha256: half.sha256, facts: factsOf({ recipe, outputVersion: version }) },
        { title: 'Stored', sha256: stored.sha256, facts: factsOf({ recipe: stored.recipe, outputVersion }) },
      ];
      const lines = [`What S3 holds as ${place} is not what ${seen}.`, reasonOf(half, { ...stored, outputVersion })];
      this.#end('different', lines, { sides, link });
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    const [code, sentence] = error instanceof UploadError
      ? [error.code, error.message]
      : ['page', `The page failed: ${error}. Reload it and try again.`];
    this.#end('failed', [sentence, `Code: ${code}`]);
  }

  #stop() {
    const { arrived } = this.#upload;
    const unsent = this.state === 'queued'
      ? 'It was cancelled before its turn came: nothing was sent.'
      : 'The upload was ended on its way; what did not arrive whole is not kept.';
    const line = arrived
      ? `The file had arrived, and stays in the bucket as ${arrived.bucket}/${arrived.key}. Its half will be made all the same.`
      : unsent;
    this.#end('cancelled', [line]);
  }

  /**
   * @param {'identical' | 'different' | 'failed' | 'cancelled'} state
   * @param {string[]} lines
   * @param {import('./delivery-panel.js').Evidence} [evidence]
   */
  #end(state, lines, evidence = {}) {
    clearInterval(this.#countdown);
    this.#countdown = undefined;
    this.#running = null;
    this.#panel.settle(state, this.#step, LABELS[state], lines, evidence);
    this.#panel.button(this.#upload.arrived ? 'Look again' : 'Upload again');
    this.#offerFiles();
    this.#turn(state);
  }

  #offerFiles() {
    this.#panel.offerFiles(this.#file.name, this.#half, this.receipt);
  }

  /**
   * @param {State} state
   * @param {string} label
   */
  #turn(state, label = LABELS[state]) {
    this.state = state;
    this.label = label;
    this.#panel.note(this.#countdown !== undefined || NOTED.includes(state) ? label : '');
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * @param {import('./retry.js').Wait} wait
 * @param {number} left milliseconds
 * @returns {{ line: string, label: string }} what comes next, as a sentence and in short
 */
function outlook(wait, left) {
  if (wait.kind === 'offline') {
    return { line: 'It goes on by itself as soon as the network is back.', label: 'Offline' };
  }
  const label = `${ORDINALS[wait.next]} try in ${Math.max(1, Math.ceil(left / 1000))} s`;
  return { line: `${label}, of ${TRIES} in all.`, label };
}
