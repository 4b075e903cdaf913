// The page as one script and one style sheet: esbuild with the modules of another folder.
import {cpSync, mkdirSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

const html = `<!doctype html>
<meta charset="utf-8">
<title>hitwatch</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<style>
  body { margin: 0; }
  /* Pictures have no pointer: what waits for one is left out. */
  [data-testid="panel-header-container"] button { visibility: hidden; }
</style>
<div id="root"></div>
<script>window.process = {env: {}}; window.__grafana_public_path__ = '/public/';</script>
<script src="page.js"></script>
`;

// Writes index.html and all that it loads to `to`. `modules` is a folder node_modules.
export async function bundle({modules, to}) {
  const require = createRequire(path.join(modules, 'package.json'));
  mkdirSync(to, {recursive: true});
  await require('esbuild').build({
    entryPoints: [path.join(here, 'page/main.jsx')],
    outfile: path.join(to, 'page.js'),
    nodePaths: [modules],
    bundle: true,
    minify: true,
    jsx: 'automatic',
    format: 'iife',
    target: 'chrome110',
    define: {'process.env.NODE_ENV': '"production"', global: 'window'},
    loader: {'.ttf': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl', '.svg': 'dataurl', '.png': 'dataurl'},
    logLevel: 'error',
  });
  writeFileSync(path.join(to, 'index.html'), html);
  cpSync(path.join(modules, '@grafana/ui/dist/public'), path.join(to, 'public/build'), {recursive: true});
}
