// An agent writes a reply beforehand, shares it, and a colleague answers with it.

import { eventually, must } from '../check.mjs';
import { compose, send, sentTo } from '../mail.mjs';
import { subjectNumber, supportAddress } from '../portal.mjs';
import { beginReply, openRequest, sendReply } from '../workspace.mjs';

export const title = 'A reply that was written beforehand';

const KARI = 'kari@svarmal-story.no';

export default async function ({ desk, people, language, w, name, says }) {
  people.expects(/Failed to load resource: the server responded with a status of 422/);
  const ane = await people.agent('Ane', { language });

  says('it is written, and what can’t be filled in is refused at its field');
  await ane.page.goto(people.at('/desk/settings'));
  await ane.page.getByRole('heading', { name: w.own_templates }).waitFor();
  await eventually(async () => {
    await ane.page.locator('#new-reply-template').click();
    return ane.page.locator('dialog[open]').isVisible();
  }, 'No form opens for a reply template.');
  const form = ane.page.locator('dialog[open]');
  await form.getByLabel(w.template_name, { exact: true }).fill('Papirstopp');
  await form.locator('#template-nb').fill('Hei {{ customer.first');
  await form.getByRole('button', { name: w.save, exact: true }).click();
  await form.getByRole('alert').waitFor();
  must((await form.locator('#template-nb').getAttribute('aria-invalid')) === 'true', 'The field is not marked.');
  await people.look(ane.page, `${name}-refused`);
  await form.locator('#template-nb').fill('Hei {{ customer.first }}. Åpne **luken** bak.');
  await form.locator('#template-en').fill('Hello {{ customer.first }}. Open the **lid** behind.');
  await form.getByLabel(w.template_shared).check();
  await form.getByRole('button', { name: w.save, exact: true }).click();
  await form.waitFor({ state: 'hidden' });
  await ane.page.locator('.key-list').getByText('Papirstopp').waitFor();
  await people.look(ane.page, `${name}-settings`);

  says('a colleague answers with it');
  const to = await supportAddress(desk);
  const mail = compose({ from: `Kari Nordmann <${KARI}>`, to, subject: 'Skriveren', text: 'Papiret sitter fast.' });
  await send(desk.smtp, { from: KARI, to, raw: mail.raw });
  const [ack] = await eventually(async () => { const all = await sentTo(desk, KARI); return all.length && all; }, 'No acknowledgement was sent.');
  const bo = await people.agent('Bo', { language });
  await openRequest(people, bo, subjectNumber(ack));
  await beginReply(bo);
  await bo.page.locator('#templates-button').click();
  await bo.page.getByRole('menuitem', { name: 'Papirstopp' }).click();
  const field = bo.page.locator('.composer textarea');
  await eventually(async () => (await field.inputValue()).includes('Hei Kari. Åpne **luken** bak.'), 'The template is not in the composer.');
  await people.look(bo.page, `${name}-composer`);
  await sendReply(bo);
  await eventually(async () => (await sentTo(desk, KARI)).some(mail => mail.text.includes('Hei Kari. Åpne')), 'The reply did not leave.');

  says('it is deleted, and that is taken back');
  await ane.page.getByRole('button', { name: `${w.change}: Papirstopp` }).click();
  await form.getByRole('button', { name: w.delete, exact: true }).click();
  await eventually(async () => (await ane.page.locator('.key-list').getByText('Papirstopp').count()) === 0, 'The template is still there.');
  await ane.page.locator('.toast').getByRole('button', { name: w.undo, exact: true }).click();
  await ane.page.locator('.key-list').getByText('Papirstopp').waitFor();
}
