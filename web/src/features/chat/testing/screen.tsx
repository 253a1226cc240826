// Puts the chat on a page of its own and says what is on it, in the words a person would use.
import { act } from 'react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider, createMemoryHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { createRoot, type Root } from 'react-dom/client';
import { expect, vi } from 'vitest';
import '@/i18n/whole';
import { session } from '@/api';
import { ChatPage } from '../ChatPage';
import { openOutbox } from '../outbox';
import { ME, type FakeServer } from './server';

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean;
}

class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}

const WITHIN_MS = 4_000;

let root: Root | null = null;
let closeOutbox: (() => void) | null = null;

export async function show(server: FakeServer, path: string) {
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  vi.stubGlobal('fetch', server.fetch);
  vi.stubGlobal('IntersectionObserver', NoObserver);
  vi.stubGlobal('ResizeObserver', NoObserver);
  session.start({ access_token: 'token', expires_in: 3600, token_type: 'Bearer', me: ME } as never);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  closeOutbox = openOutbox(client, ME.id);
  const rootRoute = createRootRoute();
  const route = (to: string) => createRoute({ getParentRoute: () => rootRoute, path: to, component: ChatPage });
  const router = createRouter({
    routeTree: rootRoute.addChildren([route('/chat'), route('/chat/requests'), route('/chat/join'), route('/chat/$id')]),
    history: createMemoryHistory({ initialEntries: [path] }),
  });
  const page = document.createElement('div');
  document.body.replaceChildren(page);
  root = createRoot(page);
  await act(async () => {
    root?.render(
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>,
    );
  });
  return { client, router };
}

export async function leave(): Promise<void> {
  await act(async () => root?.unmount());
  closeOutbox?.();
  root = null;
  session.end();
  vi.unstubAllGlobals();
}

export async function eventually(check: () => void): Promise<void> {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    // React shows what has changed when an act ends, so each look is one of its own.
    await act(() => new Promise((resolve) => setTimeout(resolve, 10)));
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

const nameOf = (element: Element) => element.getAttribute('aria-label') ?? element.textContent.trim();

/** Elements by role or tag and by the name a screen reader would say. */
export function all(selector: string, name?: string | RegExp): HTMLElement[] {
  const fits = (element: Element) => name === undefined || (typeof name === 'string' ? nameOf(element) === name : name.test(nameOf(element)));
  return [...document.querySelectorAll<HTMLElement>(selector)].filter(fits);
}

export async function find(selector: string, name?: string | RegExp): Promise<HTMLElement> {
  let found: HTMLElement | undefined;
  await eventually(() => {
    found = all(selector, name)[0];
    expect(found, `${selector} named ${String(name)} in: ${document.body.textContent}`).toBeDefined();
  });
  return found as HTMLElement;
}

export async function press(selector: string, name?: string | RegExp): Promise<void> {
  const element = await find(selector, name);
  await act(async () => element.click());
}

export async function type(field: HTMLElement, text: string): Promise<void> {
  const setter = Object.getOwnPropertyDescriptor(field instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype, 'value')?.set;
  await act(async () => {
    setter?.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

export async function key(target: HTMLElement, name: string): Promise<void> {
  await act(async () => {
    target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
    target.dispatchEvent(new KeyboardEvent('keyup', { key: name, bubbles: true, cancelable: true }));
  });
}
