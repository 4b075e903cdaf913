// docs/reference/hitwatch.schema.json against what is a configuration and what is none.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {YAML, from_npm, root} from '../deploy/modules.mjs';

const Ajv = from_npm('ajv');
const read = file => readFileSync(path.join(root, file), 'utf8');
const schema = JSON.parse(read('docs/reference/hitwatch.schema.json'));
const accepts = new Ajv({allErrors: true, allowUnionTypes: true}).compile(schema);
const fault = configuration => (accepts(configuration) ? '' : JSON.stringify(accepts.errors, null, 1));
const sections = Object.keys(schema.properties);

const files_in = (folder, ending) =>
  readdirSync(path.join(root, folder)).filter(name => name.endsWith(ending)).map(name => `${folder}/${name}`);

// Blocks of the documentation that are configurations, or sections of one.
const blocks = ['README.md', ...files_in('docs', '.md')].flatMap(file =>
  [...read(file).matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => ({name: file, content: YAML.parse(text)})))
  .filter(({content}) => content && Object.keys(content).every(key => sections.includes(key)));

test('what is a configuration is accepted', () => {
  const files = ['deploy/config/hitwatch.yaml', 'deploy/compose/hitwatch.yaml', 'tests/fuzz/corpus/config/full.yaml',
    ...files_in('deploy/examples', '.yaml').filter(name => path.basename(name).startsWith('keys-'))].map(name => ({name, content: YAML.parse(read(name))}));
  const alertmanager = files_in('deploy/config/notify', '.yml')
    .map(name => ({name, content: {notify: YAML.parse(read(name))}}));
  const all = [...files, ...alertmanager, ...blocks];
  assert.ok(files.length > 5 && alertmanager.length > 0 && blocks.length > 2, `${blocks.length} blocks`);
  for (const {name, content} of all) assert.equal(fault(content), '', name);
});

test('texts may look like numbers, values may be variables, sections may be empty', () => {
  assert.equal(fault(YAML.parse(`
targets: [{url: 'redis://a', password: 12345, labels: {zone: 3}, databases: [0, "3"]}]
poll: {interval: '\${EVERY}', collect: {system: '\${SYSTEM}', config: "true"}}
keys: {tenants: {limit: '\${LIMIT}'}}
web:
storage: {max_size: 1048576}
notify: {route: {receiver: a, group_wait: 0, routes: [{routes: [{matchers: ['a="b"']}]}]}}
apps: {otlp: {mapping: [{metric: m, as: hit, tenant: {attribute: [a, b], text: c}, type: d, key: [e]}]}}
`)), '');
  assert.equal(fault(null), '');
});

test('what is no configuration is refused', () => {
  for (const text of [
    '{pol: {}}', 'poll: {intervall: 15s}', 'poll: {interval: soon}', 'poll: {interval: 15}', 'poll: {mode: never}',
    'poll: {collect: {ping: 1}}', 'targets: {url: a}', 'targets: [{uri: a}]', 'keys: {tenants: {limit: 0}}',
    'keys: {sample: {size: 99}}', 'storage: {max_size: 1 GB}', 'notify: {receivers: [{name: a, email_configs: []}]}',
    'notify: {route: {routes: [{routes: [{matcher: []}]}]}}', 'apps: {statsd: {mapping: [{match: a, as: x}]}}',
    'thresholds: {hit_ratio: 80%}', 'traces: {otlp: {headers: {a: {fil: b}}}}', '[]', 'text',
  ]) assert.notEqual(fault(YAML.parse(text)), '', text);
});

test('every key tells what it does', () => {
  const objects = [schema, ...Object.values(schema.definitions)];
  const keys = objects.flatMap(object => Object.values(object.properties));
  assert.ok(keys.length > 200);
  for (const key of keys) assert.match(key.description, /\.$/);
});
