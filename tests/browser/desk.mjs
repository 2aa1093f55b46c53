// A Saker of one story's own: the built program with example data in a folder that goes away with it.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const START = 60_000;

/** Starts the program and waits for the line that says where everything is. */
export async function startDesk() {
  const program = process.env.SAKER_PROGRAM;
  if (!program) throw new Error('Run "cargo xtask test --only browser", which builds the program first.');
  const data = await mkdtemp(path.join(os.tmpdir(), 'saker-story-'));
  const args = ['demo', '--data', data, '--port', String(await freePort()), '--smtp-port', '0', '--lmtp-port', '0', '--json'];
  const child = spawn(program, args, { cwd: path.resolve(import.meta.dirname ?? '.', '../..'), stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  const note = line => { said.push(line); if (said.length > 400) said.shift(); };
  readline.createInterface({ input: child.stderr }).on('line', note);
  const ended = new Promise(done => child.once('exit', done));
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
    await rm(data, { recursive: true, force: true });
  };
  try {
    const facts = await ready(child, note);
    return { ...facts, data, said, stop };
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${said.slice(-20).join('\n')}`);
  }
}

function ready(child, note) {
  return new Promise((found, failed) => {
    const late = setTimeout(() => failed(new Error('Saker was not ready within a minute.')), START);
    child.once('error', failed);
    child.once('exit', code => failed(new Error(`Saker stopped with ${code} before it was ready.`)));
    readline.createInterface({ input: child.stdout }).on('line', line => {
      note(line);
      if (!line.startsWith('{')) return;
      try {
        const facts = JSON.parse(line);
        if (!facts.portal) return;
        clearTimeout(late);
        found({ ...facts, portal: facts.portal.replace(/\/$/, '') });
      } catch { /* a line of the log, not the one we wait for */ }
    });
  });
}

function freePort() {
  return new Promise((found, failed) => {
    const server = net.createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => found(port)); });
  });
}
