// Fingers as Chromium sends them: real touch input through the debugger, not invented events.

export async function fingersOf(page) {
  const session = await page.context().newCDPSession(page);
  const send = (type, points) => session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(({ x, y }, id) => ({ x, y, id })) });
  /** From points to points, in steps; `stay` keeps the fingers down. */
  async function drag(from, to, { steps = 8, stay = false } = {}) {
    await send('touchStart', from);
    for (let step = 1; step <= steps; step += 1) {
      await send('touchMove', from.map((point, finger) => ({ x: between(point.x, to[finger].x, step / steps), y: between(point.y, to[finger].y, step / steps) })));
    }
    if (!stay) await send('touchEnd', []);
  }
  return {
    drag,
    swipe: (from, to, options) => drag([from], [to], options),
    lift: () => send('touchEnd', []),
    async tap(point) {
      await send('touchStart', [point]);
      await send('touchEnd', []);
    },
    async doubleTap(point) {
      await this.tap(point);
      await this.tap(point);
    },
  };
}

const between = (from, to, part) => from + (to - from) * part;
