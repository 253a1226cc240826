/** After a refused form: brings the person to the first thing to correct, once the messages are on the page. */
export function focusFirstInvalid(form: EventTarget & HTMLElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
