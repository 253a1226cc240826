// Pages are loaded when they are visited, so they are imported from their own files and are not part of the features' indexes.
import { createBrowserHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { installLayers } from '@/ui';
import { lazyPage } from './lazyPage';
import { NotFoundPage } from './NotFoundPage';
import { PublicOnly, Root, ToHome } from './Root';
import { RouteError } from './RouteError';
import { Shell } from './Shell';

const root = createRootRoute({ component: Root, notFoundComponent: NotFoundPage });

const index = createRoute({ getParentRoute: () => root, path: '/', component: ToHome });

const open = createRoute({ getParentRoute: () => root, id: 'open', component: PublicOnly });
const beforeLogin = lazyPage(() => import('./BeforeRoute'), 'BeforeRoute');
const login = createRoute({ getParentRoute: () => open, path: '/login', component: beforeLogin });
const reset = createRoute({ getParentRoute: () => open, path: '/reset', component: beforeLogin });
const signup = createRoute({ getParentRoute: () => open, path: '/signup', component: beforeLogin });
const join = createRoute({ getParentRoute: () => open, path: '/join/$code', component: beforeLogin });

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });
const inShell = { getParentRoute: () => shell };

const pages = [
  createRoute({ ...inShell, path: '/home', component: lazyPage(() => import('@/features/feed/FeedPage'), 'FeedPage') }),
  createRoute({ ...inShell, path: '/c', component: lazyPage(() => import('@/features/channels/ChannelsPage'), 'ChannelsPage') }),
  createRoute({ ...inShell, path: '/c/$slug', component: lazyPage(() => import('@/features/channels/ChannelPage'), 'ChannelPage') }),
  createRoute({ ...inShell, path: '/p/$id', component: lazyPage(() => import('@/features/posts/PostPage'), 'PostPage') }),
  createRoute({ ...inShell, path: '/@{$handle}', component: lazyPage(() => import('@/features/people/ProfilePage'), 'ProfilePage') }),
  createRoute({ ...inShell, path: '/@{$handle}/followers', component: lazyPage(() => import('@/features/people/FollowListPage'), 'FollowersPage') }),
  createRoute({ ...inShell, path: '/@{$handle}/following', component: lazyPage(() => import('@/features/people/FollowListPage'), 'FollowingPage') }),
  createRoute({ ...inShell, path: '/people', component: lazyPage(() => import('@/features/people/PeoplePage'), 'PeoplePage') }),
  createRoute({ ...inShell, path: '/chat', component: lazyPage(() => import('@/features/chat/ChatPage'), 'ChatPage') }),
  createRoute({ ...inShell, path: '/chat/requests', component: lazyPage(() => import('@/features/chat/ChatPage'), 'ChatPage') }),
  createRoute({ ...inShell, path: '/chat/join', component: lazyPage(() => import('@/features/chat/ChatPage'), 'ChatPage') }),
  createRoute({ ...inShell, path: '/chat/$id', component: lazyPage(() => import('@/features/chat/ChatPage'), 'ChatPage') }),
  createRoute({ ...inShell, path: '/alerts', component: lazyPage(() => import('@/features/notifications/AlertsPage'), 'AlertsPage') }),
  createRoute({ ...inShell, path: '/settings', component: lazyPage(() => import('@/features/settings/SettingsPage'), 'SettingsPage') }),
];

const history = createBrowserHistory();
installLayers(history);

export const router = createRouter({
  history,
  routeTree: root.addChildren([index, open.addChildren([login, reset, signup, join]), shell.addChildren(pages)]),
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFoundPage,
});
