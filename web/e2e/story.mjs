// Two people meet: the whole product once, in a real browser against the real server. `npm run e2e`.
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { expect } from './expect.mjs';
import { createChannel, goTo, logIn, message, navigation, post, postInChannel, seesPhoto, sendMessage, signUp } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const mara = { name: 'Mara Lindqvist', handle: 'mara', email: 'mara@village.example', password: 'tea-at-three-again' };
const channel = { name: 'Preemies', slug: 'preemies', description: 'For parents whose children came early.' };
const FIRST = 'Day 41, and he came off the ventilator.';
const SECOND = 'First cuddle without wires.';
const EVENING = 'An evening sun over a green field';

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
// Ana sits at a desk, Mara holds a phone.
const desk = await openPage(browser, server.url, { viewport: { width: 1280, height: 860 } });
const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
let invitationForMara;

const failed = await runSteps(
  [
    [
      'Ana signs up with the invitation the server printed',
      async () => {
        const link = server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean);
        await signUp(desk.page, { ...ana, link });
        await expect.visible(desk.page.getByText('Nothing here yet.'));
      },
    ],
    [
      'Ana creates a channel and is in it',
      async () => {
        await createChannel(desk.page, channel);
        await expect.visible(desk.page.getByRole('button', { name: 'Edit channel' }));
      },
    ],
    [
      'Ana posts a photo with a description',
      async () => {
        await postInChannel(desk.page, { channel: channel.name, text: FIRST, photo: await drawPhoto(browser, EVENING) });
        await seesPhoto(desk.page, EVENING);
      },
    ],
    [
      'Ana makes an invitation',
      async () => {
        await goTo(desk.page, 'Settings');
        await desk.page.getByRole('button', { name: 'Create invitation' }).click();
        invitationForMara = await desk.page.getByLabel('Invitation link').inputValue();
      },
    ],
    [
      'Mara signs up with it on her phone',
      async () => {
        await signUp(phone.page, { ...mara, link: invitationForMara });
        await expect.visible(phone.page.getByText('Nothing here yet.'));
      },
    ],
    [
      'Mara finds Ana and follows her',
      async () => {
        await phone.page.getByRole('link', { name: 'People', exact: true }).click();
        await phone.page.getByLabel('Search people').fill('ana');
        await phone.page.getByRole('link', { name: /Ana Ribeiro/ }).click();
        await phone.page.getByRole('button', { name: 'Follow', exact: true }).click();
        await expect.visible(phone.page.getByRole('button', { name: `Following ${ana.name}. Press to unfollow.` }));
      },
    ],
    [
      'Ana hears of it while her page is open',
      async () => {
        await expect.visible(desk.page.getByRole('log', { name: 'Short messages' }).getByText('Mara Lindqvist follows you now'));
        await expect.visible(navigation(desk.page).getByRole('link', { name: /^Notifications.*1 unread/ }));
      },
    ],
    [
      'Mara joins the channel',
      async () => {
        await goTo(phone.page, 'Channels');
        await phone.page.getByRole('button', { name: `Join ${channel.name}` }).click();
        await expect.visible(phone.page.getByText(`You joined ${channel.name}.`));
        await goTo(phone.page, 'Home');
        await expect.visible(post(phone.page, FIRST));
      },
    ],
    [
      'Ana posts again; Mara is told at once and finds it in Home without a reload',
      async () => {
        await goTo(desk.page, 'Channels');
        await desk.page.getByRole('link', { name: /^Preemies/ }).first().click();
        await postInChannel(desk.page, { channel: channel.name, text: SECOND });
        await expect.visible(phone.page.getByRole('log', { name: 'Short messages' }).getByText('Ana Ribeiro posted in Preemies'));
        await expect.visible(navigation(phone.page).getByRole('link', { name: /^Alerts.*unread/ }));
        await phone.page.getByRole('button', { name: 'Show new posts' }).click();
        await expect.visible(post(phone.page, SECOND));
      },
    ],
    ['the feed is accessible', async () => expect.none([...(await accessibilityProblems(phone.page)), ...(await accessibilityProblems(desk.page))], 'axe found')],
    [
      'Mara opens the post, sees the photo, likes and comments',
      async () => {
        const { page } = phone;
        await post(page, FIRST).getByRole('link', { name: '0 comments' }).click();
        await seesPhoto(page, EVENING);
        await page.getByRole('button', { name: 'Like, 0 likes' }).click();
        await expect.visible(page.getByRole('button', { name: 'Like, 1 like', pressed: true }));
        await page.getByLabel('Add a comment').fill('We are so happy for you.');
        await page.getByRole('button', { name: 'Comment', exact: true }).click();
        await expect.visible(page.getByRole('region', { name: 'Comments' }).getByText('We are so happy for you.'));
        await page.getByRole('button', { name: /^Open photo 1 of 1/ }).click();
        await page.getByRole('button', { name: 'Close' }).click();
      },
    ],
    [
      'Ana finds both under Notifications, and they count as read',
      async () => {
        await goTo(desk.page, 'Notifications');
        await expect.visible(desk.page.getByRole('link', { name: /Mara Lindqvist liked your post/ }));
        await expect.visible(desk.page.getByRole('link', { name: /Mara Lindqvist commented on a post/ }));
        await expect.visible(navigation(desk.page).getByRole('link', { name: 'Notifications', exact: true }));
      },
    ],
    [
      'Mara writes to Ana, who does not follow her; Ana accepts, sees more arrive, answers, and Mara sees the answer',
      async () => {
        await phone.page.getByRole('link', { name: ana.name }).first().click();
        await phone.page.getByRole('button', { name: 'Message', exact: true }).click();
        await sendMessage(phone.page, 'Are you awake?');
        await expect.visible(message(phone.page, ana.name, 'Are you awake?'));
        await goTo(desk.page, 'Messages');
        await desk.page.getByRole('link', { name: /^Requests/ }).click();
        await desk.page.getByRole('link', { name: /Mara Lindqvist.*Are you awake/ }).click();
        await expect.visible(message(desk.page, mara.name, 'Are you awake?'));
        await desk.page.getByRole('button', { name: 'Accept' }).click();
        await expect.visible(desk.page.getByLabel('Message', { exact: true }));
        await goTo(desk.page, 'Home');
        await sendMessage(phone.page, 'I will make tea.');
        await expect.visible(navigation(desk.page).getByRole('link', { name: /^Messages.*1 unread/ }));
        await goTo(desk.page, 'Messages');
        await desk.page.getByRole('link', { name: /Mara Lindqvist.*I will make tea/ }).click();
        await expect.visible(message(desk.page, mara.name, 'I will make tea.'));
        await sendMessage(desk.page, 'Always. Bring two cups.');
        await expect.visible(message(phone.page, ana.name, 'Always. Bring two cups.'));
        await expect.visible(desk.page.getByText(/Seen$/));
      },
    ],
    ['the conversation is accessible', async () => expect.none([...(await accessibilityProblems(phone.page)), ...(await accessibilityProblems(desk.page))], 'axe found')],
    [
      'a reload keeps both logged in and the messages in place',
      async () => {
        await desk.page.reload();
        await expect.visible(message(desk.page, mara.name, 'Always. Bring two cups.'));
        await phone.page.reload();
        await expect.visible(message(phone.page, ana.name, 'Always. Bring two cups.'));
      },
    ],
    [
      'Ana logs out and stays logged out',
      async () => {
        await goTo(desk.page, 'Settings');
        await desk.page.getByRole('button', { name: 'Log out', exact: true }).click();
        await expect.visible(desk.page.getByRole('heading', { name: 'Welcome back' }));
        await desk.page.goto('/chat');
        await expect.path(desk.page, /^\/login$/);
      },
    ],
    ['nothing went wrong behind the pages: no errors, no refused scripts, no other hosts', async () => expect.none([...desk.problems, ...phone.problems], 'the pages reported')],
    [
      'a wrong password is told apart from a server that cannot be reached',
      async () => {
        // The browser itself notes every refused request in its console, so this comes last.
        await logIn(desk.page, { ...ana, password: 'not-her-password' });
        await expect.visible(desk.page.getByText('The e-mail or the password is not right.'));
      },
    ],
  ],
  { pages: { ana: desk.page, mara: phone.page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
