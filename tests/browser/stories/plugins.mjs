// An administrator installs a plugin from its file, makes an account of it, sees what it does, and removes it: by keyboard.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, must, reach } from '../check.mjs';
import { beginReply, openList, openRequest, sendReply } from '../workspace.mjs';

export const title = 'A plugin is installed, looked after and removed';

const FILE = fileURLToPath(new URL('../../../dist/plugins/webhook.wasm', import.meta.url));
const ADMIN = '/desk/admin/plugins';

export default async function ({ people, language, w, name, says }) {
  // What is refused on purpose comes with its status, and the browser remarks on it.
  people.expects(/Failed to load resource: the server responded with a status of (422|404)/);
  const eva = await people.agent('Eva', { language });
  const { page } = eva;
  const press = async (...all) => { for (const key of all) await page.keyboard.press(key); };
  const tabTo = selector => reach(page, selector);
  /** Presses Enter on what Tab leads to, and waits for the page after it. */
  const enter = async (selector, where) => {
    await tabTo(selector);
    await press('Enter');
    await page.waitForURL(where);
  };

  says('who may not finds nothing');
  const ane = await people.agent('Ane', { language });
  const answer = await ane.page.goto(people.at(ADMIN));
  must(answer.status() === 404, `Ane got ${answer.status()}.`);
  await ane.page.getByText(ane.w.no_such_page).first().waitFor();

  says('the palette leads there');
  await people.awake(page, '/desk/unassigned');
  await press('Control+k');
  await page.locator('#palette-field:focus').waitFor();
  await page.keyboard.type(w.open_administration);
  await press('Enter');
  await page.waitForURL(/\/desk\/admin\/plugins$/);
  await page.getByRole('heading', { name: w.plugins, level: 1 }).waitFor();
  await people.look(page, `${name}-list`);

  says('one that is there is removed, after a question');
  await page.goto(people.at(`${ADMIN}/saker.webhook`));
  await people.look(page, `${name}-unused`);
  await enter('a[href$="saker.webhook/remove"]', /\/remove$/);
  await people.look(page, `${name}-remove`);
  await enter('.btn-danger', /said=removed/);

  says('a file that is no plugin');
  const choose = async file => {
    await tabTo('#file');
    await page.locator('#file').setInputFiles(file);
    await tabTo('form[enctype] .btn-primary');
    await press('Enter');
  };
  await choose(path.join(path.dirname(fileURLToPath(import.meta.url)), 'plugins.mjs'));
  await page.locator('#file-error').waitFor();
  await people.look(page, `${name}-refused`);

  says('the sheet of one that is');
  await choose(FILE);
  await page.waitForURL(/\/sheet\/[0-9a-f]{64}$/);
  await page.getByText(w.what_it_wants).waitFor();
  must(!(await page.locator('input[name=want]:checked').count()), 'Something is granted before anybody ticked it.');
  await people.look(page, `${name}-sheet`);
  await enter('.sheet .btn-primary', /\/sheet\//);
  await page.getByText(w.tick_this).first().waitFor();
  await people.look(page, `${name}-not-granted`);
  const lines = await page.locator('input[name=want]').count();
  for (let line = 0; line < lines; line += 1) {
    await tabTo(`#want-${line}`);
    await press('Space');
  }
  await enter('.sheet .btn-primary', /saker\.webhook\?said=installed/);
  must(await page.locator('.banner-ok a[href$="/channels/new/saker.webhook"]').count(), 'There is no way on to an account.');
  await people.look(page, `${name}-installed`);

  says('an account with a wrong value');
  await enter('a[href="/desk/admin/channels"]:not(.tab)', /\/channels$/);
  await people.look(page, `${name}-no-accounts`);
  await enter('a[href$="/channels/new/saker.webhook"]', /\/new\//);
  await people.look(page, `${name}-form`);
  await tabTo('#name');
  await page.keyboard.type('Nettbutikken');
  await tabTo('.fold-fields > summary');
  await press('Enter');
  await tabTo('[id="settings.reply-address"]');
  await page.keyboard.type('butikken');
  await enter('form .btn-primary', /\/new\//);
  await page.locator('[id="settings.reply-address-error"]').waitFor();
  must((await page.locator('#name').inputValue()) === 'Nettbutikken', 'What was typed is gone.');
  await people.look(page, `${name}-wrong`);

  says('and with a right one');
  await tabTo('[id="settings.reply-address"]');
  await press('Control+a');
  await page.keyboard.type('https://butikken.invalid/svar');
  await enter('form .btn-primary', /\/channels\/[0-9a-f-]{36}\?said=kept/);
  const account = page.url().split('?')[0];
  await enter('form[action$="/check"] button', /said=works/);
  const hook = await page.locator('#hook').inputValue();
  must(/\/hooks\/.{20,}/.test(hook), `The address is ${hook}.`);
  await people.look(page, `${name}-account`);
  await enter('form[action$="/connect"] button', /said=connected/);
  await people.look(page, `${name}-connected`);

  says('a message arrives by its address');
  const call = id => fetch(people.at(new URL(hook).pathname), {
    method: 'POST',
    body: JSON.stringify({ id, conversation: 'c1', user: 'kari77', name: 'Kari', subject: `Fra butikken ${language}`, text: 'Kassen står.' }),
  });
  must((await call('m1')).status === 200, 'The message was not taken.');
  await page.goto(account);
  must(!(await page.locator('.dl').first().innerText()).includes(w.never), 'It was not heard.');
  await openList(people, eva, 'unassigned');
  const mine = page.locator('.row', { hasText: `Fra butikken ${language}` });
  const number = Number((await mine.getAttribute('id')).replace('row-', ''));
  await openRequest(people, eva, number);
  await page.locator('.msg').getByText('Kassen står.').waitFor();

  says('what it did is written down');
  await eventually(async () => {
    await page.goto(people.at(`${ADMIN}/saker.webhook`));
    return await page.locator('.chart').count();
  }, 'Its calls are not in the charts.');
  await tabTo('.as-table > summary');
  await press('Enter');
  await page.locator('.as-table td').first().waitFor();
  await people.look(page, `${name}-health`);
  await enter('a.tab[href$="/log"]', /\/log$/);
  await people.look(page, `${name}-log`);
  await enter('a.tab[href$="/egress"]', /\/egress$/);
  await people.look(page, `${name}-egress`);
  await enter('a.tab[href$="/calls"]', /\/calls$/);

  says('an answer leaves for its remote, and that stands in the ledger');
  await openRequest(people, eva, number);
  await beginReply(eva);
  await page.locator('.composer textarea').fill('Vi ser på det.');
  await sendReply(eva);
  await eventually(async () => {
    await page.goto(people.at(`${ADMIN}/saker.webhook/egress`));
    return await page.getByText('butikken.invalid').count();
  }, 'Nothing left for its remote.', 40_000);
  await people.look(page, `${name}-left`);

  says('switched off, then on');
  await enter('form[action$="/off"] button', /said=off/);
  await people.look(page, `${name}-off`);
  await enter('form[action$="/on"] button', /said=on/);

  says('the account goes before the plugin');
  await page.goto(people.at(`${ADMIN}/saker.webhook/remove`));
  await page.getByText(w.accounts_first).waitFor();
  await enter('main a[href*="/channels/"]', /\/remove$/);
  await people.look(page, `${name}-account-remove`);
  await enter('.btn-danger', /channels\?said=removed/);
  await page.goto(people.at(`${ADMIN}/saker.webhook/remove`));
  await enter('.btn-danger', /plugins\?said=removed/);
  must(!(await page.getByRole('link', { name: 'Webhook' }).count()), 'It is still there.');
}
