import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { guardInputMethods, isSendKey, keyOf } from './enter';

const NONE = { shiftKey: false, altKey: false, ctrlKey: false, metaKey: false };
const enter = { ...NONE, key: 'Enter', keyCode: 13, isComposing: false };

/** The keydown of the Enter that takes a word, as browsers send it. */
const TAKES_A_WORD = {
  // compositionend comes after it.
  chrome: { ...NONE, key: 'Enter', keyCode: 229, isComposing: true },
  firefox: { ...NONE, key: 'Process', keyCode: 229, isComposing: true },
  // compositionend came before it.
  safari: { ...NONE, key: 'Enter', keyCode: 229, isComposing: false },
};

describe('Enter', () => {
  it('sends on a desk; with Shift it makes a line', () => {
    expect(isSendKey(enter, true)).toBe(true);
    expect(isSendKey({ ...enter, shiftKey: true }, true)).toBe(false);
    expect(isSendKey({ ...enter, altKey: true }, true)).toBe(false);
    expect(isSendKey({ ...enter, key: 'a' }, true)).toBe(false);
  });

  it('makes a line on a phone; with Ctrl or Cmd it sends there, too', () => {
    expect(isSendKey(enter, false)).toBe(false);
    expect(isSendKey({ ...enter, ctrlKey: true }, false)).toBe(true);
    expect(isSendKey({ ...enter, metaKey: true }, false)).toBe(true);
  });

  it.each(Object.entries(TAKES_A_WORD))('that takes a word is the input method’s, in %s', (_, event) => {
    expect(keyOf(event)).toBe('');
    expect(isSendKey(event, true)).toBe(false);
    expect(isSendKey({ ...event, ctrlKey: true }, true)).toBe(false);
    // As React passes it on.
    expect(keyOf({ ...NONE, key: event.key, keyCode: event.keyCode, nativeEvent: { isComposing: event.isComposing } })).toBe('');
  });
});

describe('the guard', () => {
  let page: HTMLElement;
  const seen = vi.fn();
  const submitted = vi.fn((event: Event) => event.preventDefault());

  beforeEach(() => {
    page = document.createElement('form');
    page.innerHTML = '<input />';
    document.body.append(page);
    page.addEventListener('keydown', seen);
    page.addEventListener('submit', submitted);
  });
  afterEach(() => {
    page.remove();
    vi.clearAllMocks();
  });
  guardInputMethods(window);

  function press(init: { key: string; keyCode: number; isComposing: boolean }, type = 'keydown') {
    const event = new KeyboardEvent(type, { ...init, bubbles: true, cancelable: true });
    if (event.keyCode !== init.keyCode) Object.defineProperty(event, 'keyCode', { value: init.keyCode });
    page.querySelector('input')?.dispatchEvent(event);
    return event;
  }
  const submit = () => page.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));

  it.each([TAKES_A_WORD.chrome, TAKES_A_WORD.safari])('keeps the key from everybody, and leaves it to the browser', (event) => {
    expect(press(event).defaultPrevented).toBe(false);
    expect(seen).not.toHaveBeenCalled();
    submit();
    expect(submitted).not.toHaveBeenCalled();
    // The next one is the person's.
    press(event, 'keyup');
    press(enter);
    submit();
    expect(seen).toHaveBeenCalledTimes(1);
    expect(submitted).toHaveBeenCalledTimes(1);
  });

  it('lets Escape close no sheet while it closes the list of words', () => {
    press({ key: 'Escape', keyCode: 229, isComposing: true });
    expect(seen).not.toHaveBeenCalled();
    press({ key: 'Escape', keyCode: 27, isComposing: false });
    expect(seen).toHaveBeenCalledTimes(1);
  });

  it('lets letters through, which Android sends with that code', () => {
    press({ key: 'Unidentified', keyCode: 229, isComposing: true });
    expect(seen).toHaveBeenCalledTimes(1);
  });
});
