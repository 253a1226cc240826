import { Link, type LinkComponentProps } from '@tanstack/react-router';

type AppLinkProps = Omit<LinkComponentProps<'a'>, 'to' | 'params' | 'search'> & { to: string; search?: Record<string, string | number> | undefined };

/** A link inside the client. Addresses come from `paths`, so they are plain strings here. */
export function AppLink({ to, search, ...rest }: AppLinkProps) {
  return <Link {...(rest as object)} to={to} {...(search ? { search: search as never } : {})} />;
}
