// Writes mail, hands it in by SMTP as any mail program does, and reads what Saker has sent.

import net from 'node:net';
import { randomUUID } from 'node:crypto';

/** The bytes of a mail, and its Message-Id for mails that answer it. */
export function compose({ from, to, subject, text, files = [], id, inReplyTo, headers = {} }) {
  const messageId = id ?? `<${randomUUID()}@fjord.no>`;
  const edge = `edge-${randomUUID()}`;
  const head = {
    From: word(from), To: word(to), Subject: word(subject), Date: new Date().toUTCString().replace('GMT', '+0000'),
    'Message-ID': messageId, 'MIME-Version': '1.0',
    ...(inReplyTo ? { 'In-Reply-To': inReplyTo, References: inReplyTo } : {}),
    'Content-Type': files.length ? `multipart/mixed; boundary="${edge}"` : 'text/plain; charset=utf-8',
    ...(files.length ? {} : { 'Content-Transfer-Encoding': 'base64' }),
    ...headers,
  };
  const parts = files.length
    ? [
        `--${edge}`, 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64', '', base64(text),
        ...files.flatMap(file => [
          `--${edge}`, `Content-Type: ${file.mime}; name="${file.name}"`, `Content-Disposition: attachment; filename="${file.name}"`,
          'Content-Transfer-Encoding: base64', '', base64(file.bytes),
        ]),
        `--${edge}--`,
      ]
    : [base64(text)];
  const lines = [...Object.entries(head).map(([name, value]) => `${name}: ${value}`), '', ...parts, ''];
  return { raw: lines.join('\r\n'), id: messageId };
}

/** Hands a mail in at `host:port`. Answers the last reply, such as `250 2.0.0 …`; refuses none itself. */
export async function send(address, { from, to, raw }) {
  const [host, port] = address.split(':');
  const line = await talk(host, Number(port));
  const bare = text => (/<([^>]*)>/.exec(text)?.[1] ?? text).trim();
  try {
    await line.hears('220');
    for (const [say, code] of [['EHLO stories.example', '250'], [`MAIL FROM:<${bare(from)}>`, '250'], [`RCPT TO:<${bare(to)}>`, '250'], ['DATA', '354']]) {
      await line.says(say);
      await line.hears(code);
    }
    await line.says(`${raw.replace(/^\./gm, '..').replace(/\r\n$/, '')}\r\n.`);
    const answer = await line.hears('250');
    await line.says('QUIT');
    return answer;
  } finally {
    line.close();
  }
}

/** Writes and hands in at once; answers the mail's Message-Id. */
export async function post(desk, mail) {
  const { raw, id } = compose(mail);
  await send(desk.smtp, { from: mail.from, to: mail.to, raw });
  return id;
}

/** Everything Saker has sent to an address, oldest first: subject, headers, plain text and raw bytes of each. */
export async function sentTo(desk, address) {
  const list = await (await fetch(desk.sentMail)).text();
  const lines = [...list.matchAll(/data-id="([^"]+)" data-to="([^"]+)" data-state="(\w+)"/g)].reverse();
  const wanted = lines.filter(([, , to, state]) => to.toLowerCase() === address.toLowerCase() && state === 'sent');
  return Promise.all(wanted.map(async ([, id]) => {
    const raw = await (await fetch(`${desk.sentMail}/${id}.eml`)).text();
    return { raw, ...read(raw) };
  }));
}

/** Headers by their lower-case names, and the first plain text. Enough for the mails that Saker writes. */
export function read(raw) {
  const [head, body] = halves(raw.replace(/\r\n/g, '\n'));
  const headers = heads(head);
  return { headers, subject: unword(headers.subject ?? ''), text: plain(headers, body) };
}

function plain(headers, body) {
  const edge = /boundary="?([^";\n]+)"?/i.exec(headers['content-type'] ?? '')?.[1];
  if (edge) {
    const parts = body.split(`--${edge}`).slice(1, -1).map(part => halves(part.replace(/^\n/, '')));
    for (const [head, text] of parts) {
      const found = plain(heads(head), text);
      if (found) return found;
    }
    return '';
  }
  if (!/^text\/plain/i.test(headers['content-type'] ?? 'text/plain')) return '';
  const bytes = /base64/i.test(headers['content-transfer-encoding'] ?? '') ? Buffer.from(body, 'base64') : quoted(headers, body);
  return bytes.toString('utf8').replace(/\r\n/g, '\n');
}

function quoted(headers, body) {
  if (!/quoted-printable/i.test(headers['content-transfer-encoding'] ?? '')) return Buffer.from(body);
  const bytes = body.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

function heads(text) {
  const lines = text.replace(/\n[ \t]+/g, ' ').split('\n').map(line => /^([^:]+):\s*(.*)$/.exec(line)).filter(Boolean);
  return Object.fromEntries(lines.map(([, name, value]) => [name.toLowerCase(), value]));
}

function halves(text) {
  const at = text.indexOf('\n\n');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 2)];
}

function unword(text) {
  return text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind, coded) =>
    (kind.toLowerCase() === 'b' ? Buffer.from(coded, 'base64') : quoted({ 'content-transfer-encoding': 'quoted-printable' }, coded.replace(/_/g, ' '))).toString('utf8'));
}

const base64 = content => Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n');
// RFC 2047: a header line is ASCII.
const word = text => text.replace(/^([^<]*[^\x00-\x7f][^<]*?)(\s*<|$)/, (_, name, rest) => `=?utf-8?b?${Buffer.from(name).toString('base64')}?=${rest}`);

function talk(host, port) {
  return new Promise((opened, failed) => {
    const socket = net.connect(port, host).once('error', failed);
    let heard = '';
    let wake = () => {};
    socket.on('data', bytes => { heard += bytes; wake(); });
    socket.on('close', () => wake());
    const reply = () => /^(?:\d{3}-[^\n]*\n)*(\d{3}) [^\n]*\n/.exec(heard);
    const hears = async code => {
      while (!reply()) {
        if (socket.destroyed) throw new Error(`The mail server hung up after: ${heard}`);
        await new Promise((done, late) => { const timer = setTimeout(() => late(new Error('The mail server says nothing.')), 30_000); wake = () => { clearTimeout(timer); done(); }; });
      }
      const [all, got] = reply();
      heard = heard.slice(all.length);
      if (got !== code) throw Object.assign(new Error(`The mail server said ${all.trim()}`), { reply: all.trim() });
      return all.trim();
    };
    socket.once('connect', () => opened({ hears, says: text => new Promise(done => socket.write(`${text}\r\n`, done)), close: () => socket.destroy() }));
  });
}
