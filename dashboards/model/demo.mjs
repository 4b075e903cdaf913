// The demonstration with a Prometheus, as the tests and the pictures need it: started, and stopped with
// all that belongs to it.
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const sourceFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// Starts it from what was built in `build`; `seconds` is when it ends by itself at the latest. Gives
// its addresses ({web, prometheus, redis, …}) and stop(). Rejects, with what it printed, when it ends
// before it is up.
export async function startDemo({build, seconds, shiftAfter, more = []}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hitwatch-dashboards.'));
  const file = path.join(folder, 'addresses');
  const child = spawn(path.join(sourceFolder, 'deploy/demo/run.sh'), [
    '--build', build, '--prometheus', '--addresses', file, '--seconds', String(seconds),
    '--shift-after', String(shiftAfter), ...more,
  ], {stdio: ['ignore', 'pipe', 'pipe']});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += data; });
  let ended = false;
  const end = new Promise((done) => child.on('close', () => { ended = true; done(); }));
  const stop = async () => {
    if (!ended) child.kill('SIGTERM');
    await end;
    rmSync(folder, {recursive: true, force: true});
  };
  const stopToo = () => stop().then(() => process.exit(1));
  process.once('SIGTERM', stopToo);
  process.once('SIGINT', stopToo);

  for (;;) {
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch {}
    const addresses = Object.fromEntries(
        text.split('\n').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')),
                                                        line.slice(line.indexOf('=') + 1)]));
    if (text.endsWith('\n') && addresses.web && addresses.prometheus) {
      return {addresses, stop, output: () => output};
    }
    if (ended) {
      await stop();
      throw new Error(`the demonstration ended before it was up:\n${output}`);
    }
    await sleep(0.1);
  }
}
