// The chat on somebody's site: a button and a panel in a shadow root, and nothing of anybody else's. What is typed and which
// files go with it is kept in the browser until the desk has it, under a name of its own, so that a reload, a lost line or a
// second tab neither loses nor doubles it.
(() => {
const ALL = "{words}", STYLE = "{style}";
const me = document.currentScript;
if (!me || window.sakerChat) return;
window.sakerChat = true;
const AT = me.src.replace(/\/chat\.js.*$/, '');
const asked = me.dataset.lang || document.documentElement.lang || navigator.language || '';
const lang = /^(nb|no|nn|da|sv)\b/i.test(asked) ? 'nb' : 'en';
const W = ALL[lang];
const filled = (text, value) => text.replace('{}', value);

// What this browser remembers: the pass, who the visitor is, and what waits to be sent.
const STORE = 'saker-chat ' + AT;
let spare = {}, full = false;
// What could not be kept is newer than what was.
const recall = () => { try { return full ? spare : JSON.parse(localStorage.getItem(STORE)) || {}; } catch { return spare; } };
const keep = change => {
  spare = { ...recall(), ...change };
  // A browser that keeps nothing, or no more.
  try { localStorage.setItem(STORE, JSON.stringify(spare)); full = false; } catch { full = true; }
  return spare;
};
const waiting = () => recall().out || [];

// Files that wait with it are kept beside it, for every tab; where the browser keeps none, in this one.
const LARGEST = 4 << 20, MOST = 10, held = new Map();
const shelf = (mode, act) => new Promise((done, no) => {
  const opened = indexedDB.open(STORE, 1);
  opened.onupgradeneeded = () => opened.result.createObjectStore('files');
  opened.onerror = () => no(opened.error);
  opened.onsuccess = () => {
    const work = opened.result.transaction('files', mode), asked = act(work.objectStore('files'));
    work.oncomplete = () => { opened.result.close(); done(asked.result); };
    work.onabort = () => no(work.error);
  };
});
async function hold(key, files) {
  held.set(key, files);
  try { await shelf('readwrite', all => all.put(files, key)); } catch { /* this tab has them */ }
}
async function filesOf(key) {
  try { return held.get(key) || await shelf('readonly', all => all.get(key)); } catch { return undefined; }
}
async function letGo(key) {
  held.delete(key);
  try { await shelf('readwrite', all => (key ? all.delete(key) : all.clear())); } catch { /* there are none */ }
}

let hello, host, panel, launch, list, open = false, after = 0, seen = 0, count = 0, begun = false;
let state = '', chosen = [], unread = 0, failures = 0, timer = 0, busy = false, again = false, lively = Date.now(), line = '', writing = false, known = {}, given = '';
const told = new Set(), rows = new Map();

async function ask(what, body, files) {
  const call = body ? { method: 'POST', body: files ? inParts({ lang, ...body }, files) : JSON.stringify({ lang, ...body }) } : {};
  const answer = await fetch(`${AT}/${what}`, { ...call, credentials: 'omit', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(files ? 180000 : 20000) });
  let said = {};
  if (answer.status === 413) said.error = W.large_files;
  try { said = await answer.json(); } catch { if (answer.ok) throw new Error(); }
  if (answer.ok) return said;
  throw Object.assign(new Error(said.error || W.bad_call), { status: answer.status, field: said.field });
}
function inParts(fields, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value ?? '');
  for (const file of files) form.append('files', file, file.name);
  return form;
}
const isNo = why => why.status >= 400 && why.status < 500 && why.status !== 408;

// Building blocks of the page.
function make(tag, marks = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(marks)) {
    if (name in made && typeof value !== 'string') made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...inside);
  return made;
}
function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [name, value] of Object.entries({ viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' })) svg.setAttribute(name, value);
  const line = document.createElementNS(svg.namespaceURI, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}
const CLIP = 'M20 11.5l-7.8 7.8a5 5 0 0 1-7.1-7.1l8.2-8.2a3.4 3.4 0 0 1 4.8 4.8l-8.2 8.2a1.7 1.7 0 0 1-2.4-2.4l7.5-7.5';
const CROSS = 'M6 6l12 12M18 6L6 18', BUBBLE = 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 9h8M8 12.5h5';

let part = {};
function build() {
  host = make('div', { lang, side: hello.side || 'right' });
  if (me.dataset.theme) host.setAttribute('theme', me.dataset.theme);
  host.style.setProperty('--c', hello.color);
  host.style.setProperty('--on', hello.on);
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const field = (name, type, title, fill) => {
    const input = make('input', { id: name, type, autocomplete: fill, maxlength: '254' });
    const box = make('div', { hidden: true }, make('label', { for: name }, title + ' ', make('small', {}, W.optional)), input, make('p', { class: 'wrong', id: `${name}-wrong` }));
    return { input, box };
  };
  part = {
    badge: make('span', { class: 'badge', hidden: true, 'aria-hidden': 'true' }),
    heard: make('div', { class: 'heard', role: 'status' }),
    note: make('p', { class: 'note', role: 'status' }),
    writing: make('p', { class: 'note', 'aria-live': 'off' }),
    name: field('name', 'text', W.name, 'name'),
    email: field('email', 'email', W.email, 'email'),
    text: make('textarea', { id: 'text', rows: 1, maxlength: '4000', placeholder: W.message }),
    textLabel: make('label', { for: 'text' }, W.message),
    wrong: make('p', { class: 'wrong', id: 'text-wrong', role: 'alert' }),
    pick: make('input', { type: 'file', multiple: true, hidden: true }),
    clip: make('button', { class: 'clip', type: 'button', 'aria-label': W.attach, title: W.attach }, icon(CLIP)),
    chosen: make('ul', { class: 'files', 'aria-label': W.files }),
    mail: make('input', { id: 'mail', type: 'email', autocomplete: 'email', 'aria-label': W.email, placeholder: W.email }),
    mailWrong: make('p', { class: 'wrong', role: 'alert' }),
    end: make('button', { type: 'button' }, W.end),
    whole: make('a', { target: '_blank', rel: 'noopener' }, W.whole),
    forget: make('button', { type: 'button', hidden: true }, W.forget),
  };
  list = make('ol');
  part.log = make('div', { role: 'log', 'aria-live': 'polite', 'aria-label': hello.title }, list);
  part.mailCard = make('form', { class: 'card', novalidate: true, hidden: true }, make('label', { for: 'mail' }, W.stay), make('div', { class: 'row' }, part.mail, make('button', {}, W.save)), part.mailWrong);
  part.scroll = make('div', { class: 'scroll', tabindex: '0' }, make('p', { class: 'greeting' }, hello.greeting), part.log, part.writing, part.note, part.mailCard);
  part.form = make('form', { novalidate: true }, part.name.box, part.email.box, part.chosen, make('div', { class: 'row' }, part.clip, make('div', { class: 'say' }, part.textLabel, part.text), make('button', {}, W.send)), part.pick, part.wrong);
  part.foot = make('footer', { hidden: true }, part.whole, part.end, part.forget);
  const close = make('button', { type: 'button', 'aria-label': W.close, title: W.close }, icon(CROSS));
  panel = make('section', { class: 'panel', id: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: true }, make('header', {}, make('h2', { id: 'title' }, hello.title), close), part.scroll, part.form, part.foot);
  launch = make('button', { class: 'launch', type: 'button', 'aria-expanded': 'false', 'aria-controls': 'panel' }, icon(BUBBLE), part.badge);
  root.append(make('div', { class: 'root' }, panel, launch, part.heard));
  launch.onclick = () => show(!open);
  close.onclick = () => show(false);
  panel.onkeydown = keys;
  part.form.onsubmit = event => { event.preventDefault(); send(); };
  part.text.onkeydown = event => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); } };
  part.text.oninput = () => { lively = Date.now(); grow(); };
  part.clip.onclick = () => part.pick.click();
  part.pick.onchange = () => { choose(part.pick.files); part.pick.value = ''; };
  part.text.onpaste = event => { if (hello.files && event.clipboardData.files.length) { event.preventDefault(); choose(event.clipboardData.files); } };
  panel.ondragover = event => { if (hello.files) event.preventDefault(); };
  panel.ondrop = event => { if (hello.files && event.dataTransfer.files.length) { event.preventDefault(); choose(event.dataTransfer.files); } };
  part.mailCard.onsubmit = event => { event.preventDefault(); giveMail(); };
  part.end.onclick = end;
  part.forget.onclick = forget;
  document.body.append(host);
  draw();
}
function grow() {
  part.text.style.height = 'auto';
  part.text.style.height = `${Math.min(part.text.scrollHeight + 2, 140)}px`;
}
function keys(event) {
  if (event.key === 'Escape') { event.stopPropagation(); show(false); return; }
  // Over the whole screen nothing else can be reached; Tab stays inside.
  if (event.key !== 'Tab' || !matchMedia('(max-width:520px)').matches) return;
  const all = [...panel.querySelectorAll('button,a[href],input,textarea,[tabindex]')].filter(found => found.offsetParent);
  const here = host.shadowRoot.activeElement;
  if (event.shiftKey ? here === all[0] : here === all.at(-1)) { event.preventDefault(); (event.shiftKey ? all.at(-1) : all[0]).focus(); }
}

