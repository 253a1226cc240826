// How the people of the journeys get from one page to another, whatever screen they have.
import { navigation } from './people.mjs';

/** By the navigation. A conversation on a phone has no bar: one goes back first. */
export async function navigateTo(one, place) {
  const { page } = one;
  const link = navigation(page).getByRole('link', { name: new RegExp(`^${place}`) });
  if (!(await link.first().isVisible())) await one.press(page.getByRole('button', { name: 'Back' }));
  await one.press(link);
}

/** On a phone the settings are behind one's own profile. */
export async function toSettings(one) {
  const { page } = one;
  const link = navigation(page).getByRole('link', { name: 'Settings' });
  await navigateTo(one, 'Home');
  if (await link.first().isVisible()) return one.press(link);
  await one.press(page.getByRole('link', { name: 'Your profile' }));
  return one.press(page.getByRole('main').getByRole('link', { name: 'Settings' }));
}

/** Nothing gets through, and what is open is cut. */
export async function goOffline({ context }) {
  await context.setOffline(true);
}

export async function goOnline({ context }) {
  await context.setOffline(false);
}
