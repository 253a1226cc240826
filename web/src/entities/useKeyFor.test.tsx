import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, it } from 'vitest';
import { useKeyFor } from './useKeyFor';

it('is the same for the same content, however often one presses, and another for another', async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  let keyFor: (content: unknown) => string = () => '';
  function Form() {
    keyFor = useKeyFor();
    return null;
  }
  const root = createRoot(document.createElement('div'));
  await act(() => root.render(<Form />));
  const first = keyFor({ name: 'Playground' });
  await act(() => root.render(<Form />));
  expect(keyFor({ name: 'Playground' })).toBe(first);
  expect(keyFor({ name: 'Garden' })).not.toBe(first);
  await act(() => root.unmount());
});
