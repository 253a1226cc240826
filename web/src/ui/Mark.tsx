/** The mark of Village: a doorway with the light on. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 26 26" aria-hidden="true">
      <rect width="26" height="26" rx="8" fill="var(--accent)" />
      <path d="M6 20v-5a7 7 0 0 1 14 0v5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 6 20Z" fill="var(--surface)" />
    </svg>
  );
}
