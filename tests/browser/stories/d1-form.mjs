// Scenario D1, variant B: a customer without JavaScript sends the form, follows the request, answers, signs in and calls it solved.

import { eventually, must } from '../check.mjs';
import { sentTo } from '../mail.mjs';
import { PDF, fillForm, privateAddress, sentNumber } from '../portal.mjs';
import { beginReply, openRequest, sendReply } from '../workspace.mjs';

export const title = 'A form works from end to end without JavaScript';

const KARI = 'kari.form@fjord-story.no';
const SAID = {
  nb: { title: 'Skriver virker ikke', text: 'Displayet viser E-52.', reply: 'Slå den av og på.', answer: 'Det hjalp. Takk!' },
  en: { title: 'Printer does not work', text: 'The display shows E-52.', reply: 'Turn it off and on.', answer: 'That helped. Thanks!' },
};

export default async function ({ desk, people, language, w, name, says }) {
  const said = SAID[language];
  const kari = await people.customer({ language, scripts: false });

  // The browser itself remarks on a form that comes back.
  people.expects(/Failed to load resource: the server responded with a status of 422/);

  says('1: the form');
  await kari.goto(people.at('/'));
  must((await kari.getAttribute('html', 'lang')) === language, 'The portal does not speak the reader’s language.');
  await kari.getByRole('main').getByRole('link', { name: w.contact_us }).first().click();
  await kari.getByRole('heading', { name: w.contact_us, level: 1 }).waitFor();

  says('1: a form with nothing in it comes back');
  await kari.getByRole('button', { name: w.send, exact: true }).click();
  await kari.getByRole('heading', { name: w.not_sent }).waitFor();
  await fillForm(kari, w, { title: said.title, text: said.text, email: 'ikke en adresse', files: [PDF] });
  await kari.getByRole('button', { name: w.send, exact: true }).click();
  await kari.getByRole('heading', { name: w.not_sent }).waitFor();
  must((await kari.getByLabel(w.field_title, { exact: true }).inputValue()) === said.title, 'The title was lost.');
  must((await kari.getByLabel(w.field_text, { exact: true }).inputValue()).trim() === said.text, 'The text was lost.');
  await kari.getByText(w.kept_files).waitFor();

  says('1: sending it');
  await fillForm(kari, w, { name: 'Kari Nordmann', email: KARI });
  await kari.getByRole('button', { name: w.send, exact: true }).click();
  const number = await sentNumber(kari, w);
  // The address may be anybody's: the page says what was typed, and the link is in the receipt.
  const confirmation = new URL(kari.url()).pathname;
  await kari.getByRole('main').getByText(KARI).waitFor();
  must(!(await kari.getByRole('main').innerText()).includes(said.title), 'The confirmation tells more than what its reader knows.');
  must((await kari.getByRole('link', { name: w.see_request }).count()) === 0, 'The confirmation leads to the request.');

  says('2: one acknowledgement');
  const ack = await eventually(async () => (await sentTo(desk, KARI))[0], 'No acknowledgement was sent.');
  must(ack.subject.includes(`#${number}`), `The acknowledgement's subject is "${ack.subject}".`);
  const address = privateAddress(ack, number);

  says('3 and 7: an agent reads and answers');
  const ane = await people.agent('Ane', { language });
  await openRequest(people, ane, number);
  await ane.page.getByText(said.text).first().waitFor();
  await ane.page.getByRole('link', { name: PDF.name }).waitFor();
  // Nobody has shown yet that the address is hers; her answer by the link that only the address got does.
  await ane.page.getByText(w.not_confirmed, { exact: true }).waitFor();
  await ane.page.getByText(w.not_confirmed_means, { exact: true }).waitFor();
  await people.look(ane.page, `${name}-unconfirmed`);
  await beginReply(ane);
  await ane.page.locator('.composer textarea').fill(said.reply);
  await sendReply(ane);

  says('7: the customer sees the answer');
  // It can be called back for some seconds, and is not shown until it has left.
  await eventually(async () => {
    await kari.goto(people.at(address));
    return kari.getByText(said.reply).isVisible();
  }, 'The customer does not see the answer.');
  await kari.getByLabel(w.answer, { exact: true }).fill(said.answer);
  await kari.getByRole('button', { name: w.send_answer }).click();
  await kari.locator('.thread').getByText(said.answer).waitFor();
  await ane.page.getByText(said.answer).first().waitFor();
  await ane.page.getByText(w.not_confirmed_means, { exact: true }).waitFor({ state: 'hidden' });

  says('8: the customer calls it solved');
  await kari.getByRole('button', { name: w.mark_solved }).click();
  await kari.getByText(w.reopen_hint).waitFor();
  await ane.page.getByRole('button', { name: w.do_reopen }).first().waitFor();

  says('the customer signs in by a link');
  await kari.goto(people.at('/sign-in'));
  await kari.getByLabel(w.field_email, { exact: true }).fill(KARI);
  await kari.getByRole('button', { name: w.send_me_a_link }).click();
  await kari.getByRole('heading', { name: w.check_mail }).waitFor();
  const link = await eventually(async () => {
    const texts = (await sentTo(desk, KARI)).map(mail => mail.text);
    return texts.map(text => /https?:\/\/[^\s/]+(\/sign-in\/[\w-]+)/.exec(text)?.[1]).find(Boolean);
  }, 'No mail with a sign-in link came.');
  await kari.goto(people.at(link));
  await kari.getByRole('heading', { name: w.welcome_back }).waitFor();
  await kari.locator('main form button').click();
  await kari.goto(people.at('/requests?show=solved'));
  await kari.getByText(`#${number}`, { exact: true }).waitFor();

  says('every page is looked at');
  const eyes = await people.customer({ language });
  const pages = { home: '/', form: '/new', sent: confirmation, theirs: address.replace('/r/', '/sent/'), request: address, 'sign-in': '/sign-in' };
  for (const [page, where] of Object.entries(pages)) {
    await eyes.goto(people.at(where));
    await people.look(eyes, `${name}-${page}`);
  }
}
