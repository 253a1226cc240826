import { beforeEach, expect, it, vi } from 'vitest';
import { loadAnew, notePageLoaded } from './anew';
import { isOutdated } from './newVersion';

vi.mock('./newVersion', () => ({ isOutdated: vi.fn() }));
const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined);

const byItself = () => loadAnew({ isPressed: false });

beforeEach(() => {
  notePageLoaded();
  reload.mockClear();
  document.body.innerHTML = '';
  vi.mocked(isOutdated).mockResolvedValue(false);
});

it('loads the document anew when the server is there again, by itself once until a page has come', async () => {
  await byItself();
  await byItself();
  expect(reload).toHaveBeenCalledTimes(1);
  await loadAnew({ isPressed: true });
  expect(reload).toHaveBeenCalledTimes(2);
  notePageLoaded();
  await byItself();
  expect(reload).toHaveBeenCalledTimes(3);
});

it('does not while the server is out of reach, nor where a new version is offered instead', async () => {
  vi.mocked(isOutdated).mockRejectedValueOnce(new Error('no network'));
  await byItself();
  vi.mocked(isOutdated).mockResolvedValueOnce(true);
  await byItself();
  expect(reload).not.toHaveBeenCalled();
});

it('does not disturb whoever is writing, and loses nothing', async () => {
  document.body.innerHTML = '<div data-kept><textarea></textarea></div>';
  const field = document.querySelector('textarea') as HTMLTextAreaElement;
  field.value = 'half a sentence';
  await byItself();
  expect(reload).not.toHaveBeenCalled();
  await loadAnew({ isPressed: true });
  expect(reload).toHaveBeenCalledTimes(1);
  field.parentElement?.removeAttribute('data-kept');
  await loadAnew({ isPressed: true });
  expect(reload).toHaveBeenCalledTimes(1);
});
