import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { FeedPage } from '@/features/feed';
import { NotFoundPage } from './NotFoundPage';
import { PublicOnly, Root, ToHome } from './Root';
import { Shell } from './Shell';

const root = createRootRoute({ component: Root, notFoundComponent: NotFoundPage });

const index = createRoute({ getParentRoute: () => root, path: '/', component: ToHome });

const open = createRoute({ getParentRoute: () => root, id: 'open', component: PublicOnly });
const auth = () => import('@/features/auth');
const login = createRoute({ getParentRoute: () => open, path: '/login', component: lazyRouteComponent(auth, 'LoginPage') });
const signup = createRoute({ getParentRoute: () => open, path: '/signup', component: lazyRouteComponent(auth, 'SignupPage') });
const join = createRoute({ getParentRoute: () => open, path: '/join/$code', component: lazyRouteComponent(auth, 'JoinPage') });

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });
const inShell = { getParentRoute: () => shell };
const people = () => import('@/features/people');
const channels = () => import('@/features/channels');

const pages = [
  createRoute({ ...inShell, path: '/home', component: FeedPage }),
  createRoute({ ...inShell, path: '/c', component: lazyRouteComponent(channels, 'ChannelsPage') }),
  createRoute({ ...inShell, path: '/c/$slug', component: lazyRouteComponent(channels, 'ChannelPage') }),
  createRoute({ ...inShell, path: '/p/$id', component: lazyRouteComponent(() => import('@/features/posts'), 'PostPage') }),
  createRoute({ ...inShell, path: '/@{$handle}', component: lazyRouteComponent(people, 'ProfilePage') }),
  createRoute({ ...inShell, path: '/@{$handle}/followers', component: lazyRouteComponent(people, 'FollowersPage') }),
  createRoute({ ...inShell, path: '/@{$handle}/following', component: lazyRouteComponent(people, 'FollowingPage') }),
  createRoute({ ...inShell, path: '/people', component: lazyRouteComponent(people, 'PeoplePage') }),
  createRoute({ ...inShell, path: '/chat', component: lazyRouteComponent(() => import('@/features/chat'), 'ChatPage') }),
  createRoute({ ...inShell, path: '/chat/$id', component: lazyRouteComponent(() => import('@/features/chat'), 'ChatPage') }),
  createRoute({ ...inShell, path: '/alerts', component: lazyRouteComponent(() => import('@/features/notifications'), 'AlertsPage') }),
  createRoute({ ...inShell, path: '/settings', component: lazyRouteComponent(() => import('@/features/settings'), 'SettingsPage') }),
];

export const router = createRouter({
  routeTree: root.addChildren([index, open.addChildren([login, signup, join]), shell.addChildren(pages)]),
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultNotFoundComponent: NotFoundPage,
});
