import { describe, expect, it } from 'vitest';
import { checkPassword } from './rules';

describe('the rule for passwords', () => {
  it('counts characters of the normal form, as the server does', () => {
    expect(checkPassword('e\u0301'.repeat(128))).toBeNull();
    expect(checkPassword('e\u0301'.repeat(129))).toBe('passwordLong');
    expect(checkPassword('e\u0301'.repeat(9))).toBe('passwordShort');
    expect(checkPassword('👩‍👧'.repeat(4))).toBeNull();
  });

  it('says which characters cannot be typed elsewhere', () => {
    expect(checkPassword('a tab\tand more words')).toBe('passwordUnseen');
    expect(checkPassword('one line\nand another')).toBe('passwordUnseen');
  });
});
