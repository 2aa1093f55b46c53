// A form on somebody else's page, with a script; the same form on a page of its own, without.

import http from 'node:http';
import { setUpChannel } from '../channels.mjs';
import { eventually, must } from '../check.mjs';
import { openList } from '../workspace.mjs';

export const title = 'A form on a foreign page becomes a request';

const SAID = {
  nb: { name: 'Navn', email: 'E-postadresse', topic: 'Hva gjelder det?', message: 'Melding', send: 'Send', thanks: 'Takk, meldingen er sendt', whole: 'Skriv en hel e-postadresse' },
  en: { name: 'Name', email: 'E-mail address', topic: 'What is it about?', message: 'Message', send: 'Send', thanks: 'Thank you, your message is sent', whole: 'Write a whole e-mail address' },
};

export default async function ({ people, language, name, says }) {
  const said = SAID[language];
  const foreign = http.createServer((request, answer) => {
    const dark = request.url.includes('dark'), turns = request.url.includes('turns');
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end(`<!doctype html><html lang="${language}"><head><meta name="viewport" content="width=device-width"><title>Fjord</title>
      <style>body{font:17px Georgia,serif;margin:2rem;${dark ? 'background:#10202c;color:#e8eef2' : 'background:#fbf7ee;color:#222'}} ${turns ? '@media (prefers-color-scheme:dark){body{background:#10202c;color:#e8eef2}}' : ''} input{border:9px solid red!important}</style></head>
      <body><h1>Fjord AS</h1><p>Vi selger fjorder.</p><script src="${hook}/form.js" defer></script><p>Fjord 1, Bergen</p></body></html>`);
  });
  await new Promise(done => foreign.listen(0, '127.0.0.1', done));
  const site = `http://127.0.0.1:${foreign.address().port}`;
  let hook = '';
  try {
    says('the administrator sets it up');
    const eva = await people.agent('Eva', { language });
    hook = await setUpChannel(people, eva, 'saker.form', {
      origins: site, phone: 'may', topics: 'Faktura | Invoice\nEn feil | A fault', colour: '#8a2b5c',
      intro: 'Skriv til oss, så svarer vi innen en dag.', 'intro-en': 'Write to us, and we answer within a day.',
    });

    says('the form on a foreign page');
    people.expects(/422/);
    const kari = await people.customer({ language });
    await kari.goto(site);
    const field = label => kari.getByLabel(label);
    await field(said.name).waitFor();
    await people.look(kari, `${name}-foreign`);
    await field(said.name).fill('Kari Fjord');
    await field(said.email).fill('kari');
    await field(said.topic).selectOption({ index: 2 });
    await field(said.message).fill('Fjorden lekker.');
    await kari.waitForTimeout(2_100);
    await kari.getByRole('button', { name: said.send }).click();
    await kari.getByText(said.whole).last().waitFor();
    must(await kari.evaluate(() => document.querySelector('div').shadowRoot.activeElement?.getAttribute('role') === 'alert'), 'What is wrong does not have the focus.');
    must((await field(said.message).inputValue()) === 'Fjorden lekker.', 'What was typed is gone.');
    await people.look(kari, `${name}-wrong`);
    await kari.getByRole('alert').getByRole('link').click();
    must(await kari.evaluate(() => document.querySelector('div').shadowRoot.activeElement?.name === 'email'), 'The way to the field does not lead there.');
    await kari.keyboard.press('Control+A');
    await kari.keyboard.type('kari@fjord-story.no');
    await kari.keyboard.press('Enter');
    await kari.getByText(said.thanks).waitFor();
    await people.look(kari, `${name}-thanks`);
    await kari.goto(`${site}/dark`);
    await field(said.name).waitFor();
    await people.look(kari, `${name}-foreign-dark`);

    says('the system turns dark while the form is open');
    await kari.emulateMedia({ colorScheme: 'light' });
    await kari.goto(`${site}/turns`);
    await field(said.name).waitFor();
    const scheme = () => kari.evaluate(() => document.querySelector('div').style.colorScheme);
    must((await scheme()) === 'light', 'The form is dark on a light page.');
    await kari.emulateMedia({ colorScheme: 'dark' });
    await eventually(async () => (await scheme()) === 'dark', 'The form stays light on a page that turned dark.');
    await kari.emulateMedia({ colorScheme: null });

    says('the form on its own page, without a script');
    const liv = await people.customer({ language, scripts: false });
    await liv.goto(`${hook}?lang=${language}`);
    await liv.waitForTimeout(2_100);
    await liv.getByRole('button', { name: said.send }).click();
    await liv.getByRole('alert').waitFor();
    await liv.screenshot({ path: new URL(`../shots/${name}-page-wrong.png`, import.meta.url).pathname, fullPage: true });
    await liv.getByLabel(said.name).fill('Liv');
    await liv.getByLabel(said.email).fill('liv@fjord-story.no');
    await liv.getByLabel(said.topic).selectOption({ index: 1 });
    await liv.getByLabel(said.message).fill('Fakturaen er for stor.');
    await liv.getByRole('button', { name: said.send }).click();
    await liv.getByText(said.thanks).waitFor();
    await liv.screenshot({ path: new URL(`../shots/${name}-page-thanks.png`, import.meta.url).pathname });
    for (const [scheme, width] of [['light', 390], ['dark', 1200]]) {
      await liv.emulateMedia({ colorScheme: scheme });
      await liv.setViewportSize({ width, height: 900 });
      await liv.goto(`${hook}?lang=${language}`);
      await liv.screenshot({ path: new URL(`../shots/${name}-page-${width}-${scheme}.png`, import.meta.url).pathname, fullPage: true });
    }

    says('both are requests');
    for (const from of ['Kari Fjord', 'Liv']) {
      await eventually(async () => {
        await openList(people, eva, 'latest');
        return eva.page.getByText(from, { exact: true }).count();
      }, `There is no request from ${from}.`);
    }
  } finally {
    foreign.close();
  }
}
