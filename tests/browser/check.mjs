// Says what must be so; things that take a moment are asked again until they are.

/** A reply is held for some seconds, and what fails is tried again a quarter of a minute later. */
const PATIENCE = 60_000;

/** Fails the story with this sentence unless it is so. */
export function must(so, sentence) {
  if (!so) throw new Error(sentence);
}

/** Asks until it is so, and answers what it was. */
export async function eventually(ask, sentence, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const is = await ask();
    if (is) return is;
    if (Date.now() > end) throw new Error(sentence);
    await new Promise(done => setTimeout(done, 150));
  }
}

/** Steps on with Tab until the focus is there. */
export async function reach(page, selector, patience = PATIENCE) {
  for (const end = Date.now() + patience; Date.now() < end;) {
    if (await page.evaluate(wanted => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${selector}.`);
}

/** Watches for a while, and fails if it ever is so. */
export async function never(ask, sentence, long = 2_000) {
  const end = Date.now() + long;
  while (Date.now() < end) {
    if (await ask()) throw new Error(sentence);
    await new Promise(done => setTimeout(done, 200));
  }
}
