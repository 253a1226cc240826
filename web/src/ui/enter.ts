// What the keys mean in a field: one place for all of them.
//
// An input method (Japanese, Chinese, Korean, and many more) uses Enter, Escape and the arrows for itself while a word is
// being chosen. Chrome and Firefox say so with `isComposing`. Safari ends the composition first and then sends the keydown,
// with `isComposing` false and only the old `keyCode` 229 telling: https://bugs.webkit.org/show_bug.cgi?id=165004
import { useMediaQuery } from './useMediaQuery';

interface Key {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing?: boolean;
  readonly nativeEvent?: { readonly isComposing: boolean };
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

const PROCESSED_BY_INPUT_METHOD = 229;

export function isOfInputMethod(event: Pick<Key, 'keyCode' | 'isComposing' | 'nativeEvent'>): boolean {
  return event.isComposing === true || event.nativeEvent?.isComposing === true || event.keyCode === PROCESSED_BY_INPUT_METHOD;
}

/** The key that was pressed, or none while an input method has it. */
export function keyOf(event: Key): string {
  return isOfInputMethod(event) ? '' : event.key;
}

/** In a field in which Enter sends, on a desk. With Ctrl or Cmd it does everywhere. */
export function isSendKey(event: Key, sendsOnEnter: boolean): boolean {
  if (keyOf(event) !== 'Enter' || event.shiftKey || event.altKey) return false;
  return sendsOnEnter || event.ctrlKey || event.metaKey;
}

/** On a phone there is no Shift with Enter: there it makes a line, and the button sends. With a mouse or a trackpad there is a keyboard, too. */
const TOUCH_ONLY = '(pointer: coarse) and (hover: none) and (not (any-pointer: fine))';

export function useSendsOnEnter(): boolean {
  return !useMediaQuery(TOUCH_ONLY);
}

const OF_INPUT_METHODS = new Set(['Enter', 'Escape', 'Tab', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']);

/**
 * Keeps what belongs to the input method from everybody else: fields, lists, sheets, and those of libraries. The browser
 * still does with it what it does. A form is not submitted by it either.
 */
export function guardInputMethods(target: Pick<Window, 'addEventListener'>): void {
  let ended = false;
  target.addEventListener(
    'keydown',
    (event) => {
      ended = OF_INPUT_METHODS.has(event.key) && isOfInputMethod(event);
      if (ended) event.stopImmediatePropagation();
    },
    true,
  );
  target.addEventListener('keyup', () => (ended = false), true);
  target.addEventListener('pointerdown', () => (ended = false), true);
  target.addEventListener(
    'submit',
    (event) => {
      if (!ended) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
}
