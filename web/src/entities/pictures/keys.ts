/** Where a key leads from a picture, in a list whose last has the number `last`; null when it leads nowhere. */
export function placeAfter(key: string, index: number, last: number, forward: number): number | null {
  const places: Record<string, number> = { ArrowRight: index + forward, ArrowLeft: index - forward, PageDown: index + 1, PageUp: index - 1, Home: 0, End: last };
  const place = places[key];
  return place === undefined ? null : Math.min(last, Math.max(0, place));
}
