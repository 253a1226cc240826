// Who is logged in is known without the network, and everything that is kept goes with the session. Never a token.
import { contact, session, type Credentials, type Me } from '@/api';
import { forgetUnsent, memory } from '@/store';

const meKey = (userId: string) => `${userId} me`;
const contactKey = (userId: string) => `${userId} contact`;

/** The person who was logged in on this device last, or null. */
export async function lastPerson(): Promise<Me | null> {
  const owner = await memory.owner();
  return owner ? ((await memory.get<Me>(meKey(owner))) ?? null) : null;
}

async function remember(me: Me): Promise<void> {
  await memory.claim(me.id);
  await memory.set(meKey(me.id), me);
  await memory.set(contactKey(me.id), Date.now());
}

/** What is kept follows the session, from now on and in every tab. */
export function followSession(): void {
  const follow = (credentials: Credentials | null) => {
    // However the session ended, and in whichever tab: nothing stays behind.
    if (!credentials) void memory.clear(session.lastMe?.id);
    else if (credentials.token) void remember(credentials.me);
  };
  // Who has just logged in was logged in before the app was loaded.
  if (session.current) follow(session.current);
  session.subscribe(follow);
}

/** Nobody is logged in here: what a log-out in another window could not take away goes now. */
export function forgetEverybody(): void {
  void memory.clear();
  forgetUnsent();
}

/** When the server was last reached, remembered over a reload. */
export async function lastContact(): Promise<number | null> {
  const { at } = contact.current;
  const me = session.current?.me.id;
  return at ?? (me ? ((await memory.get<number>(contactKey(me))) ?? null) : null);
}

export function rememberContact(): void {
  const { at } = contact.current;
  if (at !== null && session.current) void memory.set(contactKey(session.current.me.id), at);
}
