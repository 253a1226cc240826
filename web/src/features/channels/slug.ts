/** What the server takes as an address. */
export const SLUG = /^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/;

/**
 * An address to suggest for a name: "Früh geboren" becomes "fruh-geboren". Empty where the letters of the name give none;
 * then the server makes one.
 */
export function slugFrom(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return SLUG.test(slug) ? slug : '';
}
