// How far what is on the page moves by itself: layout shifts as https://web.dev/articles/cls counts them, and what is seen
// from the first paint to the first page.

/** Runs in the page before everything else. */
function observe() {
  const shifts = [];
  const nameOf = (node) => {
    const element = node instanceof Element ? node : node?.parentElement;
    if (!element) return 'something that is gone';
    return `${element.localName}.${element.getAttribute('class') ?? ''} "${(element.textContent ?? '').trim().slice(0, 30)}"`;
  };
  const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(',');
  const note = (entries) => {
    for (const { value, hadRecentInput, startTime, sources } of entries) {
      if (!hadRecentInput) shifts.push({ value, startTime, sources: sources.map(({ node, previousRect, currentRect }) => `${nameOf(node)} ${box(previousRect)} -> ${box(currentRect)}`) });
    }
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  window.shiftsSoFar = () => {
    note(observer.takeRecords());
    return shifts;
  };

  // One word for each frame in which something else is seen than before.
  const frames = [];
  const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getBoundingClientRect().height > 0;
  const look = () => {
    const seen = [...document.querySelectorAll('.shell-start')].some(isSeen) ? 'shell' : [...document.querySelectorAll('#root :is(h1, h2, header)')].some(isSeen) ? 'page' : 'nothing';
    if (frames.at(-1) !== seen) frames.push(seen);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.framesSoFar = () => frames;
}

export const watchShifts = (context) => context.addInitScript(observe);

export const framesOf = (page) => page.evaluate(() => window.framesSoFar());

/**
 * `cls` as browsers report it: the largest session window, of shifts at most 1 s apart and 5 s in all. `sum` is all of
 * them: the same for a slow machine and a quick one, and never less.
 */
export async function shiftsOf(page) {
  const shifts = await page.evaluate(() => window.shiftsSoFar());
  let window;
  let cls = 0;
  for (const { value, startTime } of shifts) {
    if (!window || startTime - window.last > 1_000 || startTime - window.first > 5_000) window = { first: startTime, sum: 0 };
    window.last = startTime;
    window.sum += value;
    cls = Math.max(cls, window.sum);
  }
  const told = shifts.flatMap(({ value, sources }) => [`${value.toFixed(4)}:`, ...sources.map((source) => `  ${source}`)]);
  return { cls, sum: shifts.reduce((total, { value }) => total + value, 0), told };
}

/** Everything that was asked for is there and has been painted. */
export async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all([...document.images].filter((image) => image.checkVisibility() && image.loading !== 'lazy').map((image) => image.decode().catch(() => undefined)));
    for (let frame = 0; frame < 2; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}
