// The bundler's helper waits for the stylesheets of what it loads, but only for those that nobody has asked for before: of
// two pieces of code that share one, the second would be there, and be seen, without its look.

const broken = new WeakSet<EventTarget>();
// They are told to nobody again. An error of a link does not rise, so it is caught on its way down.
document.addEventListener('error', (event) => event.target && broken.add(event.target), true);

const STYLESHEET = /Unable to preload CSS for (\S+)/;

/** Code with the stylesheets that it needs. */
export async function withStyles<T>(importer: () => Promise<T>): Promise<T> {
  const code = await attempt(importer);
  const pending = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].filter((link) => !link.sheet);
  await Promise.allSettled(pending.map((link) => (broken.has(link) ? loadStylesheet(link.getAttribute('href') ?? '') : hasCome(link))));
  return code;
}

/** A stylesheet that failed once counts as loaded for the bundler's helper, and would be missing from then on. */
async function attempt<T>(importer: () => Promise<T>): Promise<T> {
  try {
    return await importer();
  } catch (error) {
    const [, href] = STYLESHEET.exec(error instanceof Error ? error.message : '') ?? [];
    if (!href) throw error;
    await loadStylesheet(href);
    return importer();
  }
}

function hasCome(link: HTMLLinkElement): Promise<void> {
  return new Promise((resolve) => {
    for (const outcome of ['load', 'error']) link.addEventListener(outcome, () => resolve(), { once: true });
  });
}

function loadStylesheet(href: string): Promise<void> {
  for (const former of document.querySelectorAll(`link[rel="stylesheet"][href="${CSS.escape(href)}"]`)) former.remove();
  return new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => {
      link.remove();
      reject(new Error(`Unable to preload CSS for ${href}`));
    });
    document.head.append(link);
  });
}
