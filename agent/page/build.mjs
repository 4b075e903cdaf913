// Makes the status page of src/: one file without a request for anything else. ./dev page runs it.
//
//   node build.mjs NODE_MODULES OUTPUT
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const [modules, output] = process.argv.slice(2).map((name) => path.resolve(name));
if (output === undefined) {
  console.error('Usage: node build.mjs NODE_MODULES OUTPUT');
  process.exit(2);
}
const esbuild = createRequire(path.join(modules, 'x'))('esbuild');
const read = (...parts) => fs.readFileSync(path.join(...parts), 'utf8');

async function bundle(entry, loader) {
  const {outputFiles} = await esbuild.build({
    stdin: {
      contents: entry,
      resolveDir: path.join(here, 'src'),
      loader,
      sourcefile: `entry.${loader}`
    },
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
    charset: 'utf8',
    legalComments: 'none',  // the licence is written below, in full
    nodePaths: [modules],
  });
  return outputFiles[0].text.trim();
}

const licence = read(modules, 'uplot', 'LICENSE').trim();
const {version} = JSON.parse(read(modules, 'uplot', 'package.json'));
const notice = `/*!\nCharts: uPlot ${version}, https://github.com/leeoniya/uPlot\n\n${licence}\n*/`;
const script = await bundle('import "./main.mjs";', 'js');
const style = await bundle('@import "uplot/dist/uPlot.min.css"; @import "./page.css";', 'css');
if (/<\/(script|style)/i.test(script + style))
  throw new Error('a closing tag within the page\'s code');

const parts = {
  style,
  script: `${notice}\n${script}`
};
const page = read(here, 'src', 'page.html').replace(/@(style|script)@/g, (_, name) => parts[name]);
fs.writeFileSync(output, page);
