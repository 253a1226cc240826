// A reload or a closed tab asks, in the browser's own words, while anything would be lost by it.
const reasons = new Set<unknown>();

const ask = (event: BeforeUnloadEvent) => event.preventDefault();

/** Only then is there a listener: a page with one is not kept by the browser to come back to. */
export function askBeforeUnload(reason: unknown, isOn: boolean): void {
  if (isOn) reasons.add(reason);
  else reasons.delete(reason);
  if (reasons.size > 0) window.addEventListener('beforeunload', ask);
  else window.removeEventListener('beforeunload', ask);
}
