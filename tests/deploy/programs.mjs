// Programs that a test needs for a while, in a folder of their own.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

export async function free_port() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

// Ended in the reverse order of their start.
export class Programs {
  work = mkdtempSync(path.join(tmpdir(), 'hitwatch-deploy.'));
  started = [];

  // {said}: its output so far.
  start(name, command, words) {
    const child = spawn(command, words, {cwd: this.work, stdio: ['ignore', 'pipe', 'pipe']});
    const program = {name, child, said: '', ended: new Promise(resolve => child.on('close', resolve))};
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => { program.said += text; });
    child.on('error', error => { program.said += error; });
    this.started.push(program);
    return program;
  }

  // The last words of all, for a test that fails.
  last_words() {
    return this.started.map(({name, said}) => `--- ${name}\n${said.slice(-2000)}`).join('\n');
  }

  async end() {
    for (const {child} of this.started.reverse()) child.kill();
    await Promise.all(this.started.map(({ended}) => ended));
    rmSync(this.work, {recursive: true});
  }
}
