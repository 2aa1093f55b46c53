// The telephone rings: whoever is called sees who it is, and begins the phone log by one key.

import { setUpChannel } from '../channels.mjs';
import { eventually, must, never } from '../check.mjs';

export const title = 'A call that rings is shown, logged and called back';

const KARI = '4790000001';

export default async function ({ people, language, w, name, says }) {
  const eva = await people.agent('Eva', { language });
  const [ane, bo] = [await people.agent('Ane', { language }), await people.agent('Bo', { language })];
  const hook = await setUpChannel(people, eva, 'saker.phone', { agents: `w0 = ${ane.email}`, language });
  const tells = (call, event, from, more = '') => eva.page.request.post(hook, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    data: `event=${event}&from=${from}&to=4721000000&direction=in&callId=${call}&userId[]=w0${more}`,
  });
  const ring = agent => agent.page.locator('.ring');

  says('it rings for Ane, and not for Bo');
  await people.awake(ane.page, '/desk/mine');
  await people.awake(bo.page, '/desk/mine');
  await tells('c1', 'newCall', KARI);
  await ring(ane).getByText('Kari Nordmann').waitFor();
  await never(() => ring(bo).count(), 'It rings for a colleague who was not called.', 1_000);
  await people.look(ane.page, `${name}-rings`);

  says('the phone log by one key');
  await ane.page.keyboard.press('g');
  await ane.page.keyboard.press('r');
  await ane.page.locator('.match.is-chosen').getByText('Kari Nordmann').waitFor();
  await tells('c1', 'answer', KARI);
  await ring(ane).getByText(w.on_the_line).waitFor();
  await people.look(ane.page, `${name}-log`);
  const before = ane.page.viewportSize();
  await ane.page.setViewportSize({ width: 390, height: 844 });
  must(!(await ring(ane).isVisible()), 'On a small screen the call lies over its own log.');
  await ane.page.setViewportSize(before);
  await ane.page.locator('#title').fill('Faktura 4711');
  await ane.page.keyboard.press('Control+Enter');
  await ane.page.locator('.saved-number').waitFor();
  const number = (await ane.page.locator('.saved-number').innerText()).replace('#', '');
  await tells('c1', 'hangup', KARI, '&cause=normalClearing');
  await ring(ane).waitFor({ state: 'detached' });

  says('a missed call stands on top of the caller log until it is dealt with');
  await tells('c2', 'newCall', '4740000009');
  await ring(ane).getByText(w.unknown_caller).waitFor();
  await tells('c2', 'hangup', '4740000009', '&cause=noAnswer');
  await tells('c3', 'hangup', 'anonymous', '&cause=cancel');
  await people.awake(ane.page, '/desk/mine');
  await ane.page.keyboard.press('g');
  await ane.page.keyboard.press('l');
  await ane.page.getByRole('heading', { name: w.caller_log }).waitFor();
  const waiting = ane.page.getByRole('region', { name: w.to_call_back });
  await eventually(async () => (await waiting.getByRole('listitem').count()) === 2, 'Missed calls do not stand on top.');
  must(await ane.page.getByRole('link', { name: `#${number}` }).count(), 'The call does not say which request it became.');
  await people.look(ane.page, `${name}-calls`);
  await waiting.getByRole('button', { name: w.settle_call }).first().press('Enter');
  await eventually(async () => (await waiting.getByRole('listitem').count()) === 1, 'A call that was dealt with still waits.');
}
