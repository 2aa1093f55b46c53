// A visitor on somebody else's site and an agent talk through the chat: closed and open, with a line that breaks, in two tabs,
// and without JavaScript.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { eventually, must, never } from '../check.mjs';
import { beginReply, openRequest, sendReply } from '../workspace.mjs';

export const title = 'A visitor on a foreign site and an agent talk through the chat';

const PLUGIN = 'saker.chat';
const SOURCE = readFileSync(new URL('../../../plugins/chat/src/words.rs', import.meta.url), 'utf8');

export default async function ({ desk, people, language, name, says }) {
  const t = text(language);
  const site = await openSite(language);
  try {
    says('an administrator installs it and makes an account');
    const { page: address, script } = await install(desk, { ask: 'during' });
    const before = await newest(desk);
    site.script = script;

    says('the house is closed: a form, which says when it opens');
    await openTomorrow(desk);
    const kari = await people.customer({ language });
    await kari.goto(site.at);
    const chat = widget(kari, t);
    await chat.launch.click();
    await chat.panel.getByText(t.closed).waitFor();
    await chat.panel.locator('#email').waitFor();
    must(await chat.panel.locator('label[for=text]').evaluate(label => label.getBoundingClientRect().height > 10), 'The message has no label that is seen.');
    await people.look(kari, `${name}-closed`);
    await chat.write('Hei?');
    await chat.panel.getByText(t.no_email).waitFor();
    must(await chat.panel.locator('#email').evaluate(field => field.getRootNode().activeElement === field), 'What is missing does not have the focus.');

    says('it opens, and somebody is there');
    await openAlways(desk);
    const ane = await people.agent('Ane', { language });
    await kari.reload();
    await chat.launch.click();
    await chat.panel.getByText(t.greeting).waitFor();
    must(await chat.field.evaluate(field => field.getRootNode().activeElement === field), 'The message does not have the focus.');
    await kari.keyboard.press('Escape');
    await chat.panel.waitFor({ state: 'hidden' });
    must(await chat.launch.evaluate(button => button.getRootNode().activeElement === button), 'The focus did not go back to the button.');
    await kari.keyboard.press('Enter');
    await chat.write('Skriveren <b>virker</b> ikke');
    await chat.said('Skriveren <b>virker</b> ikke').waitFor();
    await chat.panel.getByText(t.next).waitFor();

    says('the agent sees the request, and the visitor sees that somebody writes');
    const number = await eventually(async () => { const found = await newest(desk); return found > before && found; }, 'No request was opened.');
    await openRequest(people, ane, number);
    await ane.page.getByText(/Siden samtalen begynte på: Fjord AS/).first().waitFor();
    await beginReply(ane);
    await ane.page.keyboard.type('Har du prøvd å slå den **av**?');
    await chat.panel.getByText(t.writing).waitFor();
    must((await chat.panel.getByText(t.next).count()) === 0 || !(await chat.panel.getByText(t.next).isVisible()), 'Who is being answered is told that they wait.');
    await people.look(kari, `${name}-waiting`);
    await sendReply(ane);
    await chat.said('Har du prøvd å slå den av?').waitFor({ timeout: 60_000 });
    must((await chat.said('Har du prøvd').locator('b').textContent()) === 'av', 'What was bold is not.');
    await people.look(kari, `${name}-answered`);
    await ane.page.screenshot({ path: shot(`${name}-request`), fullPage: true });

    says('the line breaks while something is said');
    people.expects(/ERR_INTERNET_DISCONNECTED|Failed to fetch/);
    await kari.context().setOffline(true);
    await chat.write('Ja, to ganger');
    await chat.panel.locator('li.wait').waitFor();
    await kari.context().setOffline(false);
    await eventually(async () => (await chat.panel.locator('li.wait').count()) === 0, 'It was not sent when the line was back.', 20_000);

    says('a file goes along, over a desk that does not answer and a reload');
    people.expects(/ERR_FAILED|Failed to fetch|ERR_ABORTED/);
    await kari.route('**/say', call => call.abort());
    await chat.panel.locator('input[type=file]').setInputFiles({ name: 'bilde av skriveren.txt', mimeType: 'text/plain', buffer: Buffer.from('Slik ser den ut') });
    await chat.panel.getByRole('button', { name: t.take_off.replace('{}', 'bilde av skriveren.txt') }).waitFor();
    must(await chat.field.evaluate(field => field.getRootNode().activeElement === field), 'The message does not have the focus after a file was chosen.');
    await people.look(kari, `${name}-file`);
    await chat.write('Slik ser det ut');
    await chat.panel.locator('li.wait').waitFor();
    await kari.reload();
    await chat.launch.click();
    await chat.panel.locator('li.wait').waitFor();
    await kari.unroute('**/say');
    await eventually(async () => (await chat.panel.locator('li.wait').count()) === 0, 'The file was not sent when the desk answered.', 40_000);
    must((await chat.said('Slik ser det ut').getByText('bilde av skriveren.txt').count()) === 1, 'The file is not shown with what was said.');
    const sent = await attached(desk, number);
    must(sent.length === 1 && sent[0].name === 'bilde av skriveren.txt' && sent[0].size === 15, `The agent has ${JSON.stringify(sent)}.`);

    says('a second tab has the same conversation, and the first sees what is said in it');
    const tab = await kari.context().newPage();
    await tab.goto(site.at);
    const there = widget(tab, t);
    await there.launch.click();
    await there.said('Ja, to ganger').waitFor();
    await there.write('Fra den andre fanen');
    await chat.said('Fra den andre fanen').waitFor();
    await tab.close();
    await kari.reload();
    await chat.launch.click();
    await chat.said('Fra den andre fanen').waitFor();
    must((await chat.panel.locator('ol > li').count()) === 5, 'Something was lost or doubled.');
    const told = await messages(desk, number);
    for (const words of ['Ja, to ganger', 'Fra den andre fanen']) must(told.filter(said => said === words).length === 1, `${words}: ${told}`);

    says('a closed chat tells of an answer');
    await kari.keyboard.press('Escape');
    await beginReply(ane);
    await ane.page.keyboard.type('Da kommer vi.');
    await sendReply(ane);
    await kari.getByRole('button', { name: new RegExp(t.one_new) }).waitFor({ timeout: 60_000 });
    await people.look(kari, `${name}-badge`);
    await chat.launch.click();
    await chat.said('Da kommer vi.').waitFor();

    says('the visitor ends it, and the agent is told');
    await chat.panel.getByRole('button', { name: t.end, exact: true }).click();
    await chat.panel.getByText(t.ended).waitFor();
    await people.look(kari, `${name}-ended`);
    await eventually(async () => (await messages(desk, number)).some(said => /avsluttet samtalen/.test(said)), 'The agent was not told.');

    says('the whole conversation is a page');
    const whole = await Promise.all([kari.context().waitForEvent('page'), chat.panel.getByRole('link', { name: t.whole }).click()]);
    await whole[0].getByText('Da kommer vi.').waitFor();
    await whole[0].close();

    says('without JavaScript');
    const ola = await people.customer({ language, scripts: false });
    await ola.goto(address);
    await pictures(ola, `${name}-page`);
    await ola.getByLabel(t.message).fill('Uten skript');
    await ola.getByLabel(t.email).fill('ola@uten-skript.no');
    await ola.getByRole('button', { name: t.send }).click();
    await ola.getByText('Uten skript').waitFor();
    await ola.reload();
    await ola.getByText('Uten skript').waitFor();
    await pictures(ola, `${name}-page-talk`);
    const other = await eventually(async () => { const found = await newest(desk); return found > number && found; }, 'The page opened no request.');
    await openRequest(people, ane, other);
    await beginReply(ane);
    await ane.page.keyboard.type('Også uten.');
    await sendReply(ane);
    const answered = async () => { await ola.reload(); return ola.getByText('Også uten.').count(); };
    await eventually(answered, 'The answer is not on the page.').catch(async error => { throw new Error(`${error.message} ${await messages(desk, other)}`); });
    await never(async () => (await messages(desk, other)).filter(said => said === 'Uten skript').length !== 1, 'It was said twice.', 500);
  } finally {
    site.close();
  }
}

