import { describe, expect, it } from 'vitest';
import { AT_REST, axisOf, bounded, followed, isZoomed, maxScaleOf, movedBy, outcomeOf, pinched, toggledAt, zoomedAt, type Point, type Room, type View } from './zoom';

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A phone: bars above and below, a landscape picture between them. */
const phone: Room = { stage: { width: 390, height: 844 }, picture: { x: 195, y: 400, width: 390, height: 260 }, maxScale: 5 };

/** Where a point of the picture (from its middle, at rest) is on the stage. */
const onStage = (view: View, room: Room, { x, y }: Point): Point => ({ x: room.picture.x + view.x + x * view.scale, y: room.picture.y + view.y + y * view.scale });
const edges = (view: View, { picture }: Room) => {
  const halfWide = (picture.width * view.scale) / 2;
  const halfHigh = (picture.height * view.scale) / 2;
  return { left: picture.x + view.x - halfWide, right: picture.x + view.x + halfWide, top: picture.y + view.y - halfHigh, bottom: picture.y + view.y + halfHigh };
};

describe('zooming', () => {
  it('keeps what lies under the point where it is', () => {
    const point = { x: 250, y: 420 };
    const from = { x: 55, y: 20 };
    const view = zoomedAt(AT_REST, 4, point, phone);
    expect(view.scale).toBe(4);
    expect(onStage(view, phone, from).x).toBeCloseTo(250);
    expect(onStage(view, phone, from).y).toBeCloseTo(420);
  });

  it('keeps two points under two fingers while there is room', () => {
    const begun = zoomedAt(AT_REST, 3, { x: 195, y: 400 }, phone);
    const fingers: [Point, Point] = [{ x: 150, y: 380 }, { x: 240, y: 420 }];
    const moved: [Point, Point] = [{ x: 140, y: 375 }, { x: 260, y: 428.333 }];
    const view = pinched(begun, fingers, moved, phone);
    const under = (finger: Point, of: View) => ({ x: (finger.x - phone.picture.x - of.x) / of.scale, y: (finger.y - phone.picture.y - of.y) / of.scale });
    fingers.forEach((finger, index) => {
      expect(under(moved[index] ?? finger, view).x).toBeCloseTo(under(finger, begun).x, 2);
      expect(under(moved[index] ?? finger, view).y).toBeCloseTo(under(finger, begun).y, 2);
    });
  });

  it('goes closer with a double tap and back with the next', () => {
    const view = toggledAt(AT_REST, { x: 300, y: 400 }, phone);
    expect(view.scale).toBe(2.5);
    expect(toggledAt(view, { x: 10, y: 10 }, phone)).toEqual(AT_REST);
  });

  it('allows what is needed to read, within reason', () => {
    expect(maxScaleOf(2048, 390, 3)).toBeCloseTo(3.5, 1);
    expect(maxScaleOf(400, 390, 3)).toBe(3);
    expect(maxScaleOf(2048, 100, 1)).toBe(8);
    expect(maxScaleOf(2048, 0, 1)).toBe(3);
  });

  it('never leaves its bounds, whatever the hands do', () => {
    const random = seeded(11);
    const between = (low: number, high: number) => low + random() * (high - low);
    for (let round = 0; round < 300; round += 1) {
      const stage = { width: between(200, 1600), height: between(200, 1200) };
      const picture = { width: between(20, stage.width), height: between(20, stage.height), x: 0, y: 0 };
      picture.x = between(picture.width / 2, stage.width - picture.width / 2);
      picture.y = between(picture.height / 2, stage.height - picture.height / 2);
      const room: Room = { stage, picture, maxScale: between(2, 8) };
      const point = () => ({ x: between(-50, stage.width + 50), y: between(-50, stage.height + 50) });
      let view = AT_REST;
      for (let step = 0; step < 20; step += 1) {
        const kind = Math.floor(random() * 4);
        if (kind === 0) view = movedBy(view, { x: between(-900, 900), y: between(-900, 900) }, room);
        else if (kind === 1) view = zoomedAt(view, between(0.1, 12), point(), room);
        else if (kind === 2) view = pinched(view, [point(), point()], [point(), point()], room);
        else view = toggledAt(view, point(), room);
        expect(view.scale).toBeGreaterThanOrEqual(1);
        expect(view.scale).toBeLessThanOrEqual(room.maxScale);
        if (!isZoomed(view)) expect(Math.hypot(view.x, view.y)).toBeLessThan(2);
        const { left, right, top, bottom } = edges(view, room);
        // An edge of the picture lies inside the stage only where the picture is smaller than the stage.
        for (const [low, high, extent] of [[left, right, stage.width], [top, bottom, stage.height]] as const) {
          if (high - low >= extent) {
            expect(low).toBeLessThan(1e-6);
            expect(high).toBeGreaterThan(extent - 1e-6);
          } else {
            expect(low).toBeGreaterThan(-1e-6);
            expect(high).toBeLessThan(extent + 1e-6);
          }
        }
        expect(bounded(view, room)).toEqual(view);
      }
    }
  });

  it('survives fingers on one spot', () => {
    const spot = { x: 100, y: 100 };
    expect(pinched(AT_REST, [spot, spot], [spot, { x: 200, y: 100 }], phone)).toEqual(AT_REST);
  });
});

describe('swiping', () => {
  it('knows its way only once it is clear', () => {
    expect(axisOf({ x: 5, y: 4 })).toBeNull();
    expect(axisOf({ x: -20, y: 9 })).toBe('across');
    expect(axisOf({ x: 9, y: 20 })).toBe('down');
  });

  it('follows the finger, and holds back where nothing follows', () => {
    expect(followed({ x: -100, y: 30 }, 'across', { before: false, after: true })).toEqual({ x: -100, y: 0 });
    expect(followed({ x: 100, y: 30 }, 'across', { before: false, after: true })).toEqual({ x: 25, y: 0 });
    expect(followed({ x: 30, y: 80 }, 'down', { before: true, after: true })).toEqual({ x: 0, y: 80 });
    expect(followed({ x: 30, y: -80 }, 'down', { before: true, after: true })).toEqual({ x: 0, y: 0 });
  });

  it('goes on when it went far or ended fast, and stays when it turned back', () => {
    const slow = { x: 0, y: 0 };
    expect(outcomeOf({ x: -150, y: 0 }, slow, 'across', 390)).toBe('after');
    expect(outcomeOf({ x: 150, y: 0 }, slow, 'across', 390)).toBe('before');
    expect(outcomeOf({ x: -60, y: 0 }, slow, 'across', 390)).toBe('stay');
    expect(outcomeOf({ x: -60, y: 0 }, { x: -1, y: 0 }, 'across', 390)).toBe('after');
    expect(outcomeOf({ x: -200, y: 0 }, { x: 1, y: 0 }, 'across', 390)).toBe('stay');
    expect(outcomeOf({ x: 0, y: 200 }, slow, 'down', 390)).toBe('close');
    expect(outcomeOf({ x: 0, y: 40 }, { x: 0, y: 1 }, 'down', 390)).toBe('close');
    expect(outcomeOf({ x: 0, y: 200 }, { x: 0, y: -1 }, 'down', 390)).toBe('stay');
    expect(outcomeOf({ x: 0, y: -300 }, { x: 0, y: -2 }, 'down', 390)).toBe('stay');
  });
});
