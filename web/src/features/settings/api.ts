import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, call, pages, type Preferences } from '@/api';
import { keys } from '@/entities';

export const sessionsQuery = infiniteQueryOptions({
  queryKey: keys.sessions,
  queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/auth/sessions', { params: { query: { cursor } }, signal })),
  ...pages,
});

export const preferencesQuery = queryOptions({ queryKey: keys.preferences, queryFn: ({ signal }) => call(api.GET('/notifications/preferences', { signal })) });

export function useRevokeSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(api.DELETE('/auth/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export function useSavePreferences() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Preferences) => call(api.PUT('/notifications/preferences', { body })),
    onMutate: (next) => {
      const before = client.getQueryData<Preferences>(keys.preferences);
      client.setQueryData(keys.preferences, next);
      return before;
    },
    onError: (_error, _next, before) => client.setQueryData(keys.preferences, before),
    onSuccess: (saved) => client.setQueryData(keys.preferences, saved),
  });
}

export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { current_password: string; new_password: string }) => call(api.POST('/auth/password', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export function useCreateInvitation() {
  return useMutation({ mutationFn: () => call(api.POST('/auth/invitations', { body: { uses: 1, expires_in_days: 7 } })) });
}
