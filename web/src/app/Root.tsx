import { Navigate, Outlet, useRouterState } from '@tanstack/react-router';
import { useCredentials } from '@/entities';
import { paths } from '@/paths';
import { Toaster } from '@/ui';

export function Root() {
  return (
    <>
      <Outlet />
      <Toaster />
    </>
  );
}

export function ToHome() {
  return <Navigate to={paths.home} replace />;
}

/** Log-in pages. Someone who is logged in goes on to where they were heading. */
export function PublicOnly() {
  const credentials = useCredentials();
  const search = useRouterState({ select: (state) => state.location.search as { next?: unknown } });
  if (!credentials) return <Outlet />;
  return <Navigate to={safeNext(search.next)} replace />;
}

/** Only addresses of this client: a link must not be able to lead from the log-in to another site. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/[a-z@]/.test(next) ? next : paths.home;
}
