// Does everything fit? Nothing scrolls sideways, and nothing one can press or type in is pushed or cut out of reach.

/** What is wrong on the page as it stands, one line each. */
export function misfits(page) {
  return page.evaluate(() => {
    const found = [];
    // Not `innerWidth`: a phone shows a page that is too wide smaller, in a larger window.
    const width = document.documentElement.clientWidth;
    const name = (element) => {
      const words = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 24);
      return `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> "${words}"`;
    };
    const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest('[inert], [aria-hidden="true"]');
    /** Parts only for screen readers are one pixel wide on purpose. */
    const isForEyes = (element) => {
      for (let each = element; each; each = each.parentElement) if (getComputedStyle(each).clipPath === 'inset(50%)') return false;
      return true;
    };

    const whole = document.scrollingElement?.scrollWidth ?? 0;
    if (whole > width + 1) {
      found.push(`the page is ${whole} px wide in a window of ${width}`);
      const beyond = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width + 1 && isForEyes(element));
      for (const element of beyond.filter((each) => !beyond.some((other) => other !== each && each.contains(other))).slice(0, 4)) found.push(`  up to ${Math.round(element.getBoundingClientRect().right)}: ${name(element)}`);
    }
    for (const element of document.querySelectorAll('body *')) {
      const { overflowX } = getComputedStyle(element);
      if ((overflowX === 'auto' || overflowX === 'scroll') && element.scrollWidth > element.clientWidth + 1 && isShown(element) && isForEyes(element) && !element.matches('textarea, input, [role="tablist"], [data-scrolls]')) {
        found.push(`scrolls sideways (${element.scrollWidth} in ${element.clientWidth}): ${name(element)}`);
      }
    }
    for (const element of document.querySelectorAll('a[href], button, input, textarea, select, [role="button"], [role="tab"], [role="switch"], [role="checkbox"], [role="menuitem"], [role="option"]')) {
      if (!isShown(element) || !isForEyes(element)) continue;
      let { left, right } = element.getBoundingClientRect();
      if (right - left < 2) continue;
      if (left < -1 || right > width + 1) {
        found.push(`reaches from ${Math.round(left)} to ${Math.round(right)} of ${width}: ${name(element)}`);
        continue;
      }
      const own = right - left;
      for (let parent = element.parentElement; parent; parent = parent.parentElement) {
        const { overflowX, display } = getComputedStyle(parent);
        if (overflowX === 'visible' || display === 'contents') continue;
        const box = parent.getBoundingClientRect();
        left = Math.max(left, box.left);
        right = Math.min(right, box.right);
      }
      // A link inside a line that ends in dots is cut, and pressed all the same.
      const isEllipsis = element.parentElement?.closest('*') && getComputedStyle(element.parentElement).textOverflow === 'ellipsis';
      if (right - left < (isEllipsis ? 24 : own - 2)) found.push(`only ${Math.round(Math.max(0, right - left))} of ${Math.round(own)} px are seen: ${name(element)}`);
    }
    // Words that lie over other words: boxes that hide nothing and are narrower than what stands in them.
    for (const element of document.querySelectorAll('body *')) {
      if (!isShown(element) || !isForEyes(element) || ![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')) continue;
      const range = document.createRange();
      range.selectNodeContents(element);
      const words = range.getBoundingClientRect();
      let { right, left } = words;
      for (let parent = element; parent; parent = parent.parentElement) {
        if (getComputedStyle(parent).overflowX === 'visible') continue;
        const box = parent.getBoundingClientRect();
        left = Math.max(left, box.left);
        right = Math.min(right, box.right);
      }
      if (right > width + 1 || left < -1) found.push(`words reach from ${Math.round(left)} to ${Math.round(right)} of ${width}: ${name(element)}`);
    }
    return [...new Set(found)];
  });
}
