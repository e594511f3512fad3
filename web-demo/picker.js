// @ts-check
/** The three ways to pick pictures: a button, a drop anywhere on the page, a paste. */

const input = /** @type {HTMLInputElement} */ (document.getElementById('file'));

/**
 * Calls `pick` with the files that are picked together, at least one. Nothing is known of them: names and types are
 * what their giver says.
 *
 * @param {(files: File[]) => void} pick
 */
export function onPick(pick) {
  const some = (/** @type {FileList | null | undefined} */ files) => {
    if (files?.length) {
      pick([...files]);
    }
  };
  for (const button of document.querySelectorAll('[data-choose]')) {
    button.addEventListener('click', () => input.click());
  }
  input.addEventListener('change', () => {
    some(input.files);
    input.value = ''; // So that the same file can be chosen again after it was changed on disk.
  });
  document.addEventListener('paste', (event) => some(event.clipboardData?.files));
  onDrop(some);
}

/**
 * Calls `expect` once, when a pick is likely: a pointer or the focus is on a button for it, or something is dragged over
 * the page. The hand is slower than the network most times.
 *
 * @param {() => void} expect
 */
export function onApproach(expect) {
  const ender = new AbortController();
  const once = () => {
    ender.abort();
    expect();
  };
  for (const button of document.querySelectorAll('[data-choose]')) {
    for (const type of ['pointerenter', 'pointerdown', 'focus']) {
      button.addEventListener(type, once, { signal: ender.signal });
    }
  }
  document.addEventListener('dragenter', once, { signal: ender.signal });
}

/** @param {(files: FileList | undefined) => void} drop */
function onDrop(drop) {
  const isOfFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
  const draw = (/** @type {boolean} */ curtain) => document.body.classList.toggle('dragging', curtain);
  document.addEventListener('dragover', (event) => {
    if (isOfFiles(event)) {
      event.preventDefault();
      draw(true);
    }
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) {
      draw(false); // Only leaving the window has no related target.
    }
  });
  document.addEventListener('drop', (event) => {
    draw(false);
    if (isOfFiles(event)) {
      event.preventDefault();
      drop(event.dataTransfer?.files);
    }
  });
}
