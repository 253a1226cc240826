import { useEffect } from 'react';
import { Navigate, Outlet, useRouter } from '@tanstack/react-router';
import { useCredentials } from '@/entities';
import { paths } from '@/paths';
import { Toaster } from '@/ui';
import { safeNext } from './safeNext';

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