async function show(now) {
  open = now;
  panel.hidden = !now;
  launch.setAttribute('aria-expanded', String(now));
  if (!now) { draw(); launch.focus(); soon(); return; }
  lively = Date.now();
  draw();
  part.scroll.scrollTop = part.scroll.scrollHeight;
  (part.name.box.hidden ? part.email.box.hidden ? part.text : part.email.input : part.name.input).focus();
  if (begun) look();
  try { hello = await ask(`hello?lang=${lang}`); draw(); } catch { /* what was known stands */ }
}

// What stands in the panel.
function draw() {
  const fresh = !begun && !waiting().length;
  const form = fresh && !hello.there && hello.away !== 'chat';
  need(part.name, fresh && (form || hello.ask === 'before'), hello.ask === 'before');
  need(part.email, fresh && (form || hello.ask === 'before'), form || hello.ask === 'before');
  part.form.classList.toggle('letter', form);
  part.clip.hidden = !hello.files;
  let words = line;
  if (fresh && !hello.there) words = `${hello.line} ${hello.away === 'chat' ? W.later : W.leave}`;
  if (failures > 1) words = begun ? W.offline : W.unsent;
  if (part.note.textContent !== words) part.note.textContent = words;
  const typing = writing ? W.writing : '';
  // Who is being answered is not told that they wait.
  part.note.hidden = writing && failures < 2;
  if (part.writing.textContent !== typing) part.writing.textContent = typing;
  part.mailCard.hidden = !begun || !!known.email || !!recall().email || state === 'ended';
  part.foot.hidden = !begun;
  part.end.hidden = state === 'ended';
  part.forget.hidden = state !== 'ended';
  if (begun) part.whole.href = `${AT}/page?pass=${recall().pass}&lang=${lang}`;
  part.badge.hidden = open || !unread;
  part.badge.textContent = String(unread);
  const news = unread === 1 ? W.one_new : filled(W.many_new, unread);
  launch.setAttribute('aria-label', open ? W.close : unread ? `${W.open}: ${news}` : W.open);
  launch.hidden = !hello.there && hello.away === 'hide' && !begun;
  launch.replaceChild(icon(open ? CROSS : BUBBLE), launch.firstChild);
}
function need({ box, input }, shown, needed) {
  box.hidden = !shown;
  input.required = needed;
  box.querySelector('small').hidden = needed;
  if (shown && !input.value) input.value = recall()[input.id] || '';
}
function row(said) {
  const mine = !said.who && !said.html;
  const place = said.key ? `k${said.key}` : `n${said.n}`;
  let item = rows.get(place);
  const clock = said.at ? new Date(said.at).toLocaleTimeString(lang === 'nb' ? 'nb' : 'en-GB', { hour: '2-digit', minute: '2-digit' }) : W.sending;
  const low = part.scroll.scrollHeight - part.scroll.scrollTop - part.scroll.clientHeight < 80;
  if (!item) {
    const words = make('div');
    item = make('li', mine ? { class: 'mine' } : {}, make('p', { class: 'who' }), words);
    // What agents write was made of escaped text by the desk, and has no marks but letters' and links'.
    if (said.html) words.innerHTML = said.html; else words.textContent = said.text;
    if (said.files?.length) item.append(make('ul', { class: 'files', 'aria-label': W.files }, ...said.files.map(name => make('li', {}, name))));
    rows.set(place, item);
    list.append(item);
  } else if (said.n && item.classList.contains('wait')) {
    list.append(item);
  }
  item.classList.toggle('wait', !said.at);
  item.firstChild.textContent = `${mine ? W.you : said.who} ${clock}`;
  if (low || mine) part.scroll.scrollTop = part.scroll.scrollHeight;
}
function wrong(why) {
  const place = { name: part.name, email: part.email }[why.field];
  for (const [input, box] of [[part.name.input, part.name.box], [part.email.input, part.email.box]]) {
    const here = place && place.input === input && !box.hidden;
    input.setAttribute('aria-invalid', String(here));
    input.setAttribute('aria-describedby', `${input.id}-wrong`);
    box.lastChild.textContent = here ? why.message : '';
  }
  const here = !place || place.box.hidden;
  part.wrong.textContent = here ? why.message || '' : '';
  part.text.setAttribute('aria-invalid', String(here && !!why.message));
  if (why.message) (here ? part.text : place.input).focus();
}

