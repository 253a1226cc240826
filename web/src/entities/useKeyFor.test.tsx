import { act, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, it } from 'vitest';
import { useKeyFor } from './useKeyFor';

type KeyFor = ReturnType<typeof useKeyFor>;

function Form({ give }: { give: (keyFor: KeyFor) => void }) {
  const keyFor = useKeyFor();
  useEffect(() => void give(keyFor));
  return null;
}

it('is the same for the same content, however often one presses, and another for another', async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const renders: KeyFor[] = [];
  const root = createRoot(document.createElement('div'));
  for (let time = 0; time < 2; time += 1) await act(() => root.render(<Form give={(keyFor) => renders.push(keyFor)} />));
  const [first, second] = renders.map((keyFor) => keyFor({ name: 'Playground' }));
  expect(second).toBe(first);
  expect(renders[1]?.({ name: 'Garden' })).not.toBe(first);
  await act(() => root.unmount());
});
