import { api, call, session } from '@/api';
import { live } from '@/entities';

/** Leaves on this device even when the server cannot be told: what people expect of the button. */
export async function logOut(): Promise<void> {
  // The server closes the sockets of a session that has ended; that must not look like a token to be renewed.
  live.stop();
  try {
    await call(api.POST('/auth/logout', { body: {} }));
  } finally {
    session.end();
  }
}
