// The people of a story, each with a browser window of their own, and an ear for everything it complains about.

import { look } from './look.mjs';
import { words } from './words.mjs';

const LOCALES = { nb: 'nb-NO', en: 'en-GB' };
const WAIT = 30_000;

export class People {
  #browser;
  #desk;
  #contexts = [];
  #complaints = [];
  #expected = [];

  constructor(browser, desk) {
    this.#browser = browser;
    this.#desk = desk;
  }

  /** A customer's window at the portal. `scripts: false` is a browser without JavaScript. */
  async customer({ language = 'nb', scripts = true, width = 1440 } = {}) {
    return this.#window(language, { javaScriptEnabled: scripts, viewport: { width, height: 900 } });
  }

  /** An agent of the example data by first name, signed in. */
  async agent(first, { language = 'nb' } = {}) {
    const who = this.#desk.agents.find(agent => agent.name.startsWith(first));
    const page = await this.#window(language);
    const w = words(language);
    await page.goto(this.at(who.link));
    await page.locator('form button').click();
    await this.awake(page, '/desk');
    if ((await page.getAttribute('html', 'lang')) !== language) {
      await this.awake(page, '/desk/settings');
      await page.locator('#language').selectOption(language);
      await page.locator('form:has(#language) button').click();
      await page.waitForFunction(wanted => document.documentElement.lang === wanted, language);
    }
    return { page, w, name: who.name, email: who.email };
  }

  /** Another device of an agent who is signed in: the same session, and nothing else of the first browser's. */
  async elsewhere(agent, { language = 'nb' } = {}) {
    const page = await this.#window(language);
    await page.context().addCookies(await agent.page.context().cookies());
    return { ...agent, page };
  }

  /** Opens a workspace page, and waits until it follows what happens. */
  async awake(page, address) {
    // The page before may begin to follow while it is being left: only what the new one asks for counts.
    let arrived = false;
    const arrives = frame => { arrived ||= frame === page.mainFrame(); };
    page.on('framenavigated', arrives);
    const follows = page.waitForRequest(request => arrived && new URL(request.url()).pathname === '/live', { timeout: WAIT });
    try {
      await Promise.all([page.goto(this.at(address)), follows]);
    } finally {
      page.off('framenavigated', arrives);
    }
  }

  /** An address of this desk. */
  at(address) {
    return new URL(address, this.#desk.portal).href;
  }

  /** Looks at a page in both themes and three widths. What is found fails the story at its end. */
  async look(page, name) {
    this.#complaints.push(...(await look(page, name)));
  }

  /** What a story does wrong on purpose, and the browser may say so: a pattern for its messages. */
  expects(pattern) {
    this.#expected.push(pattern);
  }

  /** Everything that the windows have complained about. */
  complaints() {
    const unexpected = this.#complaints.filter(said => !this.#expected.some(pattern => pattern.test(said)));
    return [...new Set(unexpected.map(said => said.split('\n')[0].slice(0, 300)))];
  }

  /** A picture of each open window, for a story that failed. */
  async pictures(name, folder) {
    const pages = this.#contexts.flatMap(context => context.pages());
    await Promise.all(pages.map((page, place) => page.screenshot({ path: `${folder}${name}-${place}.png`, timeout: 5_000 }).catch(() => {})));
  }

  async close() {
    await Promise.all(this.#contexts.map(context => context.close()));
  }

  async #window(language, options = {}) {
    const context = await this.#browser.newContext({ locale: LOCALES[language], viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(WAIT);
    this.#contexts.push(context);
    context.on('page', page => this.#listen(page));
    return context.newPage();
  }

  #listen(page) {
    const where = () => { try { return new URL(page.url()).pathname; } catch { return ''; } };
    page.on('console', message => {
      if (['warning', 'error'].includes(message.type())) this.#complaints.push(`${where()}: ${message.text().split('\n')[0]} ${message.location().url}`);
    });
    page.on('pageerror', error => this.#complaints.push(`${where()}: ${error.message}`));
    page.on('response', answer => { if (answer.status() >= 500) this.#complaints.push(`${where()}: ${answer.status()} ${answer.url()}`); });
  }
}
