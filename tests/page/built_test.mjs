// agent/page/status.html is what agent/page/src makes, small, and asks nobody for anything.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../agent/page');
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'hitwatch-page-'));
try {
  const made = path.join(temporary, 'status.html');
  execFileSync(
      process.execPath, [path.join(folder, 'build.mjs'), process.argv[2], made],
      {stdio: 'inherit'});
  const kept = fs.readFileSync(path.join(folder, 'status.html'), 'utf8');
  assert.ok(
      kept === fs.readFileSync(made, 'utf8'),
      'agent/page/status.html is not what its source makes: run ./dev page');

  assert.ok(kept.length < 120_000, `${kept.length} bytes`);
  assert.ok(gzipSync(kept).length < 45_000, `${gzipSync(kept).length} bytes of gzip`);
  assert.match(kept, /The MIT License \(MIT\)[^]*Leon Sorokin/);  // of the chart library
  // Scripts and styles as the daemon's policy allows them, and nothing from elsewhere.
  assert.equal(kept.match(/<script>/g).length, 1);
  assert.equal(kept.match(/<style>/g).length, 1);
  const markup = kept.replace(/<(script|style)>[^]*?<\/\1>/g, '');
  assert.doesNotMatch(markup, /\s(style|on\w+|src)=/i);
  assert.doesNotMatch(markup, /(href|action)="(https?:)?\/\//i);
} finally {
  fs.rmSync(temporary, {recursive: true});
}