const shot = name => new URL(`../shots/${name}.png`, import.meta.url).pathname;

/** Pictures of a page that runs no scripts, not even those that look at it. */
async function pictures(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await page.screenshot({ path: shot(`${name}-${width}-${colorScheme}`), fullPage: true });
    }
  }
}

/** The chat as a person meets it. */
function widget(page, t) {
  const panel = page.getByRole('dialog');
  const field = panel.getByRole('textbox', { name: t.message });
  return {
    panel,
    field,
    launch: page.locator('.launch'),
    said: words => panel.getByRole('log').locator('li', { hasText: words }),
    write: async words => { await field.fill(words); await field.press('Enter'); },
  };
}

/** The plugin's own words. */
function text(language) {
  const lines = SOURCE.matchAll(/^\s*(\w+): "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)";/gm);
  return Object.fromEntries([...lines].map(([, name, nb, en]) => [name, language === 'nb' ? nb : en]));
}

/** Somebody else's site, on another address. */
function openSite(language) {
  const site = { script: '' };
  const server = http.createServer((request, answer) => {
    if (request.url !== '/') { answer.writeHead(404).end(); return; }
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end(`<!doctype html><html lang="${language}"><head><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Fjord AS</title>
      <style>* { font: 40px serif; color: #0a5; } body { color-scheme: light dark; background: Canvas; }</style></head>
      <body><main><h1>Fjord AS</h1><button style="color:CanvasText">Fjord</button></main>${site.script}</body></html>`);
  });
  return new Promise(open => server.listen(0, '127.0.0.1', () => {
    open(Object.assign(site, { at: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }));
  }));
}

