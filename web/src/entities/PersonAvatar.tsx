import { useEffect, useMemo, useState } from 'react';
import type { Image } from '@/api';
import { Avatar } from '@/ui';
import { hasExpired, refreshImages, useFreshImage } from './images';

interface Person {
  id: string;
  display_name: string;
  avatar?: Image | null;
}

/** A person's picture, or their initial. Renews the address when it has run out. */
export function PersonAvatar({ person, size = 44 }: { person: Person; size?: 18 | 32 | 36 | 44 | 96 }) {
  const image = useFreshImage(person.avatar ?? null);
  const [failed, setFailed] = useState<string>();
  // Judged once per address: a picture that has arrived stays, whatever the clock says.
  const expired = useMemo(() => image !== null && hasExpired(image), [image]);
  useEffect(() => {
    if (expired) refreshImages({ user: person.id }).catch(() => undefined);
  }, [expired, person.id]);
  const src = image?.sizes[0]?.url;
  return (
    <Avatar
      seed={person.id}
      name={person.display_name}
      size={size}
      src={expired || src === failed ? undefined : src}
      onError={() => {
        setFailed(src);
        refreshImages({ user: person.id }).catch(() => undefined);
      }}
    />
  );
}
