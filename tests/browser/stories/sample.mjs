// An administrator maps somebody's calls: tries a sample before anything is saved, is told what is wrong, and may know better.

import { must, reach } from '../check.mjs';

export const title = 'A mapping is tried on a sample, and checked before it is saved';

const SAMPLE = JSON.stringify({ ref: 'm1', case: 'c1', from: { name: 'Kari Nordmann', email: 'kari@fjord.no' }, title: 'Skriveren', message: 'Den virker ikke.' });

export default async function ({ people, language, w, name, says }) {
  people.expects(/Failed to load resource: the server responded with a status of 422/);
  const eva = await people.agent('Eva', { language });
  const { page } = eva;
  const tabTo = selector => reach(page, selector, 60_000);
  const enter = async (selector, where) => {
    await tabTo(selector);
    await page.keyboard.press('Enter');
    await page.waitForURL(where);
  };
  const type = async (setting, text) => {
    await tabTo(`[id="${setting}"]`);
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(text);
  };

  says('what is not where the settings say is told');
  await page.goto(people.at('/desk/admin/channels/new/saker.webhook'));
  await people.look(page, `${name}-form`);
  await type('sample', SAMPLE);
  await enter('#tried button', /\/try#tried$/);
  await page.locator('#sample-error').waitFor();
  await page.locator('[id="settings.text-error"]').waitFor();
  await people.look(page, `${name}-missing`);

  says('put right, it is shown what would come of it, and nothing is saved');
  const places = { text: 'message', id: 'ref', conversation: 'case', subject: 'title', name: 'from.name', email: 'from.email' };
  for (const [setting, path] of Object.entries(places)) await type(`settings.${setting}`, path);
  await tabTo('#tried button');
  await page.keyboard.press('Enter');
  await page.locator('.tried').waitFor();
  const tried = await page.locator('.tried').innerText();
  for (const part of [w.sample_is_message, 'Skriveren', 'Den virker ikke.', 'Kari Nordmann, kari@fjord.no', 'c1', 'm1']) {
    must(tried.includes(part), `${part} is not in: ${tried}`);
  }
  must((await page.locator('#sample').inputValue()) === SAMPLE, 'The sample is gone.');
  await people.look(page, `${name}-tried`);

  says('what the plugin has against a setting stands beside it');
  await type('name', 'Butikken');
  await tabTo('.fold-fields > summary');
  await page.keyboard.press('Enter');
  await type('settings.reply-address', 'https://butikken.invalid/svar');
  await type('settings.body', '{"to": "{customer}"}');
  await enter('form .btn-primary', /\/new\//);
  await page.locator('[id="settings.body-error"]').waitFor();
  must((await page.locator('[id="settings.body"]').inputValue()) === '{"to": "{customer}"}', 'What was typed is gone.');
  await people.look(page, `${name}-refused`);

  says('who knows better saves it anyway');
  await tabTo('button[name=anyway]');
  must((await page.locator('button[name=anyway]').innerText()) === w.save_anyway, 'The second choice has other words.');
  await enter('button[name=anyway]', /\/channels\/[0-9a-f-]{36}\?said=saved/);

  says('put right, it is saved without a question');
  await type('settings.body', '{"to": "{to}", "text": "{plain}"}');
  await enter('form .btn-primary', /\?said=kept/);
  must(!(await page.locator('button[name=anyway]').count()), 'There is something to overrule.');
  await people.look(page, `${name}-saved`);

  says('a call that can’t be read is turned away, and that is seen at the account');
  const hook = await page.locator('#hook').inputValue();
  const answer = await fetch(hook, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  must(answer.status === 400, `A call without words got ${answer.status}.`);
  await page.goto(page.url().split('?')[0]);
  await page.getByText(w.last_refused, { exact: true }).waitFor();
  await page.getByText(w.calls_refused, { exact: true }).waitFor();
  await people.look(page, `${name}-turned-away`);
}