async function api(desk, method, path, body) {
  const answer = await fetch(`${desk.api}${path}`, { method, headers: { authorization: `Bearer ${desk.key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

async function install(desk, settings) {
  const sheet = await api(desk, 'POST', `/plugins/shipped/${PLUGIN}`, {});
  await api(desk, 'POST', '/plugins', { file: sheet.file, granted: sheet.wants.map(({ granted, needed, grave, ...want }) => want), unsigned: false });
  const channel = await api(desk, 'POST', `/plugins/${PLUGIN}/channels`, { name: 'Nettstedet', settings });
  await api(desk, 'POST', `/channels/${channel.id}/check`, {});
  const { connected } = await api(desk, 'POST', `/channels/${channel.id}/connect`, {});
  const said = connected.map(([, value]) => value);
  return { script: said.find(value => value.startsWith('<script')), page: said.find(value => value.endsWith('/page')) };
}

/** The house is open for an hour tomorrow, and not before. */
async function openTomorrow(desk) {
  const tomorrow = new Date(Date.now() + 86_400_000).toLocaleDateString('en', { weekday: 'short', timeZone: 'Europe/Oslo' });
  const week = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].map(day => (day === tomorrow ? [{ from: 540, to: 600 }] : []));
  const [calendar] = await api(desk, 'GET', '/calendars');
  await api(desk, 'PUT', '/calendars', { ...calendar, hours: { ...calendar.hours, zone: 'Europe/Oslo', week, holidays: [] } });
  await setCalendar(desk, calendar.id);
}

/** The house is open around the clock. */
const openAlways = desk => setCalendar(desk, null);

async function setCalendar(desk, calendar) {
  for (const priority of await api(desk, 'GET', '/priorities')) await api(desk, 'PUT', '/priorities', { ...priority, calendar });
}

async function newest(desk) {
  const { rows } = await api(desk, 'GET', '/requests?list=latest');
  return Math.max(0, ...rows.map(row => row.number));
}

async function attached(desk, number) {
  const request = await api(desk, 'GET', `/requests/${number}`);
  return request.messages.flatMap(message => message.attachments);
}

async function messages(desk, number) {
  const request = await api(desk, 'GET', `/requests/${number}`);
  return request.messages.map(message => message.text);
}
