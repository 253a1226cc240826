// Sets the theme before the first paint, so that a dark room stays dark. A file of its own because the content
// security policy allows no inline scripts. The same rules as in src/features/settings/theme.ts.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem('village.theme');
  } catch (error) {
    // Storage can be switched off.
  }
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
