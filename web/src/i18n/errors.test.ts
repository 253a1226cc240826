import { describe, expect, it } from 'vitest';
import { ApiError } from '@/api';
import { errorText, fieldErrors, t } from '.';

describe('what people read when something fails', () => {
  it('says how long to wait, in seconds or minutes', () => {
    const limited = (seconds: number) => errorText(t, new ApiError('rate_limited', 429, '', [], seconds));
    expect(limited(1)).toContain('1 second.');
    expect(limited(42)).toContain('42 seconds.');
    expect(limited(600)).toContain('10 minutes.');
  });

  it('has words of its own for known codes and passes on the server’s sentence for others', () => {
    expect(errorText(t, new ApiError('handle_taken', 409, 'x'))).toContain('choose another');
    expect(errorText(t, new ApiError('brand_new_code', 409, 'The server’s own sentence.'))).toBe('The server’s own sentence.');
    expect(errorText(t, new Error('stack trace'))).toBe('Something went wrong on our side. Please try again.');
  });

  it('makes a sentence of a message about a field', () => {
    const error = new ApiError('invalid_request', 422, '', [{ field: 'password', code: 'too_short', message: 'is shorter than 10 characters' }]);
    expect(fieldErrors(t, error)).toEqual({ password: 'This is shorter than 10 characters.' });
    const easy = new ApiError('invalid_request', 422, '', [{ field: 'new_password', code: 'too_easy', message: 'is made of names; add other words' }]);
    expect(fieldErrors(t, easy)).toEqual({ new_password: 'This is made of names; add other words.' });
  });
});
