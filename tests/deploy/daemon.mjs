// A daemon on a free port of this machine, for as long as a test needs it.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

// `files`: texts by name, beside the configuration. Rejects if the daemon ends before it listens.
export async function start_daemon(configuration, files = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hitwatch-deploy.'));
  for (const [name, text] of Object.entries({...files, 'hitwatch.yaml': configuration})) {
    writeFileSync(path.join(folder, name), text.replaceAll('FOLDER', folder));
  }
  const child = spawn(process.env.HITWATCH,
                      ['run', '--web.listen-address', '127.0.0.1:0', '--config', path.join(folder, 'hitwatch.yaml')],
                      {stdio: ['ignore', 'ignore', 'pipe']});
  let log = '';
  const url = await new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', text => {
      log += text;
      const port = /msg="hitwatch is running".* port=(\d+)/.exec(log)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
    child.on('exit', () => reject(new Error(`hitwatch ended: ${log}`)));
  });
  return {
    url,
    log: () => log,
    stop: () => new Promise(resolve => {
      child.removeAllListeners('exit').on('exit', () => {
        rmSync(folder, {recursive: true});
        resolve();
      });
      child.kill('SIGTERM');
    }),
  };
}

// Calls `look` until it gives something; fails after 20 s.
export async function eventually(look) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error('waited 20 s in vain');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
