import { useMutation, useQuery } from '@tanstack/react-query';
import { api, call, session } from '@/api';
import { keys, live } from '@/entities';

export function useRegistration() {
  return useQuery({ queryKey: keys.registration, queryFn: () => call(api.GET('/auth/registration')), staleTime: 60_000 });
}

export function useInvitationCheck(code: string) {
  return useQuery({
    queryKey: ['invitation', code],
    queryFn: () => call(api.GET('/auth/invitations/{code}', { params: { path: { code } } })),
    retry: false,
    staleTime: Infinity,
  });
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
  return useMutation({
    mutationFn: (account: NewAccount) => call(api.POST('/auth/signup', { body: { ...account, refresh: 'cookie' } })),
    onSuccess: (answer) => session.start(answer),
  });
}

export function useLogIn() {
  return useMutation({
    mutationFn: (body: { email: string; password: string }) => call(api.POST('/auth/login', { body: { ...body, refresh: 'cookie' } })),
    onSuccess: (answer) => session.start(answer),
  });
}

export function useResetPassword() {
  return useMutation({
    mutationFn: (body: { token: string; new_password: string }) => call(api.POST('/auth/password/reset', { body })),
  });
}

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
