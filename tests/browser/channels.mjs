// What an administrator does to have a channel that comes with Saker: its page, its sheet, an account.

/** Installs the plugin with everything it wants, makes an account with these settings, and answers where it is called. */
export async function setUpChannel(people, { page }, plugin, settings) {
  await page.goto(people.at('/desk/admin/plugins'));
  await page.locator(`form[action$="/shipped/${plugin}"] button`).click();
  for (const want of await page.locator('input[name=want]').all()) if (!(await want.isDisabled())) await want.check();
  await page.locator('form:has(input[name=want]) button').last().click();
  await page.goto(people.at(`/desk/admin/channels/new/${plugin}`));
  await page.locator('[name=name]').fill('Fjord AS');
  for (const [name, value] of Object.entries(settings)) {
    const field = page.locator(`[name="settings.${name}"]`);
    if ((await field.evaluate(element => element.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
  await page.locator('form:has([name=name]) button[type=submit], form:has([name=name]) button:not([type])').last().click();
  await page.locator('form[action$="/connect"] button').click();
  return people.at(new URL(await page.locator('#hook').inputValue()).pathname);
}
