// Looks at a page as people and assistive technology do: both themes, three widths, axe on each.

import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = fileURLToPath(new URL('shots/', import.meta.url));
const WIDTHS = [[1440, 900], [768, 1024], [390, 844]];
const GRAVE = ['serious', 'critical'];

/** Takes the pictures, and answers what on the page keeps people out. Leaves the page as it was. */
export async function look(page, name) {
  await mkdir(SHOTS, { recursive: true });
  const before = page.viewportSize();
  const found = [];
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [width, height] of WIDTHS) {
      await page.setViewportSize({ width, height });
      await page.evaluate(rest);
      await page.screenshot({ path: `${SHOTS}${name}-${width}-${theme}.png` });
      const sideways = await page.evaluate(() => {
        const whole = [document.documentElement, ...document.querySelectorAll('.scroll:has(> .page-body)')];
        return Math.max(...whole.map(one => one.scrollWidth - one.clientWidth));
      });
      if (sideways > 0) found.push(`${name}, ${theme}, ${width}: the page is ${sideways} px wider than the screen`);
      if (width !== 768) found.push(...(await barriers(page)).map(what => `${name}, ${theme}, ${width}: ${what}`));
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
  return [...new Set(found)];
}

/** Until letters are there and nothing moves. What moves for ever, or was stopped on its way, is not waited for. */
async function rest() {
  const moving = document.getAnimations().map(one => one.finished.catch(() => {}));
  const still = Promise.all([document.fonts.ready, ...moving]);
  await Promise.race([still, new Promise(done => setTimeout(done, 1_500))]);
}

async function barriers(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
  return violations
    .filter(rule => GRAVE.includes(rule.impact))
    .map(rule => `${rule.id}: ${rule.help} (${rule.nodes.slice(0, 3).map(node => node.target.join(' ')).join(', ')})`);
}
