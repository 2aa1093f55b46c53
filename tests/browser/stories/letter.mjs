// An agent writes to a customer first, without a mouse: the mail waits, is called back, and leaves once, to whom it should.

import { eventually, must, never, reach } from '../check.mjs';
import { sentTo } from '../mail.mjs';

export const title = 'A request begins with a letter to the customer';

const OLE = 'ole.letter@brev-story.no';
const COPY = 'arkiv@brev-story.no';

export default async function ({ desk, people, language, w, name, says }) {
  // A copy to what is no address is refused, and the browser itself remarks on it.
  people.expects(/Failed to load resource: the server responded with a status of 422/);
  const ane = await people.agent('Ane', { language });
  const { page } = ane;
  const keys = async (...all) => { for (const key of all) await page.keyboard.press(key); };
  const tabTo = selector => reach(page, selector);

  says('the palette leads to it');
  await people.awake(page, '/desk/unassigned');
  await keys('Control+k');
  await page.locator('#palette-field:focus').waitFor();
  await page.keyboard.type(w.new_letter);
  await keys('Enter');
  await page.waitForURL(/\/desk\/new\?way=letter$/);
  await page.getByRole('heading', { name: w.new_letter, level: 1 }).waitFor();
  await keys('Escape');
  await page.evaluate(() => document.activeElement.blur());
  await people.awake(page, '/desk/unassigned');

  says('and so does a key');
  await keys('g', 'c');
  await page.locator('#who:focus').waitFor();
  await people.look(page, `${name}-empty`);

  says('sent to nobody');
  await tabTo('#text');
  await page.keyboard.type('Vi flytter skriveren i morgen.');
  await keys('Control+Enter');
  await page.locator('.error').first().waitFor();
  await page.locator('#who:focus').waitFor();

  says('an address that nobody knows, a copy, and what it is about');
  await page.keyboard.type(OLE);
  await page.locator('#email').waitFor();
  await page.getByText(w.address_only).waitFor();
  await tabTo('.copies button');
  await keys('Enter');
  await tabTo('#cc');
  await page.keyboard.type(COPY);
  await tabTo('#title');
  await page.keyboard.type('Flytting av skriver');
  await people.look(page, `${name}-written`);
  await keys('Control+Enter');
  await page.waitForURL(/\/desk\/r\/\d+$/);
  const number = Number(page.url().split('/').pop());
  await page.locator('.msg').getByText('Vi flytter skriveren i morgen.').waitFor();

  says('called back, as long as it waits: nothing slow comes between');
  await page.locator('.toast').getByRole('button', { name: w.undo, exact: true }).click();
  const field = page.locator('.composer textarea');
  await eventually(async () => (await field.count()) && (await field.inputValue()) === 'Vi flytter skriveren i morgen.', 'The words of the letter are not in the composer again.');
  await never(async () => (await sentTo(desk, OLE)).length, 'A letter that was called back left all the same.', 9_000);

  says('its recipients are as they were, and one more');
  await tabTo('.cmp-to');
  await keys('Enter');
  await page.locator('#composer-to:focus').waitFor();
  must((await page.locator('#composer-to').inputValue()) === OLE && (await page.locator('#composer-cc').inputValue()) === COPY, 'Who gets it was lost.');
  await keys('Tab');
  await page.keyboard.type(', ikke en adresse');
  await people.look(page, `${name}-recipients`);
  await tabTo('#composer-field');
  await keys('Control+Enter');
  await page.locator('#composer-cc:focus').waitFor();
  await keys('Control+a');
  await page.keyboard.type(COPY);
  await tabTo('#composer-field');
  await keys('Control+Enter');
  await field.waitFor({ state: 'detached' });

  says('it leaves once');
  const [mail] = await eventually(async () => { const all = await sentTo(desk, OLE); return all.length && all; }, 'The letter did not leave.');
  must(mail.subject.includes(`#${number}`) && mail.text.includes('Vi flytter skriveren i morgen.'), `The letter says "${mail.subject}".`);
  await eventually(async () => (await sentTo(desk, COPY)).length === 1, 'The copy did not leave.');
  await people.look(page, `${name}-sent`);
  await never(async () => (await sentTo(desk, OLE)).length > 1, 'The letter left twice.');
}
