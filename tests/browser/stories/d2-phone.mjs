// Scenario D2: a customer phones. The request is saved while they talk, passed on, answered by mail and closed.

import { eventually, must, never } from '../check.mjs';
import { post, sentTo } from '../mail.mjs';
import { supportAddress } from '../portal.mjs';
import { beginReply, comment, finds, giveTo, openList, openRequest, row, sendReply } from '../workspace.mjs';

export const title = 'A phone call becomes a request';

const KARI = { name: 'Kari Telefonsen', email: 'kari.phone@fjord-story.no', phone: '+47 912 34 567' };
const SAID = {
  nb: { title: 'Faktura 98765 feil', text: 'Beløpet er dobbelt så stort.', secret: 'Kan du se på denne?', reply: 'Vi har rettet fakturaen.', more: 'Takk for hjelpen.', high: 'Høy' },
  en: { title: 'Invoice 98765 wrong', text: 'The amount is twice what it should be.', secret: 'Can you look at this?', reply: 'We have put the invoice right.', more: 'Thanks for the help.', high: 'High' },
};

export default async function ({ desk, people, language, w, name, says }) {
  const said = SAID[language];
  const support = await supportAddress(desk);
  const [ane, cia] = [await people.agent('Ane', { language }), await people.agent('Cia', { language })];
  const field = label => ane.page.getByRole('textbox', { name: label, exact: true });

  says('1: the number of somebody unknown');
  const begun = Date.now();
  await people.awake(ane.page, '/desk/new');
  await field(w.who_calls).fill(KARI.phone);
  await field(w.name).fill(KARI.name);
  must((await field(w.phone).inputValue()) === KARI.phone, 'The number that was typed is not put into the new contact.');
  await field(w.email).fill(KARI.email);

  says('2: the request');
  await field(w.what_about).fill(said.title);
  await field(w.what_they_say).fill(said.text);
  await ane.page.getByRole('radio', { name: said.high, exact: true }).check();

  says('3: the browser falls before it is saved');
  await people.awake(ane.page, '/desk/new');
  await eventually(async () => (await field(w.what_about).inputValue()) === said.title, 'The draft of a call was lost.');
  const looks = Date.now();
  await people.look(ane.page, `${name}-new`);
  const looked = Date.now() - looks;

  says('2: saving it by keyboard');
  await field(w.what_about).press('Control+Enter');
  const shown = ane.page.locator('.saved-number');
  await shown.waitFor();
  const number = Number((await shown.innerText()).replace('#', ''));
  must(number > 0, 'No number to read out.');
  must(Date.now() - begun - looked < 60_000, 'Registering a call took too long.');
  await never(async () => (await sentTo(desk, KARI.email)).length, 'A mail was sent that nobody asked for.');
  await people.look(ane.page, `${name}-saved`);

  says('1: the same number again is known');
  await people.awake(ane.page, `/desk/new?phone=${encodeURIComponent(KARI.phone.replace(/ /g, ''))}`);
  await ane.page.getByText(KARI.name).first().waitFor();
  await ane.page.getByRole('complementary').getByText(`#${number}`, { exact: true }).waitFor();

  says('4a: a colleague is asked');
  await openRequest(people, ane, number);
  await ane.page.getByText(said.text).first().waitFor();
  await comment(ane, said.secret);
  await giveTo(ane, cia.name);
  await openList(people, cia, 'mine');
  await row(cia, number).click();
  await cia.page.locator('.msg').getByText(said.secret).waitFor();

  says('6: the customer is answered by mail');
  await beginReply(cia);
  await cia.page.locator('.composer textarea').fill(said.reply);
  await sendReply(cia);
  const answer = await eventually(async () => (await sentTo(desk, KARI.email))[0], 'The reply was not sent.');
  must(answer.text.includes(said.reply) && !answer.raw.includes(said.secret), 'The mail says something else than the reply.');
  await post(desk, { from: KARI.email, to: support, subject: `Re: ${answer.subject}`, text: said.more, inReplyTo: answer.headers['message-id'] });
  await cia.page.locator('.msg').getByText(said.more).waitFor();
  await cia.page.getByRole('complementary').getByText(w.phone, { exact: true }).waitFor();

  says('7: it is closed');
  await cia.page.getByRole('button', { name: w.do_close }).first().click();
  await cia.page.getByRole('button', { name: w.do_reopen }).first().waitFor();

  says('8: it is found again');
  for (const query of [String(number), KARI.phone, '98765', 'Telefonsen']) await finds(people, ane, query, number);
}
