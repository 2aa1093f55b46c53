// Scenario D1, variant A: a customer writes a mail; it is received, taken, discussed, answered, closed and opened again.

import { eventually, must, never } from '../check.mjs';
import { compose, post, send, sentTo } from '../mail.mjs';
import { PDF, privateAddress, subjectNumber, supportAddress } from '../portal.mjs';
import { beginReply, comment, finds, giveTo, openList, openRequest, row, sendReply } from '../workspace.mjs';

export const title = 'A mail is received, taken, answered and closed';

const KARI = 'kari.nordmann@fjord-story.no';
const SAID = {
  nb: { subject: 'Skriver virker ikke', text: 'Hei! Skriveren i 2. etasje sier E-52.', find: 'skriveren', secret: 'Kjenner du denne feilen?', back: 'Bytt trommelen.', more: 'Takk! Nå kom den igjen.' },
  en: { subject: 'Printer does not work', text: 'Hello! The printer on floor 2 says E-52.', find: 'printer', secret: 'Do you know this fault?', back: 'Replace the drum.', more: 'Thanks! Now it is back.' },
};

export default async function ({ desk, people, language, w, name, says }) {
  const said = SAID[language];
  const support = await supportAddress(desk);
  const [ane, bo, cia] = [await people.agent('Ane', { language }), await people.agent('Bo', { language }), await people.agent('Cia', { language })];
  await Promise.all([openList(people, ane, 'unassigned'), openList(people, bo, 'unassigned')]);

  says('1: the customer sends a mail');
  const mail = compose({ from: `Kari Nordmann <${KARI}>`, to: support, subject: said.subject, text: said.text, files: [PDF] });
  await send(desk.smtp, { from: KARI, to: support, raw: mail.raw });

  says('2: one acknowledgement');
  const [ack] = await eventually(async () => { const all = await sentTo(desk, KARI); return all.length && all; }, 'No acknowledgement was sent.');
  const number = subjectNumber(ack);
  must(ack.subject.includes(said.subject), `The acknowledgement's subject is "${ack.subject}".`);
  must(/auto-replied/.test(ack.headers['auto-submitted'] ?? ''), 'The acknowledgement is not marked as automatic.');
  must(ack.headers.from.includes(support), `The acknowledgement comes from ${ack.headers.from}.`);
  await send(desk.smtp, { from: KARI, to: support, raw: mail.raw });
  await post(desk, { from: KARI, to: support, subject: `Auto: ${ack.subject}`, text: 'Jeg er på ferie.', inReplyTo: ack.headers['message-id'], headers: { 'Auto-Submitted': 'auto-replied' } });
  await never(async () => (await sentTo(desk, KARI)).length > 1, 'A repeated mail or an out-of-office answer was acknowledged.', 3_000);

  says('4: it appears in the list by itself');
  await row(ane, number).waitFor();
  await row(bo, number).waitFor();
  must((await ane.page.locator('.row', { hasText: said.subject }).count()) === 1, 'The mail that came twice made two requests.');
  await people.look(ane.page, `${name}-list`);

  says('3: it is registered with everything in it');
  await Promise.all([row(ane, number).click(), row(bo, number).click()]);
  await ane.page.getByRole('heading', { name: said.subject }).waitFor();
  await ane.page.locator('.msg').getByText(said.text).waitFor();
  await ane.page.getByRole('link', { name: PDF.name }).waitFor();
  await ane.page.locator('.pv-facts').getByText('Kari Nordmann').waitFor();
  await people.look(ane.page, `${name}-preview`);

  says('5: two take it in the same second');
  // The browser itself remarks that one of the two was refused.
  people.expects(/Failed to load resource: the server responded with a status of 409/);
  const takes = agent => agent.page.getByRole('button', { name: w.take }).first().click();
  await bo.page.getByRole('button', { name: w.take }).first().waitFor();
  // Both calls are held until both were made: faster than that, the one is told by the live stream and has no button left.
  let go;
  const both = new Promise(resolve => (go = resolve));
  let made = 0;
  for (const agent of [ane, bo]) {
    await agent.page.route('**/call/take-ticket*', async route => {
      if (++made === 2) go();
      await both;
      await route.continue();
    });
  }
  await Promise.all([takes(ane), takes(bo)]);
  const lost = agent => agent.page.locator('.lost .banner').isVisible();
  await eventually(async () => (await lost(ane)) !== (await lost(bo)), 'Of two who took it at once, exactly one must be told that the other was first.');
  const [first, second] = (await lost(bo)) ? [ane, bo] : [bo, ane];
  must((await second.page.locator('.lost .banner').innerText()).includes(first.name), 'Who was second is not told who has it.');
  await openList(people, first, 'mine');
  await row(first, number).waitFor();
  await openList(people, second, 'unassigned');
  must((await row(second, number).count()) === 0, 'A request that is taken still stands among the unassigned.');

  says('4: it is found by number, word and name');
  for (const query of [String(number), said.find, 'Nordmann']) await finds(people, second, query, number);
  await people.look(second.page, `${name}-search`);

  says('6a: a colleague is asked');
  await openRequest(people, first, number);
  await first.page.getByRole('button', { name: w.do_star, exact: true }).click();
  await comment(first, said.secret);
  await giveTo(first, cia.name);
  await openList(people, cia, 'mine');
  await row(cia, number).click();
  await cia.page.locator('.msg').getByText(said.secret).waitFor();
  await cia.page.getByText(w.internal_comment).first().waitFor();
  await openList(people, first, 'favourites');
  await row(first, number).waitFor();
  await comment(cia, said.back);
  await giveTo(cia, first.name);
  await eventually(async () => {
    await openList(people, first, 'mine');
    return row(first, number).isVisible();
  }, 'A request that was given back is not among its owner’s own.');
  must((await sentTo(desk, KARI)).length === 1, 'An internal comment sent a mail to the customer.');

  says('7: the customer is answered from a template');
  await openRequest(people, first, number);
  await beginReply(first);
  await first.page.getByRole('button', { name: w.templates }).click();
  await first.page.locator('#templates-list').getByRole('menuitem').first().click();
  const field = first.page.locator('.composer textarea');
  await eventually(async () => (await field.inputValue()).length > 10, 'The template put no text in.');
  must(!(await field.inputValue()).includes('{{'), 'The template left its variables unfilled.');
  await field.fill('');
  await first.page.getByRole('button', { name: w.templates }).click();
  await first.page.locator('#templates-list').getByRole('menuitem', { name: '…' }).click();
  const asked = first.page.locator('dialog[open]');
  await people.look(first.page, `${name}-template`);
  await first.page.keyboard.press('Escape');
  await asked.waitFor({ state: 'detached' });
  must(await field.isVisible(), 'Esc closed the composer along with the template’s questions.');
  const focused = () => first.page.evaluate(() => document.activeElement?.id);
  await eventually(async () => (await focused()) === 'templates-button', 'Esc left the focus elsewhere.');
  await first.page.keyboard.press('Enter');
  await eventually(async () => first.page.evaluate(() => document.activeElement?.closest('#templates-list') !== null), 'The menu was not entered.');
  await first.page.keyboard.press('End');
  await first.page.keyboard.press('Enter');
  await asked.waitFor();
  await first.page.keyboard.type('13. desember');
  await first.page.keyboard.press('Enter');
  await asked.waitFor({ state: 'detached' });
  await eventually(async () => (await field.inputValue()).includes('13'), 'What was answered is not in the text.');
  await field.fill(`${await field.inputValue()}\n${said.back} (svar)`);
  await people.look(first.page, `${name}-composer`);
  await sendReply(first);
  const answer = await eventually(async () => (await sentTo(desk, KARI))[1], 'The reply was not sent.');
  must(answer.subject.includes(`#${number}`), `The reply's subject is "${answer.subject}".`);
  must(answer.text.includes(`${said.back} (svar)`), 'The reply does not say what was written.');
  must(!answer.raw.includes(said.secret), 'The mail to the customer has an internal comment in it.');
  const kari = await people.customer({ language });
  await kari.goto(people.at(privateAddress(ack, number)));
  await kari.getByText(`${said.back} (svar)`).waitFor();
  must(!(await kari.content()).includes(said.secret), 'The customer sees an internal comment.');
  await people.look(kari, `${name}-customer`);

  says('8: it is closed');
  await first.page.getByRole('button', { name: w.do_close }).first().click();
  await first.page.getByRole('button', { name: w.do_reopen }).first().waitFor();
  await openList(people, first, 'closed');
  await row(first, number).waitFor();
  await openList(people, first, 'mine');
  must((await row(first, number).count()) === 0, 'A closed request is still among the open ones.');

  says('9: an answer opens it again');
  await post(desk, { from: KARI, to: support, subject: `Re: ${answer.subject}`, text: said.more, inReplyTo: answer.headers['message-id'] });
  await row(first, number).waitFor();
  await openRequest(people, first, number);
  await first.page.locator('.msg').getByText(said.more).waitFor();
  await first.page.getByRole('button', { name: w.do_close }).first().waitFor();
  await people.look(first.page, `${name}-request`);
}
