// What a plugin refused is seen by an administrator, read again once the key is right, and thrown away: by keyboard.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventually, must, reach } from '../check.mjs';

export const title = 'What came in and was not read is seen, and read once it can be';

const PARROT = readFileSync(new URL('../../museum/0.1/rust.wasm', import.meta.url));
const PAGE = '/desk/admin/plugins/com.example.parrot';

export default async function ({ desk, people, language, w, name, says }) {
  const api = async (method, path, body, type = 'application/json') => {
    const headers = { authorization: `Bearer ${desk.key}`, 'content-type': type };
    const answer = await fetch(`${desk.api}${path}`, { method, headers, body: body && (type === 'application/json' ? JSON.stringify(body) : body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  says('a channel whose key somebody mistyped');
  const sheet = await api('POST', '/plugin-files', PARROT, 'application/wasm');
  await api('POST', '/plugins', { file: sheet.file, granted: sheet.wants.map(({ granted, needed, grave, ...want }) => want), unsigned: true });
  const secrets = { token: 'hemmelig', 'signing-key': 'feil nøkkel' };
  const channel = await api('POST', '/plugins/com.example.parrot/channels', { name: 'Papegøyen', settings: {}, secrets });
  const post = async id => {
    const body = JSON.stringify({ id, chat: id, user: 'u1', name: 'Kari', text: `Fra papegøyen ${id}` });
    const mac = createHmac('sha256', 'riktig nøkkel').update(body).digest('hex');
    const answer = await fetch(people.at(new URL(channel.hook_url).pathname), { method: 'POST', headers: { 'x-parrot-signature': mac }, body });
    must(answer.status === 200, `The remote was told ${answer.status}.`);
  };
  await post('m1');
  await post('m2');

  says('an administrator finds both on the page of the plugin');
  const { page } = await people.agent('Eva', { language });
  const press = async (...all) => { for (const key of all) await page.keyboard.press(key); };
  const tabTo = selector => reach(page, selector);
  await eventually(async () => {
    await page.goto(people.at(`${PAGE}/unread`));
    return (await page.locator('tbody tr').count()) === 2;
  }, 'They are not on the page.', 20_000);
  await people.look(page, `${name}-refused`);
  const before = page.viewportSize();
  for (const width of [390, 768]) {
    await page.setViewportSize({ width, height: 900 });
    for (const button of await page.locator('tbody button').all()) {
      const { x, width: own } = await button.boundingBox();
      must(x >= 0 && x + own <= width, `A button lies outside of a screen of ${width}.`);
    }
  }
  await page.setViewportSize(before);

  says('once the key is right, one is read again');
  await api('PUT', `/channels/${channel.id}`, { name: 'Papegøyen', settings: {}, secrets: { 'signing-key': 'riktig nøkkel' } });
  await tabTo('form[action$="/again"] button');
  await press('Enter');
  await page.waitForURL(/said=read-again/);
  await eventually(async () => {
    await page.goto(people.at(`${PAGE}/unread`));
    return (await page.locator('tbody tr').count()) === 1;
  }, 'It was not read.', 20_000);
  await eventually(async () => {
    const { rows } = await api('GET', '/requests?list=latest');
    return rows.filter(row => row.title.startsWith('Fra papegøyen')).length === 1;
  }, 'It is no request.', 20_000);

  says('the other one is thrown away');
  await tabTo('form[action$="/drop"] button');
  await press('Enter');
  await page.waitForURL(/said=dropped/);
  await page.getByText(w.no_unread).waitFor();
  await people.look(page, `${name}-none`);
}
