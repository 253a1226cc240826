import { useCallback } from 'react';
import { useRouter, useRouterState } from '@tanstack/react-router';
import { BeforeLogin } from '@/features/auth/BeforeLogin';

/** The pages before the log-in inside the app: after logging out. */
export function BeforeRoute() {
  const router = useRouter();
  const address = useRouterState({ select: (state) => state.location.href });
  const go = useCallback((to: string, { replace = false } = {}) => void router.navigate({ to, replace }), [router]);
  return <BeforeLogin address={address} go={go} />;
}
