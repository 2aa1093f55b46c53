// Runs the stories, each on a Saker of its own: `node run.mjs [part of a name]`.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startDesk } from './desk.mjs';
import { People } from './people.mjs';
import { words } from './words.mjs';

const STORIES = new URL('stories/', import.meta.url);
const SHOTS = fileURLToPath(new URL('shots/', import.meta.url));
const LONGEST = 600_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  ],
});
const wanted = process.argv[2] ?? '';
await rm(SHOTS, { recursive: true, force: true });
await mkdir(SHOTS, { recursive: true });

let passed = 0;
let failed = 0;
for (const file of (await readdir(STORIES)).filter(name => name.endsWith('.mjs')).sort()) {
  const story = await import(new URL(file, STORIES));
  for (const language of story.languages ?? ['nb', 'en']) {
    const name = `${file.replace('.mjs', '')}-${language}`;
    if (!name.includes(wanted)) continue;
    const begun = Date.now();
    const trouble = await tell(story, name, language);
    const took = `${((Date.now() - begun) / 1000).toFixed(1)} s`;
    if (trouble) {
      failed += 1;
      console.log(`FAILED  ${name}  ${story.title} (${took})\n${trouble.replace(/^/gm, '        ')}`);
    } else {
      passed += 1;
      console.log(`passed  ${name}  ${story.title} (${took})`);
    }
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

/** Runs one story; answers what was wrong, or nothing. */
async function tell(story, name, language) {
  let desk;
  try {
    desk = await startDesk();
  } catch (error) {
    return error.message;
  }
  const people = new People(browser, desk);
  let step = 'the beginning';
  const says = what => { step = what; };
  try {
    const late = new Promise((_, give) => setTimeout(() => give(new Error('This took too long.')), LONGEST).unref());
    await Promise.race([story.default({ desk, people, language, w: words(language), name, says }), late]);
    const complaints = people.complaints();
    if (complaints.length) throw new Error(`Seen on the pages:\n${complaints.join('\n')}`);
    return '';
  } catch (error) {
    await people.pictures(`failed-${name}`, SHOTS);
    const complaints = people.complaints();
    const also = complaints.length && !error.message.startsWith('Seen') ? `\nSeen on the pages:\n${complaints.join('\n')}` : '';
    return `At ${step}: ${error.message}${also}`;
  } finally {
    await people.close();
    await desk.stop();
  }
}
