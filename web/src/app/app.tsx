// The app behind the log-in.
import { StrictMode } from 'react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { I18nProvider, RouterProvider as AriaRouterProvider } from 'react-aria-components';
import { createRoot } from 'react-dom/client';
import '@/i18n/whole';
import { formatLocale } from '@/i18n';
import { ApiError, contact } from '@/api';
import { followSession, watchContact } from '@/entities';
import { warmCodeOnFirstTouch, whenCodeIsMissing } from '@/ui';
import { loadAnew } from './anew';
import { Boot } from './Boot';
import { emptyWithSession } from './emptied';
import { fetchFirstFeed } from './firstFeed';
import { router } from './router';

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Reads are already repeated by the transport; what the server refuses stays refused.
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.status === 0 && contact.current.isReached,
      // Without a network a query fails at once and says so, and is asked again when the server is reached.
      networkMode: 'always',
      refetchOnReconnect: true,
    },
    // What somebody does is never done later without a word.
    mutations: { retry: false, networkMode: 'always' },
  },
});

export function startApp(element: HTMLElement): void {
  followSession();
  watchContact();
  emptyWithSession(queryClient);
  fetchFirstFeed(queryClient);
  warmCodeOnFirstTouch();
  whenCodeIsMissing(() => void loadAnew({ isPressed: true }));
  createRoot(element).render(
    <StrictMode>
      <I18nProvider locale={formatLocale()}>
        <QueryClientProvider client={queryClient}>
          <AriaRouterProvider navigate={(to) => void router.navigate({ to })}>
            <Boot>
              <RouterProvider router={router} />
            </Boot>
          </AriaRouterProvider>
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}
