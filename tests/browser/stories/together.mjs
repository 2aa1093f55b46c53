// Two colleagues have the same request open, and one of them two devices: they see each other, and what is half-written is
// everywhere. C-1, C-17, D2 step 3.

import { eventually, must, never } from '../check.mjs';
import { post, sentTo } from '../mail.mjs';
import { subjectNumber, supportAddress } from '../portal.mjs';
import { beginReply, openRequest, sendReply } from '../workspace.mjs';

export const title = 'Colleagues see each other, and a draft is on every device';

const KARI = 'kari.nordmann@sammen-story.no';

export default async function ({ desk, people, language, w, name, says }) {
  const ane = await people.agent('Ane', { language });
  const bo = await people.agent('Bo', { language });
  await post(desk, { from: KARI, to: await supportAddress(desk), subject: 'Skriver virker ikke', text: 'Hjelp!' });
  const [ack] = await eventually(async () => { const all = await sentTo(desk, KARI); return all.length && all; }, 'No acknowledgement was sent.');
  const number = subjectNumber(ack);
  const viewers = page => page.locator('.viewers');

  says('each sees the other beside the title');
  await openRequest(people, ane, number);
  await openRequest(people, bo, number);
  await viewers(ane.page).getByTitle(bo.name).waitFor();
  await viewers(bo.page).getByTitle(ane.name).waitFor();
  must((await viewers(ane.page).getByTitle(ane.name).count()) === 0, 'Ane is told of herself.');

  says('who writes says so, at once and where the other would write');
  await beginReply(bo);
  await bo.page.keyboard.type('Har du prøv');
  await viewers(ane.page).locator('.is-writing').waitFor();
  await beginReply(ane);
  await ane.page.locator('.composer .banner-info').getByText(bo.name).waitFor();
  await people.look(ane.page, `${name}-writing`);

  says('who goes away is gone, and what is on its way to the server arrives all the same');
  await bo.page.route('**/call/save-draft', async route => { await new Promise(slow => setTimeout(slow, 2_500)); await route.continue(); });
  const arrived = bo.page.waitForResponse('**/call/save-draft');
  arrived.catch(() => {});
  const asked = bo.page.waitForRequest('**/call/save-draft');
  await bo.page.keyboard.type('d');
  await asked;
  await bo.page.evaluate(() => document.activeElement.blur());
  for (const key of ['g', 'u']) await bo.page.keyboard.press(key);
  await bo.page.waitForURL(/unassigned/);
  await eventually(async () => (await viewers(ane.page).getByTitle(bo.name).count()) === 0, 'Bo is still said to be there.');
  await arrived;

  says('what he wrote waits for him on another device');
  const elsewhere = await people.elsewhere(bo, { language });
  await openRequest(people, elsewhere, number);
  await beginReply(elsewhere);
  const there = elsewhere.page.locator('.composer textarea');
  await eventually(async () => (await there.inputValue()) === 'Har du prøvd', 'The draft is not on the other device.');
  await elsewhere.page.keyboard.press('End');
  await elsewhere.page.keyboard.type(' strømmen?');
  await never(async () => !(await there.inputValue()).startsWith('Har du prøvd'), 'The text was taken away while it was written.', 3_000);

  says('it is sent from there, and is a draft nowhere any more');
  await sendReply(elsewhere);

  says('a tab that is closed looks at nothing any more');
  await viewers(ane.page).getByTitle(bo.name).waitFor();
  await elsewhere.page.close({ runBeforeUnload: true });
  await eventually(async () => (await viewers(ane.page).getByTitle(bo.name).count()) === 0, 'A closed tab still looks.');
  await openRequest(people, bo, number);
  await beginReply(bo);
  await eventually(async () => (await bo.page.locator('.composer textarea').inputValue()) === '', 'What was sent is still a draft.');
  await eventually(async () => (await sentTo(desk, KARI)).length === 2, 'The reply did not leave.');
  const [, answer] = await sentTo(desk, KARI);
  must(answer.text.includes('Har du prøvd strømmen?'), 'What was written on two devices was not sent whole.');

  says('a call that was begun is on the other device as well');
  await people.awake(ane.page, '/desk/new');
  await ane.page.locator('#title').fill('Ringer om faktura 1042');
  await ane.page.waitForResponse(answer => answer.url().includes('/call/save-draft') && answer.ok());
  const anew = await people.elsewhere(ane, { language });
  await people.awake(anew.page, '/desk/new');
  await eventually(async () => (await anew.page.locator('#title').inputValue()) === 'Ringer om faktura 1042', 'The call is not on the other device.');
}
