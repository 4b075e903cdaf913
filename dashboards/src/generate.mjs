// Writes the dashboards of this folder, and what may be empty in them:
//   node generate.mjs [--check] FOLDER
// With --check nothing is written; it fails if a file of FOLDER is not what it would write.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = dirname(fileURLToPath(import.meta.url));
const checking = process.argv[2] === '--check';
const folder = process.argv[checking ? 3 : 2];
if (!folder) {
  console.error('Usage: node generate.mjs [--check] FOLDER');
  process.exit(2);
}

const dashboards = await Promise.all(
  ['cache_overview', 'tenants', 'redis_server', 'fleet', 'hitwatch']
    .map(async (name) => (await import(`./${name}.mjs`)).default),
);

const text = (value) => `${JSON.stringify(value, null, 2)}\n`;
const files = new Map(dashboards.map(({ name, json }) => [`${name}.json`, text(json)]));
files.set(
  'src/may_be_empty.json',
  text(dashboards.flatMap(({ mayBeEmpty }) => mayBeEmpty)),
);

if (!checking) {
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
} else {
  const read = (name) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch {
      return undefined;
    }
  };
  const wrong = [...files].filter(([name, content]) => read(name) !== content).map(([name]) => name);
  const unknown = readdirSync(folder).filter(
    (name) => name.endsWith('.json') && !name.startsWith('package') && !files.has(name),
  );
  for (const name of wrong) console.error(`${name} is not what ${source} makes: run ./dev dashboards`);
  for (const name of unknown) console.error(`${name} is made by nothing in ${source}`);
  process.exit(wrong.length + unknown.length > 0 ? 1 : 0);
}
