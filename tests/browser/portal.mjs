// What customers do, step by step. Works with and without JavaScript.

import { must } from './check.mjs';

export const PDF = { name: 'testside.pdf', mime: 'application/pdf', mimeType: 'application/pdf', bytes: Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n') };
PDF.buffer = PDF.bytes;

/** The address that customers write to, as the front page gives it. */
export async function supportAddress(desk) {
  const page = await (await fetch(desk.portal)).text();
  const found = /mailto:([^"?]+)/.exec(page)?.[1];
  must(found, 'The front page names no mail address to write to.');
  return decodeURIComponent(found);
}

/** Fills in the form for a new request. What is left out stays empty. */
export async function fillForm(page, w, { title, text, name, email, files }) {
  const topic = page.getByRole('radio').first();
  if (await topic.count()) await topic.check();
  if (title) await page.getByLabel(w.field_title, { exact: true }).fill(title);
  if (text) await page.getByLabel(w.field_text, { exact: true }).fill(text);
  if (files) await page.getByLabel(w.field_files).setInputFiles(files);
  if (name) await page.getByLabel(w.field_name, { exact: true }).fill(name);
  if (email) await page.getByLabel(w.field_email, { exact: true }).fill(email);
}

/** The number on the confirmation page. */
export async function sentNumber(page, w) {
  await page.getByRole('heading', { name: w.sent_title }).waitFor();
  const found = /#(\d+)/.exec(await page.locator('main').innerText());
  must(found, 'The confirmation page shows no number.');
  return Number(found[1]);
}

/** The private address in a mail of ours, as a path. */
export function privateAddress(mail, number) {
  const found = new RegExp(`https?://[^\\s/]+(/r/${number}/[\\w-]+)`).exec(mail.text);
  must(found, `The mail has no link to request ${number}: ${mail.text}`);
  return found[1];
}

/** The request number that a mail's subject carries. */
export function subjectNumber(mail) {
  const found = /#(\d+)/.exec(mail.subject);
  must(found, `No number in the subject "${mail.subject}".`);
  return Number(found[1]);
}
