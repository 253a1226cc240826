// A finger on the screen, as Chromium itself would report it.

/** The middle of what is seen of an element. */
export async function middleOf(locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error(`nothing to touch: ${locator}`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The place must not move any more: a sheet that rises is touched where it comes to rest. */
export async function restingMiddleOf(locator) {
  await locator.evaluate((element) => {
    const moving = element.ownerDocument.getAnimations().filter((animation) => animation.effect?.target?.contains?.(element) && animation.effect.getComputedTiming().endTime !== Infinity);
    return Promise.all(moving.map((animation) => animation.finished.catch(() => undefined)));
  });
  return middleOf(locator);
}

export async function fingerOn(page) {
  const session = await page.context().newCDPSession(page);
  const send = (type, points) => session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(({ x, y }, id) => ({ x, y, id, radiusX: 8, radiusY: 8, force: 1 })) });
  const finger = {
    down: (point) => send('touchStart', [point]),
    move: (point) => send('touchMove', [point]),
    up: () => send('touchEnd', []),
    /** Both at once: Chromium answers when the page has taken note, and a busy page would make a long press of a tap. */
    tap: (point) => Promise.all([finger.down(point), finger.up()]),
  };
  return finger;
}
