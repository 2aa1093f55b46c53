// What agents do, step by step, in an agent's window (`{ page, w }`).

import { eventually } from './check.mjs';

/** The row of a request in the list that is open. */
export const row = ({ page }, number) => page.locator(`#row-${number}`);

/** A list, loaded anew. */
export async function openList(people, agent, list) {
  await people.awake(agent.page, `/desk/${list}`);
}

/** A request beside its customer. */
export async function openRequest(people, agent, number) {
  await people.awake(agent.page, `/desk/r/${number}`);
  await agent.page.locator('#thread').waitFor();
}

/** Chooses from a menu in the bar over an open request: `status`, `owner`, `priority` or `category`. */
export async function choose({ page }, menu, name) {
  await page.locator(`#${menu}-button`).click();
  await page.locator(`#${menu}-list`).getByRole('menuitemradio', { name, exact: true }).click();
}

/** Gives the open request to a colleague, or takes it from everyone: by name. */
export const giveTo = (agent, name) => choose(agent, 'owner', name);

/** Writes an internal comment. */
export async function comment({ page, w }, text) {
  await page.getByRole('button', { name: w.do_comment }).first().click();
  await page.getByRole('textbox', { name: w.comment_field }).fill(text);
  await page.getByRole('button', { name: w.add_comment, exact: true }).click();
  await page.getByText(text).first().waitFor();
}

/** Opens the composer for a reply. It is open when the keys go there. */
export async function beginReply({ page }) {
  const rest = page.locator('.composer .rest-main');
  if (await rest.count()) await rest.click();
  await page.locator('.composer textarea:focus').waitFor();
}

/** Sends what is in the composer. */
export async function sendReply({ page, w }, close = false) {
  const names = { nb: ['Send', 'Send og avslutt'], en: ['Send', 'Send and close'] }[await page.getAttribute('html', 'lang')];
  if (close) {
    await page.getByRole('button', { name: w.other_ways }).click();
    await page.getByRole('menuitem', { name: names[1] }).click();
  } else {
    await page.getByRole('button', { name: names[0], exact: true }).click();
  }
  await page.locator('.composer textarea').waitFor({ state: 'detached' });
}

/** Looks for something until a request is among the hits; the index follows a moment behind. */
export async function finds(people, agent, query, number) {
  await eventually(async () => {
    await people.awake(agent.page, `/desk/search?q=${encodeURIComponent(query)}`);
    return agent.page.getByRole('list').getByText(`#${number}`, { exact: true }).first().waitFor({ timeout: 2_000 }).then(() => true, () => false);
  }, `A search for "${query}" does not find request ${number}.`);
}
