import { useEffect } from 'react';
import { Navigate, Outlet, useRouter } from '@tanstack/react-router';
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
  const router = useRouter();
  useEffect(() => {
    if (!credentials) return;
    const { next } = router.state.location.search as { next?: unknown };
    void router.navigate({ to: safeNext(next), replace: true });
  }, [credentials, router]);
  return credentials ? null : <Outlet />;
}

/** Only addresses of this client: a link must not be able to lead from the log-in to another site. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/[a-z@]/.test(next) ? next : paths.home;
}
