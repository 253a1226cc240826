// Every address of the client, in one place. None of them shares its first segment with the API.
export const paths = {
  home: '/home',
  channels: '/c',
  channel: (slug: string) => `/c/${slug}`,
  post: (id: string) => `/p/${id}`,
  profile: (handle: string) => `/@${handle}`,
  followers: (handle: string) => `/@${handle}/followers`,
  following: (handle: string) => `/@${handle}/following`,
  chat: '/chat',
  conversation: (id: string) => `/chat/${id}`,
  alerts: '/alerts',
  settings: '/settings',
  people: '/people',
  login: '/login',
  signup: '/signup',
  reset: '/reset',
  join: (code: string) => `/join/${encodeURIComponent(code)}`,
} as const;
