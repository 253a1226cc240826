import { useEffect, useState, type FunctionComponent } from 'react';
import { withStyles } from '@/ui';

let aside: FunctionComponent | undefined;

/** The side column, which no phone loads. It has its place in the grid, so nothing moves when it comes; without it nothing is missed. */
export function LateAside() {
  const [Aside, setAside] = useState(() => aside);
  useEffect(() => {
    if (Aside) return undefined;
    let isGone = false;
    withStyles(() => import('./Aside')).then(
      (module) => {
        aside = module.Aside;
        if (!isGone) setAside(() => module.Aside);
      },
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [Aside]);
  return Aside ? <Aside /> : null;
}
