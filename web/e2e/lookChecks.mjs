// What must hold of a page or a sheet in every look: nothing sticks out, nothing is too small for a finger, nothing is
// covered. Each check returns the faults it found, one line each.

/** What a finger or a key can use. Links inside a sentence may be as high as its line. */
const USABLE = 'a[href], button, input, select, textarea, [role="button"], [role="tab"], [role="menuitem"], [role="option"], [role="switch"], [role="radio"], [role="checkbox"]';
/** What one comes for: the bar, the head, the foot of a sheet, what stands beside the field to write in. */
const MAIN = 'nav a, nav button, [role="dialog"] header button, [role="dialog"] footer button, [role="alertdialog"] button, [role="tab"], form button[type="submit"], button[aria-label="Send"]';

/** Runs in the page, from one function, so that helpers are shared. */
function look({ usable, main, isTouch, checksCover }) {
  const found = [];
  const layers = [...document.querySelectorAll('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]')].filter((one) => one.getClientRects().length > 0);
  const layer = layers.at(-1) ?? document;
  const say = (element) => {
    const name = element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '';
    return `<${element.tagName.toLowerCase()}${element.getAttribute('role') ? ` role=${element.getAttribute('role')}` : ''}> "${(name || element.getAttribute('name') || element.type || '').slice(0, 50)}"`;
  };

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) {
    const out = [...document.body.querySelectorAll('*')].find((one) => one.getBoundingClientRect().right > root.clientWidth + 1 && one.getBoundingClientRect().width > 0);
    found.push(`scrolls sideways: ${root.scrollWidth} px in ${root.clientWidth}${out ? `, first ${say(out)}` : ''}`);
  }
  for (const one of layer.querySelectorAll('*')) {
    const { overflowX, overflowY } = getComputedStyle(one);
    const scrollsDown = /auto|scroll/.test(overflowY) && one.scrollHeight > one.clientHeight;
    if (scrollsDown && overflowX !== 'hidden' && one.scrollWidth > one.clientWidth + 1) found.push(`${say(one).slice(0, 60)} scrolls sideways inside`);
  }

  /** Where a press lands: of a hidden input it is its label. */
  const target = (element) => {
    const { opacity, clipPath, position } = getComputedStyle(element);
    const rect = element.getBoundingClientRect();
    const isHidden = opacity === '0' || clipPath !== 'none' || (position === 'absolute' && (rect.width <= 1 || rect.height <= 1)) || element.closest('[style*="clip"], [data-react-aria-top-layer]');
    return (element.matches('input') && (isHidden || /checkbox|radio|file/.test(element.type)) && element.closest('label')) || element;
  };
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getBoundingClientRect().width > 1 && !element.closest('[inert], [aria-hidden="true"]');
  const isInSentence = (element) => {
    if (!element.matches('a, a *') || getComputedStyle(element).display !== 'inline') return false;
    const parent = element.parentElement?.closest('p, span, div, h1, h2, h3, bdi, li');
    return (parent?.textContent?.trim().length ?? 0) >= (element.textContent?.trim().length ?? 0);
  };
  const things = [...new Set([...layer.querySelectorAll(usable)].map(target))].filter(isShown);

  /** Small to the eye, larger to a finger: some things have a box around them that nobody sees. */
  const reachOf = (element) => {
    const { width, height } = element.getBoundingClientRect();
    const around = getComputedStyle(element, '::after');
    if (around.content === 'none' || around.position !== 'absolute') return { width, height };
    const beyond = (...sides) => sides.reduce((sum, side) => sum + Math.max(0, -parseFloat(side) || 0), 0);
    return { width: width + beyond(around.left, around.right), height: height + beyond(around.top, around.bottom) };
  };
  for (const one of things) {
    if (one.matches(':disabled') || isInSentence(one)) continue;
    const { width, height } = reachOf(one);
    const least = isTouch && one.matches(main) ? 44 : 24;
    if (width < least - 0.5 || height < least - 0.5) found.push(`${say(one)} is ${Math.round(width)} × ${Math.round(height)}, less than ${least}`);
  }

  if (checksCover) {
    const before = [...document.querySelectorAll('*')].filter((one) => one.scrollHeight > one.clientHeight).map((one) => [one, one.scrollTop]);
    for (const one of things.filter((thing) => !thing.matches('[class*="skip"]')).slice(0, 40)) {
      // Twice: a list that grows while one scrolls may move it away again.
      let [x, y] = [-1, -1];
      const isOutside = () => x < 0 || y < 0 || x > innerWidth || y > innerHeight;
      for (let times = 0; times < 2 && isOutside(); times += 1) {
        one.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
        const { left, top, width, height } = one.getBoundingClientRect();
        // What is higher than the screen is pressed in the middle of what one sees of it.
        [x, y] = [left + width / 2, height > innerHeight ? innerHeight / 2 : top + Math.min(height / 2, 40)];
      }
      if (isOutside()) {
        found.push(`${say(one)} cannot be scrolled to: it stays at ${Math.round(x)}, ${Math.round(y)} of ${innerWidth} × ${innerHeight}`);
        continue;
      }
      const hit = document.elementFromPoint(x, y);
      const isReached = hit && (one.contains(hit) || hit.contains(one) || hit.closest('label')?.contains(one) || one.closest('label')?.contains(hit));
      if (!isReached && getComputedStyle(one).pointerEvents !== 'none') found.push(`${say(one)} is covered by ${hit ? say(hit) : 'nothing'}`);
    }
    for (const [one, top] of before) one.scrollTop = top;
  }
  return found;
}

