import { useMemo } from 'react';
import { paths } from '@/paths';
import { LoginPage } from './LoginPage';
import { PlaceContext, type Place } from './place';
import { JoinPage, SignupPage } from './SignupPage';

const JOIN = /^\/join\/([^/]+)\/?$/;

/** The pages that people see who are not logged in, by their address. */
export function BeforeLogin({ address, go }: Place) {
  const place = useMemo(() => ({ address, go }), [address, go]);
  return <PlaceContext value={place}>{pageFor(address)}</PlaceContext>;
}

function pageFor(address: string) {
  const path = address.split(/[?#]/, 1)[0] ?? '';
  const code = JOIN.exec(path)?.[1];
  if (code) return <JoinPage key={code} code={decoded(code)} />;
  if (path.replace(/\/$/, '') === paths.signup) return <SignupPage />;
  return <LoginPage />;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
