// The server's rules for new accounts, checked here first so that nobody waits for an answer to learn of a typo.
import { tidyName } from '@/text';
export const HANDLE = /^[a-z0-9_]{3,30}$/;
export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 128;
/** Tabs, line breaks and other control characters, which come from pasting. */
const UNSEEN = /\p{Cc}/u;
const EMAIL = /^[^\s@]+@[^\s@]+$/;

export type Rule = 'emailWrong' | 'passwordShort' | 'passwordLong' | 'passwordUnseen' | 'handleWrong' | 'displayNameWrong';

export function checkEmail(email: string): Rule | null {
  return email.length <= 254 && EMAIL.test(email) ? null : 'emailWrong';
}

/** Counted as the server counts it: in the normal form in which passwords are compared (RFC 8265). */
export function checkPassword(password: string): Rule | null {
  if (UNSEEN.test(password)) return 'passwordUnseen';
  const length = [...password.normalize('NFC')].length;
  if (length < MIN_PASSWORD) return 'passwordShort';
  return length > MAX_PASSWORD ? 'passwordLong' : null;
}

export function checkHandle(handle: string): Rule | null {
  return HANDLE.test(handle) ? null : 'handleWrong';
}

export function checkDisplayName(name: string): Rule | null {
  const length = [...tidyName(name)].length;
  return length >= 1 && length <= 60 ? null : 'displayNameWrong';
}
