// What is said about this device: no network, a new version, a page that cannot be shown.
export const device = {
  offline: {
    now: 'You are offline.',
    since: 'You are offline. You see what was here at {{time}}.',
    sinceDay: 'You are offline. You see what was here on {{date}} at {{time}}.',
  },
  update: {
    ready: 'A new version is ready.',
    reload: 'Reload',
    unkeptTitle: 'Reload now?',
    unkeptText: 'What you have entered on this page and not saved would be lost. You can also reload later.',
  },
  routeError: {
    offlineTitle: 'Not here yet',
    offline: 'This page could not be loaded.',
    offlineHint: 'Check your connection. The page will try again by itself.',
    outdatedTitle: 'New version',
    outdated: 'There is a new version of Village, and this page needs it.',
    outdatedHint: 'Messages and posts you have begun to write are kept.',
    unexpectedTitle: 'Something is wrong',
    unexpected: 'This page cannot be shown because of a mistake on our side.',
    unexpectedHint: 'Try again. If it stays, reload the page or tell the person who looks after the community.',
  },
} as const;
