// Everything from sign-in to closing, without a mouse.

import { eventually, must } from '../check.mjs';
import { post, sentTo } from '../mail.mjs';
import { subjectNumber, supportAddress } from '../portal.mjs';
import { row } from '../workspace.mjs';

export const title = 'A day’s work by keyboard alone';

const OLA = 'ola.keys@fjord-story.no';

export default async function ({ desk, people, language, w, name, says }) {
  const support = await supportAddress(desk);
  await post(desk, { from: `Ola <${OLA}>`, to: support, subject: 'Keys alpha', text: 'First.' });
  const ack = await eventually(async () => (await sentTo(desk, OLA))[0], 'No acknowledgement was sent.');
  const number = subjectNumber(ack);

  says('signing in with a password');
  const page = await people.customer({ language });
  await page.goto(people.at('/desk'));
  await page.waitForURL(/\/desk\/sign-in/);
  await people.look(page, `${name}-door`);
  await page.locator('#email').focus();
  await page.keyboard.type(desk.agents[0].email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(desk.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(address => address.pathname.startsWith('/desk') && !address.pathname.includes('sign-in'));
  const ane = await people.agent('Ane', { language });
  const keys = async (...all) => { for (const key of all) await ane.page.keyboard.press(key); };
  const at = path => ane.page.waitForURL(address => address.pathname.startsWith(path));

  says('the skip link comes first');
  await people.awake(ane.page, '/desk/unassigned');
  await row(ane, number).waitFor();
  await keys('Tab');
  must((await ane.page.evaluate(() => document.activeElement.textContent)) === w.skip_to_content, 'The first stop is not the way past the menus.');
  await ane.page.evaluate(() => document.activeElement.blur());

  says('stepping to the request');
  await eventually(async () => {
    if (ane.page.url().endsWith(`/${number}`)) return true;
    const before = ane.page.url();
    await keys('j');
    await ane.page.waitForURL(address => address.href !== before, { timeout: 3_000 }).catch(() => {});
    return ane.page.url().endsWith(`/${number}`);
  }, 'J does not lead to the request.');
  await ane.page.getByRole('heading', { name: 'Keys alpha' }).waitFor();

  says('taking it');
  await keys('i');
  await ane.page.locator('#owner-button').waitFor();
  await eventually(async () => (await ane.page.locator('#owner-button').getAttribute('aria-label')).includes(ane.name), 'I does not take the request.');

  says('a comment');
  await keys('n');
  // Whoever types fast is not made to wait, and no letter is a command.
  await ane.page.keyboard.type('Only us.');
  await ane.page.getByRole('textbox', { name: w.comment_field }).waitFor();
  await keys('Control+Enter');
  await ane.page.locator('.msg').getByText('Only us.').waitFor();

  says('a reply');
  await ane.page.locator('.composer textarea').waitFor({ state: 'detached' });
  await keys('Escape');
  await people.awake(ane.page, `/desk/r/${number}`);
  await ane.page.locator('#thread').waitFor();
  await keys('r');
  await ane.page.keyboard.type('By keyboard.');
  await keys('Control+Enter');
  const answer = await eventually(async () => (await sentTo(desk, OLA))[1], 'The reply was not sent.');
  must(answer.text.includes('By keyboard.'), 'The reply does not say what was typed.');
  await ane.page.locator('.composer textarea').waitFor({ state: 'detached' });

  says('a star, a priority, and closing');
  await people.awake(ane.page, `/desk/r/${number}`);
  await ane.page.locator('#thread').waitFor();
  await keys('b');
  await ane.page.locator('.btn-star[aria-pressed=true]').waitFor();
  await keys('p');
  await ane.page.locator('#priority-list :focus').waitFor();
  await keys('End', 'Enter');
  await ane.page.locator('#priority-list').waitFor({ state: 'detached' });
  await ane.page.evaluate(() => document.activeElement.blur());
  await keys('e');
  await ane.page.getByRole('button', { name: w.do_reopen }).first().waitFor();

  says('going places');
  await keys('g', 'i');
  await at('/desk/mine');
  await keys('g', 'u');
  await at('/desk/unassigned');
  await keys('c');
  await at('/desk/new');
  await ane.page.locator('#who:focus').waitFor();
  await ane.page.evaluate(() => document.activeElement.blur());
  await keys('/');
  await at('/desk/search');
  await ane.page.evaluate(() => document.activeElement.blur());

  says('the palette and the sheet of keys');
  await keys('Control+k');
  await ane.page.locator('#palette-field:focus').waitFor();
  await ane.page.keyboard.type('Keys alpha');
  await ane.page.getByRole('option', { name: new RegExp(`#${number}`) }).waitFor();
  await people.look(ane.page, `${name}-palette`);
  await keys('Escape');
  await ane.page.locator('#palette-field').waitFor({ state: 'detached' });
  await ane.page.evaluate(() => document.activeElement.blur());
  await keys('?');
  await ane.page.getByRole('dialog', { name: w.shortcuts }).waitFor();
  await people.look(ane.page, `${name}-keys`);
  await keys('Escape');
  await people.awake(ane.page, '/desk/settings');
  await people.look(ane.page, `${name}-settings`);
}
