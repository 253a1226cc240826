// Pages whose code is loaded when they are visited. The router's own helper reloads the whole page when a file is missing,
// which would take what is being written with it; this one fails into the page's place and can be tried again.
import { createElement, use, type FunctionComponent } from 'react';
import { withStyles } from '@/ui';
import { notePageLoaded } from './anew';
import { useEndOfShell } from './opening';

type Load = () => Promise<FunctionComponent>;

/** The code of a page did not come: there is no network, or a newer version has taken the place of the file. */
export class PageNotLoaded extends Error {
  override readonly name = 'PageNotLoaded';
}

const failed = new Set<() => Promise<unknown>>();

/** Asks again for every page that could not be loaded; rejects when one of them still cannot. Those that are there stay. */
export async function loadFailedPages(): Promise<void> {
  const again = [...failed];
  failed.clear();
  await Promise.all(again.map((load) => load()));
}

export function lazyPage<Name extends string>(importer: () => Promise<Record<Name, FunctionComponent>>, name: Name) {
  let loading: ReturnType<Load> | undefined;
  const load: Load = () => {
    loading ??= withStyles(importer)
      .then((module) => {
        notePageLoaded();
        return module[name];
      })
      .catch((error: unknown) => {
        failed.add(() => {
          loading = undefined;
          return load();
        });
        throw new PageNotLoaded(String(error), { cause: error });
      });
    return loading;
  };
  function Page() {
    const Loaded = use(load());
    useEndOfShell();
    return createElement(Loaded);
  }
  return Object.assign(Page, {
    preload: () =>
      load().then(
        () => undefined,
        // A link that was only pointed at should not be broken when it is pressed later.
        () => {
          loading = undefined;
        },
      ),
  });
}
