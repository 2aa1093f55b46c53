// Everything that goes wrong at a door: nothing is lost, nothing is doubled, and a page says what to do.

import { eventually, must, never } from '../check.mjs';
import { compose, send, sentTo } from '../mail.mjs';
import { fillForm, privateAddress, sentNumber, supportAddress } from '../portal.mjs';

export const title = 'Garbage at every door';

const EVE = 'eve@garbage-story.no';

export default async function ({ desk, people, language, w, name, says }) {
  // The browser itself remarks on answers that are no success.
  people.expects(/Failed to load resource: the server responded with a status of 4\d\d/);
  const page = await people.customer({ language });
  const head = { 'accept-language': language };
  const get = async path => { const answer = await fetch(people.at(path), { headers: head, redirect: 'manual' }); return [answer.status, await answer.text()]; };
  const give = async (path, fields, form = false) => {
    const body = form ? new FormData() : new URLSearchParams();
    for (const [field, value] of fields) body.append(field, ...[value].flat());
    const answer = await fetch(people.at(path), { method: 'POST', headers: { ...head, origin: desk.portal }, body, redirect: 'manual' });
    return { status: answer.status, to: answer.headers.get('location'), text: await answer.text() };
  };
  const sheet = async () => {
    const html = (await get('/new'))[1];
    const key = /name="key"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="key"/.exec(html);
    const category = /name="category"[^>]*value="([^"]*)"/.exec(html);
    return { key: key?.[1] ?? key?.[2] ?? '', category: category?.[1] ?? '' };
  };
  const whole = ({ key, category }, more = {}) => Object.entries({ key, category, title: 'Garbage', text: 'Text', name: 'Eve', email: EVE, ...more });

  says('an empty form');
  await page.goto(people.at('/new'));
  await page.getByRole('button', { name: w.send, exact: true }).click();
  await page.getByRole('heading', { name: w.not_sent }).waitFor();
  must((await page.locator('[aria-invalid=true]').count()) >= 3, 'Fields that are missing are not marked.');
  await people.look(page, `${name}-empty`);

  says('an address that is none');
  await fillForm(page, w, { title: '<script>alert(1)</script> & "quoted"', text: 'Tekst æøå 😀', name: 'Eve', email: 'eve@@nowhere' });
  await page.getByRole('button', { name: w.send, exact: true }).click();
  await page.getByRole('heading', { name: w.not_sent }).waitFor();
  must((await page.getByLabel(w.field_title, { exact: true }).inputValue()) === '<script>alert(1)</script> & "quoted"', 'A title with marks in it did not come back as typed.');

  says('a double click');
  await fillForm(page, w, { email: EVE });
  await page.getByRole('button', { name: w.send, exact: true }).dblclick();
  const number = await sentNumber(page, w);
  const ack = await eventually(async () => (await sentTo(desk, EVE))[0], 'No receipt was sent.');
  await page.goto(people.at(privateAddress(ack, number)));
  await page.getByText('<script>alert(1)</script>').first().waitFor();

  says('the same post twice at once');
  const once = await sheet();
  const twice = await Promise.all([give('/new', whole(once), true), give('/new', whole(once), true)]);
  must(twice.every(({ status }) => status === 303), `The form answered ${twice.map(({ status }) => status)}.`);
  must(twice[0].to === twice[1].to, 'The same form made two requests.');
  must(!twice[0].to.includes(`/${number}/`), 'Another form led to the same request.');

  says('ten megabytes of text');
  const long = await give('/new', whole(await sheet(), { text: 'å '.repeat(5_000_000) }), true);
  must(long.status >= 200 && long.status < 500, `Ten megabytes of text answered ${long.status}.`);
  must(long.status === 303 || long.text.includes('<html'), 'Ten megabytes of text were not answered by a page.');

  says('a program as a file');
  const program = [...whole(await sheet()), ['files', [new Blob([Buffer.from('MZ\x90\x00'.padEnd(300, '\0'), 'latin1')]), 'faktura.pdf.exe']]];
  const refused = await give('/new', program, true);
  must(refused.status !== 303 && refused.text.includes('faktura.pdf.exe'), `A program was answered ${refused.status}.`);

  says('posts that are no forms');
  for (const [type, body] of [['application/json', '{"a":'], ['multipart/form-data; boundary=x', 'nothing of the kind'], ['multipart/form-data', ''], ['text/plain', '\0\0\0']]) {
    const answer = await fetch(people.at('/new'), { method: 'POST', headers: { ...head, 'content-type': type, origin: desk.portal }, body });
    must(answer.status >= 400 && answer.status < 500 || answer.status === 200, `A post of ${type} answered ${answer.status}.`);
    must((await answer.text()).includes('<html'), `A post of ${type} was not answered by a page.`);
  }

  says('another site’s form');
  const strange = await fetch(people.at('/new'), { method: 'POST', headers: { ...head, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, body: new URLSearchParams(whole(await sheet())), redirect: 'manual' });
  must(strange.status !== 303, 'A form of another site opened a request.');

  says('addresses that lead nowhere');
  for (const path of ['/nothing', `/r/${number}/wrong-key`, `/r/${number}`, '/r/abc', '/r/99999999999999999999', '/r/-1/x', `/sent/${number}/x`, '/file/attachment/none', '/file/message/none.eml', '/assets/none.css', '/%00', '/r/%F0%28%8C']) {
    const [status] = await get(path);
    must(status >= 400 && status < 500, `${path} answered ${status}.`);
  }
  await page.goto(people.at(`/r/${number}/wrong-key`));
  await page.getByRole('heading', { name: w.page_not_found }).waitFor();
  await people.look(page, `${name}-not-found`);

  says('sign-in links that are none, or old');
  for (const path of ['/sign-in/none', `/sign-in/${'x'.repeat(3_000)}`]) {
    const [status, text] = await get(path);
    must(status >= 400 && status < 500 && text.includes('<html'), `${path.slice(0, 40)} answered ${status}.`);
    const { status: posted } = await give(path, []);
    must(posted < 500, `Pressing the button of a stale link answered ${posted}.`);
  }
  await page.goto(people.at('/desk/sign-in/none'));
  await page.getByRole('alert').waitFor();

  says('a wrong password');
  await page.goto(people.at('/desk/sign-in'));
  await page.locator('#email').fill(desk.agents[0].email);
  await page.locator('#password').fill('not the password');
  await page.locator('form button').click();
  await page.getByText(w.wrong_sign_in).waitFor();
  await people.look(page, `${name}-wrong-password`);
  const known = await give('/desk/sign-in', [['email', desk.agents[0].email], ['password', 'no']]);
  const unknown = await give('/desk/sign-in', [['email', 'nobody@nowhere.no'], ['password', 'no']]);
  must(known.status === unknown.status, 'The door tells which agents exist.');

  says('the same answer to known and unknown customers');
  const [one, other] = [await give('/sign-in', [['email', EVE]]), await give('/sign-in', [['email', 'nobody@nowhere.no']])];
  must(one.status === other.status && one.text.replaceAll(EVE, '').length === other.text.replaceAll('nobody@nowhere.no', '').length, 'The sign-in page tells who is a customer.');
  await never(async () => (await sentTo(desk, 'nobody@nowhere.no')).length, 'A link was mailed to a stranger.');

  says('the workspace is closed to strangers');
  for (const path of ['/desk/mine', '/desk/r/1', '/live', '/upload']) {
    const [status] = await get(path);
    must(status >= 300 && status < 500, `${path} answered ${status} to a stranger.`);
  }

  says('mails that are none');
  const support = await supportAddress(desk);
  const { raw } = compose({ from: EVE, to: support, subject: 'Noise', text: 'x' });
  const noise = ['', '\0\0\0\r\n', 'no headers at all', 'Subject: =?utf-8?b?////?=\r\n\r\n\xff\xfe', `X: ${'y'.repeat(100_000)}\r\n\r\n`, raw.slice(0, 120), 'Content-Type: multipart/mixed; boundary=""\r\n\r\n----\r\n'];
  for (const bytes of noise) await send(desk.smtp, { from: EVE, to: support, raw: bytes }).catch(error => must(/ [45]\d\d/.test(error.reply ?? ''), `A strange mail: ${error.message}`));
  const still = await eventually(async () => (await fetch(people.at('/'))).status === 200, 'Saker is gone.');
  must(still, 'Saker is gone.');
}
