import { beforeEach, describe, expect, it } from 'vitest';
import { rememberJoinCode, takeJoinCode } from './joinCode';

beforeEach(() => sessionStorage.clear());

describe('the code of a link', () => {
  it('comes from behind the #', () => {
    expect(takeJoinCode('#abc-def')).toBe('abc-def');
    expect(takeJoinCode('#a%2Fb')).toBe('a/b');
    for (const none of ['', '#', '#%', '#%20']) expect(takeJoinCode(none)).toBeNull();
  });

  it('waits for the log-in, once', () => {
    rememberJoinCode('#abc');
    rememberJoinCode('');
    expect(takeJoinCode('')).toBe('abc');
    expect(takeJoinCode('')).toBeNull();
  });
});
