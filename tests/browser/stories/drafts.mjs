// What a customer writes stays in their browser until it is sent, and no longer: in the form, which is drawn anew in another
// language, and in an answer, which may become a request of its own.

import { eventually, must } from '../check.mjs';
import { sentTo } from '../mail.mjs';
import { fillForm, privateAddress, sentNumber } from '../portal.mjs';
import { words } from '../words.mjs';

export const title = 'What is written waits until it is sent, and goes then';

const KARI = 'kari.utkast@fjord-story.no';

export default async function ({ desk, people, language, w, name, says }) {
  const kari = await people.customer({ language });
  const other = words(language === 'nb' ? 'en' : 'nb');
  const awake = () => kari.waitForFunction(() => performance.getEntriesByType('resource').some(one => one.name.includes('.wasm') && one.responseEnd));
  // A page that is there may not listen yet.
  const keep = (field, text, name) => eventually(async () => {
    await field.fill('');
    await field.fill(text);
    return kari.evaluate(([key, text]) => sessionStorage.getItem(key) === text, [`saker:new:${name}`, text]);
  }, 'What was typed is not kept.');
  const open = async address => { await kari.goto(people.at(address)); await awake(); await kari.waitForTimeout(500); };

  says('a half-written form is there in another language too');
  await open('/');
  const topic = await kari.locator('a.topic').last().getAttribute('href');
  await open(topic);
  await keep(kari.getByLabel(w.field_title, { exact: true }), 'Skriver virker ikke', 'title');
  await keep(kari.getByLabel(w.field_text, { exact: true }), 'Displayet viser E-52.\nDen hveser.', 'text');
  await kari.locator(`.fine-language button[value=${language === 'nb' ? 'en' : 'nb'}]`).click();
  await kari.getByRole('heading', { name: other.contact_us, level: 1 }).waitFor();
  must(new URL(kari.url()).search === topic.slice(4), `The topic was forgotten: ${kari.url()}`);
  await eventually(async () => (await kari.locator('#title').inputValue()) === 'Skriver virker ikke', 'The title was lost.');
  must((await kari.locator('#text').inputValue()) === 'Displayet viser E-52.\nDen hveser.', 'The text was lost.');
  await people.look(kari, `${name}-form`);
  await kari.locator(`.fine-language button[value=${language}]`).click();
  await kari.getByRole('heading', { name: w.contact_us, level: 1 }).waitFor();
  await eventually(async () => (await kari.locator('#title').inputValue()) === 'Skriver virker ikke', 'The title was lost on the way back.');

  says('it is sent, and is nowhere any more');
  await fillForm(kari, w, { name: 'Kari Nordmann', email: KARI });
  await kari.getByRole('button', { name: w.send, exact: true }).click();
  const first = await sentNumber(kari, w);
  await eventually(() => kari.evaluate(() => !Object.keys(sessionStorage).some(key => key.startsWith('saker:new:'))), 'The draft is still kept.');
  await open('/new');
  must((await kari.locator('#title').inputValue()) === '' && (await kari.locator('#text').inputValue()) === '', 'What was sent is a draft again.');

  says('an answer that becomes a request of its own is no draft on the old one');
  await fillForm(kari, w, { title: 'En annen sak', text: 'En ting til.', name: 'Kari Nordmann', email: KARI });
  await kari.getByRole('button', { name: w.send, exact: true }).click();
  const second = await sentNumber(kari, w);
  const mails = await eventually(async () => { const all = await sentTo(desk, KARI); return all.length > 1 && all; }, 'No acknowledgement was sent.');
  const of = number => privateAddress(mails.find(mail => mail.subject.includes(`#${number}`)), number);
  await open(of(first));
  const field = kari.getByLabel(w.answer, { exact: true });
  await field.fill('Fortsatt ikke sendt.');
  await open(of(first));
  await eventually(async () => (await field.inputValue()) === 'Fortsatt ikke sendt.', 'A draft was lost.');
  await field.fill('En ting til.');
  // As the desk answers where the status wants no more answers.
  await kari.route(people.at(of(first)), route => route.request().method() === 'POST'
    ? route.fulfill({ status: 303, headers: { location: people.at(of(second)) } }) : route.continue());
  await kari.getByRole('button', { name: w.send_answer }).click();
  await kari.getByRole('heading', { name: 'En annen sak' }).waitFor();
  await eventually(() => kari.evaluate(number => localStorage.getItem(`saker:answer:${number}`) === null, first), 'What was sent is still a draft.');
  await open(of(first));
  must((await field.inputValue()) === '', 'What was sent stands in the old field again.');
}