// Files that go with the next message.
function choose(files) {
  const all = [...chosen, ...files];
  const why = all.length > MOST ? W.many_files : all.reduce((sum, file) => sum + file.size, 0) > LARGEST ? W.large_files : '';
  if (!why) { chosen = all; showChosen(); }
  wrong({ message: why });
  part.text.focus();
}
function showChosen() {
  part.chosen.replaceChildren(...chosen.map(file => {
    const off = make('button', { type: 'button', 'aria-label': filled(W.take_off, file.name), title: filled(W.take_off, file.name) }, icon(CROSS));
    off.onclick = () => { chosen = chosen.filter(other => other !== file); showChosen(); part.text.focus(); };
    return make('li', {}, make('span', {}, file.name), off);
  }));
}

// Saying something: first it is kept here, then it is sent, in order, until the desk has it.
const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), byte => byte.toString(16).padStart(2, '0')).join('');
function send() {
  const text = part.text.value.trim();
  wrong({});
  const say = (field, words) => wrong({ field, message: words });
  if (!part.name.box.hidden && part.name.input.required && !part.name.input.value.trim()) return say('name', W.no_name);
  const mail = part.email.input.value.trim();
  if (!part.email.box.hidden && part.email.input.required && !mail) return say('email', W.no_email);
  if (!part.email.box.hidden && mail && !/^\S+@\S+\.\S+$/.test(mail)) return say('email', W.bad_email);
  if (!text && !chosen.length) return say('text', W.no_text);
  const who = {};
  if (!part.name.box.hidden) who.name = part.name.input.value.trim();
  if (!part.email.box.hidden && mail) who.email = mail;
  const files = chosen;
  part.text.value = '';
  chosen = [];
  showChosen();
  grow();
  post(text, who, files);
}
async function post(text, who = {}, files = []) {
  const said = { key: fresh(), text, place: location.href.split('#')[0].slice(0, 500), place_title: document.title.slice(0, 200) };
  if (files.length) {
    said.files = files.map(file => file.name);
    await hold(said.key, files);
  }
  keep({ ...who, out: [...waiting(), said] });
  lively = Date.now();
  row(said);
  draw();
  look();
}
async function pass() {
  const kept = recall().pass;
  if (kept) return kept;
  const { pass } = await ask('start', {});
  // Another tab may have begun meanwhile; its conversation is this one's.
  return recall().pass || keep({ pass }).pass;
}
async function flush() {
  for (let said; (said = waiting()[0]);) {
    const { name, email } = recall();
    const files = said.files && await filesOf(said.key);
    try {
      if (said.files && !files) throw Object.assign(new Error(W.lost_files), { status: 400 });
      const { files: _, ...words } = said;
      take(await ask('say', { pass: await pass(), ...words, name, email, after, seen: sight() }, files));
    } catch (why) {
      if (!isNo(why) || why.status === 429) {
        if (why.status === 429) { part.wrong.textContent = why.message; }
        throw why;
      }
      // The desk will never take this one: it is given back.
      drop(said.key);
      rows.get(`k${said.key}`)?.remove();
      rows.delete(`k${said.key}`);
      if (why.field === 'email' || why.field === 'name') keep({ [why.field]: '' });
      if (why.status === 403) keep({ pass: '' });
      // Somebody was there a moment ago.
      if (why.field === 'email' && !begun) hello.there = false;
      giveBack(said.text, files || []);
      draw();
      wrong(why);
      continue;
    }
    drop(said.key);
    part.wrong.textContent = '';
  }
}
// Before what was typed meanwhile, and behind what was given back before it.
function giveBack(text, files) {
  const box = part.text.value, before = given && box.startsWith(given) ? given : '';
  given = [before, text].filter(Boolean).join('\n');
  part.text.value = [given, box.slice(before.length).replace(/^\n/, '')].filter(Boolean).join('\n');
  chosen = [...files, ...chosen];
  showChosen();
  grow();
}
function drop(key) {
  const all = waiting();
  keep({ out: all.filter(said => said.key !== key) });
  if (all.some(said => said.key === key && said.files)) letGo(key);
}
async function giveMail() {
  const email = part.mail.value.trim();
  const good = /^\S+@\S+\.\S+$/.test(email);
  part.mailWrong.textContent = good ? '' : W.bad_email;
  if (!good) return part.mail.focus();
  post(filled(W.mine_is, email), { email });
  part.text.focus();
}
async function end() {
  try { take(await ask('end', { pass: recall().pass, after, seen: sight() })); } catch (why) { wrong(why); }
  part.forget.focus();
}
function forget() {
  keep({ pass: '', out: [], name: '', email: '', seen: 0 });
  letGo();
  begun = false; after = seen = count = unread = 0; state = line = ''; known = {};
  told.clear(); rows.clear(); list.replaceChildren();
  draw();
  part.text.focus();
}

