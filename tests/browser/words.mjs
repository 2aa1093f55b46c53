// What people read, from the same catalogue as the pages: `words('nb').take` is "Overta saken".

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../portal/src/words', import.meta.url));
const LINE = /^\s*(\w+):\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)";/gm;

/** A literal of Rust, which writes `\u{a0}` where JSON writes `\u00a0`. */
function read(literal) {
  return JSON.parse(`"${literal.replace(/\\u\{([0-9a-f]+)\}/g, (_, digits) => `\\u${digits.padStart(4, '0')}`)}"`);
}

const catalogue = { nb: {}, en: {} };
for (const file of readdirSync(FOLDER, { recursive: true }).filter(name => name.endsWith('.rs'))) {
  for (const [, name, nb, en] of readFileSync(path.join(FOLDER, file), 'utf8').matchAll(LINE)) {
    catalogue.nb[name] = read(nb);
    catalogue.en[name] = read(en);
  }
}

/** The words of a language by their names. A name that is not in the catalogue fails the story that asks. */
export function words(language) {
  return new Proxy(catalogue[language], {
    get(all, name) {
      if (typeof name === 'string' && !(name in all)) throw new Error(`portal/src/words has no "${name}".`);
      return all[name];
    },
  });
}