export function faultsOf(page, { isTouch, checksCover }) {
  return page.evaluate(look, { usable: USABLE, main: MAIN, isTouch, checksCover });
}

/** Twice the text, as one sets it in the browser: everything that is written in `rem` follows, and the browser says so. */
export function setText(page, percent) {
  return page.evaluate((size) => {
    document.documentElement.style.fontSize = size;
    window.dispatchEvent(new Event('resize'));
  }, percent === 100 ? '' : `${percent}%`);
}

/** The same, on every page that is opened from now on. */
export function keepText(page, percent) {
  return page.addInitScript((size) => {
    const set = () => document.documentElement?.style.setProperty('font-size', size);
    set();
    // This may run before there is a root.
    new MutationObserver(set).observe(document, { childList: true });
  }, `${percent}%`);
}

/** After a change of look: the theme is there, and what follows a size has followed. */
export async function settle(page) {
  await page.waitForFunction(() => document.documentElement.dataset.theme === undefined || (document.documentElement.dataset.theme === 'dark') === matchMedia('(prefers-color-scheme: dark)').matches);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
}

/** Says where the focus is when one cannot see it there; null when one can. */
export function missingRing(page) {
  return page.evaluate(() => {
    const active = document.activeElement;
    // Between the end of the page and its beginning the focus is with the browser.
    if (!active || active === document.body) return null;
    const hasRing = (one) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
      return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || (boxShadow !== 'none' && one.matches('input, textarea, select, :has(> input), :has(> textarea)'));
    };
    // The ring of a hidden input is drawn by its label, that of a field by the box around it, that of a message by its bubble.
    const around = [active, active.closest('label'), active.parentElement, active.parentElement?.parentElement, ...(active.closest('label') ?? active).querySelectorAll('*')];
    if (around.some((one) => one && hasRing(one))) return null;
    return `no ring at <${active.tagName.toLowerCase()}> "${(active.getAttribute('aria-label') ?? active.textContent ?? '').trim().slice(0, 50)}"`;
  });
}

/** Goes on with Tab and says which stops have no ring. */
export async function focusFaults(page, stops) {
  const found = new Set();
  const before = await page.evaluateHandle(() => document.activeElement);
  for (let stop = 0; stop < stops; stop += 1) {
    await page.keyboard.press('Tab');
    const fault = await missingRing(page);
    if (fault) found.add(fault);
  }
  // As it was, for the looks that follow.
  await before.evaluate((element) => {
    if (element.matches('body')) document.activeElement.blur();
    else element.focus();
    window.scrollTo(0, 0);
  });
  return [...found];
}
