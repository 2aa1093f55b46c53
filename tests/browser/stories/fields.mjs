// The organisation's own fields in the form: without JavaScript step by step, with it at once, by keyboard; and what the customer and the agent see of it.

import { eventually, must } from '../check.mjs';
import { sentTo } from '../mail.mjs';
import { PDF, privateAddress, sentNumber } from '../portal.mjs';
import { openRequest } from '../workspace.mjs';

export const title = 'A form asks what belongs to its category, and loses nothing';

const FIELD = { required: false, portal: true, places: [], choices: [], hint_nb: '', hint_en: '' };
const choice = (key, nb, en) => ({ key, nb, en, retired: false });

/** What an administrator sets up: fields of every kind, one for invoices alone, and two priorities to choose among. */
async function setUp(desk, invoices) {
  const put = async (path, body) => {
    const answer = await fetch(`${desk.api}${path}`, { method: 'PUT', headers: { authorization: `Bearer ${desk.key}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    must(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
  };
  const fields = [
    { key: 'invoice', nb: 'Fakturanummer', en: 'Invoice number', kind: 'text', required: true, places: [{ kind: null, category: invoices }], hint_nb: 'Står øverst til høyre på fakturaen.', hint_en: 'At the top right of the invoice.' },
    { key: 'amount', nb: 'Beløp', en: 'Amount', kind: 'number', places: [{ kind: null, category: invoices }] },
    { key: 'since', nb: 'Siden når?', en: 'Since when?', kind: 'date' },
    { key: 'product', nb: 'Produkt', en: 'Product', kind: 'choice', choices: [choice('cloud', 'Sky', 'Cloud'), choice('house', 'Lokalt', 'On site')] },
    { key: 'where', nb: 'Hvor skjer det?', en: 'Where does it happen?', kind: 'multi-choice', choices: [choice('phone', 'Mobil', 'Phone'), choice('pc', 'PC', 'Computer'), choice('till', 'Kasse', 'Till')] },
    { key: 'blocked', nb: 'Står arbeidet stille?', en: 'Is work at a standstill?', kind: 'yes-no' },
  ];
  for (const [place, field] of fields.entries()) await put('/fields', { ...FIELD, id: `field-${place}`, ...field });
  const priorities = await (await fetch(`${desk.api}/priorities`, { headers: { authorization: `Bearer ${desk.key}` } })).json();
  for (const priority of (priorities.items ?? priorities).filter(one => one.en !== 'High')) await put('/priorities', { ...priority, external: true });
}

/** The id of a category by the name that customers read. */
async function categoryId(page, name) {
  return page.locator('#category label').filter({ hasText: name }).locator('input').inputValue();
}

export default async function ({ desk, people, language, w, name, says }) {
  const said = {
    nb: { invoices: 'Faktura', number: 'Fakturanummer', product: 'Produkt', cloud: 'Sky', since: 'Siden når?', till: 'Kasse', day: '1. des. 2026', urgent: 'Medium', amount: 'Beløp', twelve: '12,5' },
    en: { invoices: 'Invoice', number: 'Invoice number', product: 'Product', cloud: 'Cloud', since: 'Since when?', till: 'Till', day: '1 Dec 2026', urgent: 'Medium', amount: 'Amount', twelve: '12.5' },
  }[language];
  people.expects(/Failed to load resource: the server responded with a status of 422/);
  const plain = await people.customer({ language, scripts: false });
  await plain.goto(people.at('/new'));
  await setUp(desk, await categoryId(plain, said.invoices));

  says('without JavaScript: a category, and its fields');
  await plain.goto(people.at('/new'));
  must(await plain.getByLabel(said.product).isVisible(), 'A field that is everywhere is missing.');
  must((await plain.getByLabel(said.number).count()) === 0, 'A field of another category is there.');
  await plain.getByLabel(w.field_title, { exact: true }).fill('Feil "beløp" <&>');
  await plain.getByLabel(said.product).selectOption({ label: said.cloud });
  await plain.getByLabel(said.since).fill('2026-12-01');
  await plain.getByRole('radio', { name: said.invoices }).check();
  await plain.getByRole('button', { name: w.show_fields }).click();
  await plain.getByLabel(said.number).waitFor();
  must((await plain.getByLabel(w.field_title, { exact: true }).inputValue()) === 'Feil "beløp" <&>', 'The title was lost.');
  must((await plain.getByLabel(said.product).inputValue()) === 'cloud', 'A choice was lost.');
  must((await plain.getByLabel(said.since).inputValue()) === '2026-12-01', 'A day was lost.');

  says('without JavaScript: sent too early');
  await plain.getByLabel(w.field_text, { exact: true }).fill('Hva er dette?');
  await plain.getByLabel(w.field_files).setInputFiles([PDF]);
  await plain.getByLabel(w.field_title, { exact: true }).press('Enter');
  await plain.getByRole('heading', { name: w.not_sent }).waitFor();
  must(await plain.evaluate(() => document.activeElement.classList.contains('summary')), 'What is wrong does not have the focus.');
  await plain.locator('.summary').getByRole('link', { name: new RegExp(`^${said.number}: `) }).click();
  must(await plain.evaluate(() => document.activeElement.id === 'fields.invoice'), 'The link does not lead to the field.');
  await plain.getByText(w.kept_files).waitFor();

  says('without JavaScript: put right and sent');
  await plain.getByLabel(said.number).fill('F-1042');
  await plain.getByRole('checkbox', { name: said.till }).check();
  await plain.getByRole('group', { name: w.field_priority }).getByRole('radio', { name: said.urgent }).check();
  await plain.getByLabel(w.field_name, { exact: true }).fill('Kari Nordmann');
  await plain.getByLabel(w.field_email, { exact: true }).fill('kari.fields@fjord-story.no');
  await plain.getByRole('button', { name: w.send, exact: true }).last().click();
  const number = await sentNumber(plain, w);
  const ack = await eventually(async () => (await sentTo(desk, 'kari.fields@fjord-story.no'))[0], 'No receipt was sent.');
  await plain.goto(people.at(privateAddress(ack, number)));
  await plain.locator('.about').getByText('F-1042').waitFor();
  for (const text of [said.cloud, said.day, said.till]) await plain.locator('.about').getByText(text, { exact: true }).waitFor();
  const address = new URL(plain.url()).pathname;

  says('with JavaScript: the fields follow the choice, by keyboard alone');
  const quick = await people.customer({ language });
  await quick.goto(people.at('/new'));
  await quick.waitForFunction(() => document.querySelector('#asked'));
  await quick.waitForLoadState('networkidle');
  await quick.locator('#category input').first().focus();
  await quick.keyboard.press('ArrowDown');
  await eventually(async () => {
    if (await quick.getByLabel(said.number).isVisible()) return true;
    await quick.keyboard.press('ArrowDown');
    return quick.getByLabel(said.number).waitFor({ timeout: 2_000 }).then(() => true, () => false);
  }, 'The fields do not follow the choice.');
  must((await quick.getByRole('button', { name: w.show_fields }).isVisible()) === false, 'The step is shown where nobody needs it.');
  await quick.getByLabel(said.number).fill('F-7');
  await quick.locator('#category input:checked').focus();
  await quick.keyboard.press('ArrowUp');
  await eventually(async () => !(await quick.getByLabel(said.number).count()), 'The fields of the other category stay.');
  await quick.keyboard.press('ArrowDown');
  await eventually(async () => (await quick.getByLabel(said.number).count()) && (await quick.getByLabel(said.number).inputValue()) === 'F-7', 'What was typed is lost by another choice.');
  await people.look(quick, `${name}-form`);
  await quick.getByLabel(said.number).fill('');
  await quick.getByLabel(w.field_title, { exact: true }).press('Enter');
  await quick.getByRole('heading', { name: w.not_sent }).waitFor();
  await eventually(() => quick.evaluate(() => document.activeElement.classList.contains('summary')), 'What is wrong does not have the focus.');
  await people.look(quick, `${name}-refused`);
  await quick.goto(people.at(address));
  await people.look(quick, `${name}-customer`);

  says('the agent sees and mends them');
  const ane = await people.agent('Ane', { language });
  await openRequest(people, ane, number);
  const field = ane.page.locator('.details').getByLabel(said.number);
  await eventually(async () => (await field.count()) && (await field.inputValue()) === 'F-1042', 'The agent does not see what the customer filled in.');
  const amount = ane.page.locator('.details').getByLabel(said.amount);
  await amount.fill('tolv');
  await amount.press('Tab');
  await ane.page.locator('.details .error').waitFor();
  await people.look(ane.page, `${name}-details`);
  await amount.fill('12,5');
  await amount.press('Tab');
  await ane.page.locator('.details .error').waitFor({ state: 'detached' });
  await field.fill('F-1043');
  await field.press('Tab');
  await eventually(async () => {
    await quick.goto(people.at(address));
    return (await quick.locator('.about').getByText('F-1043').count()) && (await quick.locator('.about').getByText(said.twelve).count());
  }, 'The customer does not see what the agent put right.');
}
