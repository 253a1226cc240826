// Runs in the page's head before anything is painted, and stands in the page itself: no request is waited for. It sets the
// theme, shows the shell that fits, and begins what the page needs anyway: its scripts, the session, the feed.
// oxlint-disable no-restricted-globals -- there is no wrapper yet
// The same rules as in src/features/settings/theme.ts, src/app/entry.ts, src/app/opening.ts and src/api/hint.ts.
(function (filesFor) {
  var page = document.documentElement;
  function stored(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return undefined;
    }
  }
  var theme = stored('village.theme');
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  page.dataset.theme = dark ? 'dark' : 'light';
  document.querySelectorAll('meta[name="theme-color"]').forEach(function (meta) {
    meta.content = dark ? '#16140f' : '#faf7f2';
  });

  var parts = location.pathname.split('/');
  var place = parts[1];
  // `/c` and what is below it are different pages.
  var route = (place === '' ? 'home' : place[0] === '@' ? '@' : place) + (parts[2] ? '/' : '');
  var mayHaveSession = stored('village.session') !== null;
  page.dataset.shell = !mayHaveSession ? 'before' : place !== 'chat' ? 'app' : parts[2] ? 'conversation' : 'chat';

  var hasBegun = false;
  function fetchFiles() {
    if (hasBegun) return;
    hasBegun = true;
    var files = filesFor.all.concat(mayHaveSession ? filesFor.app.concat(filesFor[route] || []) : filesFor.before);
    files.forEach(function (file) {
      // Into the cache: browsers warn of a style that was preloaded and then not used, as when somebody is logged out meanwhile.
      if (file.endsWith('css')) {
        fetch(file, { priority: 'high' })
          .then(function (response) {
            return response.arrayBuffer();
          })
          .catch(function () {});
        return;
      }
      var link = document.createElement('link');
      link.rel = 'modulepreload';
      link.crossOrigin = '';
      link.href = file;
      document.head.append(link);
    });
  }
  if (!mayHaveSession) {
    fetchFiles();
    return;
  }

  // The session first: what is seen waits for it and then for the feed, and dozens of files would stand before it in the line. It
  // begins when the lock is given, after milliseconds; when another tab holds that, the files go first.
  // Taken by src/api/early.ts. Under the lock that keeps two tabs from renewing at once.
  var renew = function () {
    var answer = fetch('/auth/refresh', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}', credentials: 'same-origin', priority: 'high' });
    fetchFiles();
    return answer;
  };
  setTimeout(fetchFiles, 300);
  var session = navigator.locks ? navigator.locks.request('village-refresh', renew) : renew();
  var early = { session: session };
  window.villageEarly = early;
  session.catch(function () {});
  if (place !== '' && place !== 'home') return;
  early.feed = session
    .then(function (response) {
      if (!response.ok) throw new Error('no session');
      return response.clone().json();
    })
    .then(function (answer) {
      early.authorization = 'Bearer ' + answer.access_token;
      return fetch('/feed', { headers: { authorization: early.authorization }, credentials: 'same-origin', priority: 'high' });
    });
  early.feed.catch(function () {});
})(__FILES__);
