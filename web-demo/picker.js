// @ts-check
/** The three ways to pick a picture: a button, a drop anywhere on the page, a paste. */

const input = /** @type {HTMLInputElement} */ (document.getElementById('file'));

/**
 * Calls `pick` with each picture that is picked; of several, with the first.
 *
 * @param {(file: File) => void} pick
 */
export function onPick(pick) {
  const first = (/** @type {FileList | null | undefined} */ files) => {
    if (files?.[0]) {
      pick(files[0]);
    }
  };
  for (const button of document.querySelectorAll('[data-choose]')) {
    button.addEventListener('click', () => input.click());
  }
  input.addEventListener('change', () => {
    first(input.files);
    input.value = ''; // So that the same file can be chosen again after it was changed on disk.
  });
  document.addEventListener('paste', (event) => first(event.clipboardData?.files));
  onDrop(first);
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
