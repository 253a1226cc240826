// Whether someone is in the middle of something on this page that a reload would disturb or lose. Judged by what stands on
// the page, so that no form can be forgotten.

const FIELDS = 'textarea, input:not([type="hidden"]):not([type="checkbox"]):not([type="radio"]):not([type="file"]), [contenteditable="true"]';

function filled(): Element[] {
  return [...document.querySelectorAll(FIELDS)].filter((field) => ('value' in field ? String(field.value) : (field.textContent ?? '')).trim() !== '');
}

/** Text in a field, a dialog that is open, a picture that is not yet sent. */
export function isWriting(): boolean {
  return filled().length > 0 || document.querySelector('[role="dialog"], [role="alertdialog"], img[src^="blob:"]') !== null;
}

/** Of that, what would be gone: what is inside of `data-kept` outlives a reload. */
export function wouldLose(): boolean {
  return [...filled(), ...document.querySelectorAll('img[src^="blob:"]')].some((element) => !element.closest('[data-kept]'));
}
