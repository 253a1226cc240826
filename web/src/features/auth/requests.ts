// What the pages before the log-in ask of the server. They are few, and no cache of queries is loaded for them.
import { useCallback, useEffect, useRef, useState } from 'react';
import { api, call, session } from '@/api';

interface Answer<T> {
  data?: T;
  error?: unknown;
}

/** Asks when the page opens, again when `ask` is another function, and on `retry`. */
function useAnswer<T>(ask: () => Promise<T>): Answer<T> & { retry: () => void } {
  const [answer, setAnswer] = useState<Answer<T>>({});
  const [attempt, setAttempt] = useState({ ask });
  const current = useRef<unknown>(null);
  useEffect(() => {
    current.current = attempt;
    const isCurrent = () => current.current === attempt;
    ask().then(
      (data) => isCurrent() && setAnswer({ data }),
      (error: unknown) => isCurrent() && setAnswer({ error }),
    );
    return () => {
      current.current = null;
    };
  }, [ask, attempt]);
  const retry = useCallback(() => {
    setAnswer({});
    setAttempt({ ask });
  }, [ask]);
  return { ...answer, retry };
}

/** Sends what was entered, once at a time. */
function useSubmit<V, T>(send: (values: V) => Promise<T>) {
  const [state, setState] = useState<{ isPending: boolean; error?: unknown }>({ isPending: false });
  const isUnderWay = useRef(false);
  async function submit(values: V, then: { onSuccess?: (answer: T) => void; onError?: (error: unknown) => void } = {}): Promise<void> {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setState({ isPending: true });
    let answer: T;
    try {
      answer = await send(values);
    } catch (error) {
      setState({ isPending: false, error });
      then.onError?.(error);
      return;
    } finally {
      isUnderWay.current = false;
    }
    setState({ isPending: false });
    then.onSuccess?.(answer);
  }
  return { ...state, submit };
}

const askRegistration = () => call(api.GET('/auth/registration'));

export function useRegistration() {
  return useAnswer(askRegistration);
}

/** For one code as long as the page is there; a page for another code is another page (`key`). */
export function useInvitationCheck(code: string) {
  return useAnswer(useCallback(() => call(api.GET('/auth/invitations/{code}', { params: { path: { code } } })), [code]));
}

export interface NewAccount {
  email: string;
  password: string;
  handle: string;
  display_name: string;
  invitation?: string;
}

/** The refresh token stays in a cookie no script can read. */
export function useSignUp() {
  return useSubmit(async (account: NewAccount) => session.start(await call(api.POST('/auth/signup', { body: { ...account, refresh: 'cookie' } }))));
}

export function useLogIn() {
  return useSubmit(async (body: { email: string; password: string }) => session.start(await call(api.POST('/auth/login', { body: { ...body, refresh: 'cookie' } }))));
}

export function useResetPassword() {
  return useSubmit((body: { token: string; new_password: string }) => call(api.POST('/auth/password/reset', { body })));
}
