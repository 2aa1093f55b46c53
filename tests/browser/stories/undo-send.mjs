// A reply is called back before it leaves: its words are there again, and the customer gets what was meant, once.

import { eventually, must, never } from '../check.mjs';
import { post, sentTo } from '../mail.mjs';
import { subjectNumber, supportAddress } from '../portal.mjs';
import { beginReply, openRequest, sendReply } from '../workspace.mjs';

export const title = 'A reply is called back before it leaves';

const KARI = 'kari.nordmann@angre-story.no';

export default async function ({ desk, people, language, w, name, says }) {
  const ane = await people.agent('Ane', { language });
  await post(desk, { from: KARI, to: await supportAddress(desk), subject: 'Faktura 77', text: 'Hva er dette?' });
  const [ack] = await eventually(async () => { const all = await sentTo(desk, KARI); return all.length && all; }, 'No acknowledgement was sent.');
  const number = subjectNumber(ack);

  says('a reply is sent, and called back');
  await openRequest(people, ane, number);
  await beginReply(ane);
  const field = ane.page.locator('.composer textarea');
  await field.fill('Kjære Kåre');
  await sendReply(ane);
  await ane.page.locator('.msg').getByText('Kjære Kåre').waitFor();
  await ane.page.locator('.toast').getByRole('button', { name: w.undo, exact: true }).click();

  says('its words are in the composer, and nowhere else');
  await eventually(async () => (await field.count()) && (await field.inputValue()) === 'Kjære Kåre', 'The words of the reply are not in the composer again.');
  await field.fill('Kjære Kari');
  await eventually(async () => (await ane.page.locator('.msg').getByText('Kjære Kåre').count()) === 0, 'The reply still stands in the thread.');
  await people.look(ane.page, `${name}-back`);
  await never(async () => (await sentTo(desk, KARI)).length > 1, 'A reply that was called back left all the same.', 10_000);

  must((await field.inputValue()) === 'Kjære Kari', `What was called back came again: "${await field.inputValue()}".`);

  says('what was meant is sent once');
  await sendReply(ane);
  await eventually(async () => (await sentTo(desk, KARI)).length === 2, 'The second reply did not leave.');
  await never(async () => (await sentTo(desk, KARI)).length > 2, 'The reply left twice.');
  const [, answer] = await sentTo(desk, KARI);
  must(answer.text.includes('Kjære Kari') && !answer.text.includes('Kåre'), 'The customer got what was called back.');
}