// Hearing what is new.
const sight = () => { if (open && document.visibilityState === 'visible') seen = Math.max(seen, after); return seen; };
function take(news) {
  begun = true;
  for (const said of news.said || []) {
    after = Math.max(after, said.n);
    if (told.has(said.n)) continue;
    told.add(said.n);
    row(said);
    if (!said.html) continue;
    if (open && document.visibilityState === 'visible') continue;
    unread += said.n > (recall().seen || 0) ? 1 : 0;
  }
  for (const said of waiting()) { const item = rows.get(`k${said.key}`); if (item?.classList.contains('wait')) list.append(item); }
  ({ line = '', state = '', writing = false } = news);
  known = { email: news.email, name: news.name };
  count = news.count || count;
  if (open && document.visibilityState === 'visible') { unread = 0; if ((recall().seen || 0) < after) keep({ seen: after }); }
  const words = !open && unread ? (unread === 1 ? W.one_new : filled(W.many_new, unread)) : '';
  if (part.heard.textContent !== words) part.heard.textContent = words;
  draw();
}
async function look() {
  if (busy) { again = true; return; }
  busy = true;
  clearTimeout(timer);
  try {
    const before = after;
    if (waiting().length) await flush();
    else if (recall().pass && begun) take(await ask('news', { pass: recall().pass, after, seen: sight() }));
    if (after > before) lively = Date.now();
    // What came is before their eyes now: said at once, not with the next question.
    if (begun && open && seen < after && document.visibilityState === 'visible') again = true;
    failures = 0;
  } catch (why) {
    if (isNo(why) && why.status !== 429) { if (!waiting().length) forget(); }
    else failures += 1;
  }
  busy = false;
  draw();
  if (again && !failures) { again = false; look(); return; }
  again = false;
  soon();
}
function soon() {
  clearTimeout(timer);
  if (!begun && !waiting().length) return;
  let pause = 30000;
  if (open) pause = Date.now() - lively < 120000 ? 1500 : 5000;
  if (document.visibilityState !== 'visible') pause = 60000;
  if (failures) pause = Math.min(1000 * 2 ** failures, 60000);
  timer = setTimeout(look, pause * (0.9 + Math.random() / 5));
}
addEventListener('online', () => { failures = 0; look(); });
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible' && part.form) { lively = Date.now(); look(); } });
addEventListener('storage', event => {
  if (event.key !== STORE || !part.form) return;
  const { pass: theirs, seen: read = 0 } = recall();
  if (!theirs && begun) { begun = false; forget(); return; }
  if (read >= after && unread) { unread = 0; draw(); }
  if (theirs && !begun && !waiting().length) { begun = true; look(); }
});

async function begin() {
  try { hello = await ask(`hello?lang=${lang}`); } catch (why) {
    // A desk that is down comes back; a site that may not show it shows nothing.
    if (!(why instanceof TypeError) || (failures += 1) < 6) { if (!isNo(why)) setTimeout(begin, 5000 * 2 ** failures); }
    return;
  }
  failures = 0;
  build();
  for (const said of waiting()) row(said);
  if (recall().pass && !waiting().length) begun = true;
  if (begun || waiting().length) look();
}
if (document.body) begin(); else addEventListener('DOMContentLoaded', begin);
})();
