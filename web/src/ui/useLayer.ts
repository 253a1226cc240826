import { useLayoutEffect, useRef } from 'react';
import type { RouterHistory } from '@tanstack/react-router';
import { Layers, type CloseReason } from './layers';
import { noteClosed, spendPresses, watchPresses } from './presses';

const layers = new Layers();

/** In the state of a history entry: how many layers are open in it. */
const DEPTH = 'village_layers';
const PAGE = '__TSR_key';
/** A traversal takes some milliseconds. One that has not come after so many turns never will. */
const LOST_AFTER_TURNS = 8;
const TURN_MS = 250;

type EntryState = { [DEPTH]?: number; [PAGE]?: string } | null;

const entry = () => window.history.state as EntryState;

/**
 * Back closes it while it is open. `onClose` may refuse by leaving it open, for instance to ask a question first; with
 * the reason `leave` the page goes in any case. While it `isGuarded`, navigations ask as well (see `stay`).
 */
export function useLayer(isOpen: boolean, onClose: (reason: CloseReason) => void, isGuarded = false): void {
  const latest = useRef({ onClose, isGuarded });
  useLayoutEffect(() => {
    latest.current = { onClose, isGuarded };
  });
  // Before the next paint and before passive effects: what closes and what opens instead are seen together.
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    spendPresses();
    const closed = layers.open(
      (reason) => latest.current.onClose(reason),
      () => latest.current.isGuarded,
    );
    return () => {
      noteClosed();
      closed();
    };
  }, [isOpen]);
}

/** The question that a navigation brought up was answered: stay. */
export const stay = () => layers.stay();

/** Called once, with the history of the router. */
export function installLayers(history: RouterHistory): void {
  watchPresses();
  let lost: ReturnType<typeof setTimeout> | undefined;

  // The router is told nothing of layers: to it the page stays the same, and so does the scroll position that it keeps.
  const write = (how: 'pushState' | 'replaceState', depth: number) => {
    history.flush();
    History.prototype[how].call(window.history, { ...entry(), [DEPTH]: depth }, '');
  };

  const { push, replace, go, back, forward } = history;
  const later = (navigation: () => void) => layers.navigate(navigation);
  history.push = (...args) => later(() => push(...args));
  history.replace = (...args) => later(() => replace(...args));
  history.go = (...args) => later(() => go(...args));
  history.back = (...args) => later(() => back(...args));
  history.forward = (...args) => later(() => forward(...args));

  window.addEventListener(
    'popstate',
    (event) => {
      clearTimeout(lost);
      const state = event.state as EntryState;
      const samePage = state?.[PAGE] !== undefined && state[PAGE] === (history.location.state as EntryState)?.[PAGE];
      if (layers.arrived({ samePage, depth: state?.[DEPTH] ?? 0 })) event.stopImmediatePropagation();
    },
    // Before the router's own listener.
    { capture: true },
  );

  layers.attach(
    {
      push: (depth) => write('pushState', depth),
      go: (steps) => {
        const wanted = layers.depth + steps;
        // In turns: a page that was busy all the time has not waited, and what arrived meanwhile is heard first.
        const wait = (turns: number) => {
          lost = setTimeout(() => (turns > 1 ? wait(turns - 1) : giveUp()), TURN_MS);
        };
        const giveUp = () => {
          // A tab that was copied without its history: the entry becomes the page's own.
          write('replaceState', wanted);
          layers.arrived({ samePage: true, depth: wanted });
        };
        clearTimeout(lost);
        wait(LOST_AFTER_TURNS);
        history.flush();
        window.history.go(steps);
      },
      later: (task) => setTimeout(task, 0),
    },
    entry()?.[DEPTH] ?? 0,
  );
}
