// What lies in deploy/ beside the charts: everything can be read, images are pinned, and what one file
// says of another is true.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {YAML, from_npm, root} from './modules.mjs';

const read = file => readFileSync(path.join(root, file), 'utf8');
const compose_folder = 'deploy/compose';
const compose = YAML.parse(read(`${compose_folder}/compose.yaml`), {merge: true});
const in_compose = file => YAML.parse(read(`${compose_folder}/${file}`));

// Those of the project: links and what is not committed are left out.
const files_in = folder => readdirSync(path.join(root, folder), {withFileTypes: true}).flatMap(entry => {
  const file = `${folder}/${entry.name}`;
  if (entry.isDirectory()) return ['__pycache__', '.terraform'].includes(entry.name) ? [] : files_in(file);
  return entry.isFile() ? [file] : [];
});
const files = files_in('deploy');

test('every YAML and JSON file can be read', () => {
  const yaml = files.filter(file => /\.ya?ml$/.test(file) && !file.includes('/templates/'));
  assert.ok(yaml.length > 15, String(yaml));
  for (const file of yaml) {
    for (const document of YAML.parseAllDocuments(read(file), {merge: true})) {
      assert.deepEqual([...document.errors, ...document.warnings].map(String), [], file);
    }
  }
  for (const file of files.filter(name => name.endsWith('.json'))) JSON.parse(read(file));
});

test('every image is pinned to a version', () => {
  const images = [
    ...Object.values(compose.services).map(service => service.image),
    ...read('deploy/container/Containerfile').match(/^ARG DEBIAN=(\S+)$/m)[1].split(' '),
    ...files.filter(file => file.endsWith('.yaml'))
      .flatMap(file => [...read(file).matchAll(/^\s*-?\s*image: "?([^\s"{]+)/gm)].map(found => found[1])),
  ].filter(image => image !== '&image_of_hitwatch');
  assert.ok(images.length > 8);
  for (const image of images) assert.match(image, /:v?\d+\.\d+(\.\d+)?[-.\w]*$|@sha256:[0-9a-f]{64}$/, image);
  // Each says where from: a name alone is one of Docker Hub, of whoever took it there.
  for (const image of images) assert.match(image, /^(docker\.io|localhost)\/\w/);
  assert.ok(images.filter(image => image.startsWith('localhost/hitwatch:')).length >= 4);
  for (const file of ['deploy/container/Containerfile', 'docs/deployment.md']) {
    for (const [, name] of read(file).matchAll(/(\S*)\bhitwatch:\d/g)) assert.match(name, /localhost\/$/, file);
  }
});

test('stages of the container file are pinned, too, and the last one has nothing but what is copied', () => {
  const lines = read('deploy/container/Containerfile').split('\n').filter(line => !line.startsWith('#'));
  const stages = lines.filter(line => line.startsWith('FROM '));
  assert.deepEqual(stages, ['FROM ${DEBIAN} AS build', 'FROM scratch']);
  const last = lines.slice(lines.indexOf('FROM scratch'));
  assert.ok(!last.some(line => line.startsWith('RUN ')));
  assert.ok(last.includes('USER 65532:65532'));
  assert.match(last.join('\n'), /HEALTHCHECK [^]*CMD \["\/usr\/bin\/hitwatch", "check", "health"\]/);
  assert.equal(Number(/^user=(\d+)/m.exec(read('deploy/container/rootfs.sh'))[1]), 65532);
});

test('compose: services are confined, checked where their images can be, and seen by this machine only', () => {
  const unchecked = [];
  for (const [name, service] of Object.entries(compose.services)) {
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.equal(service.read_only, true, name);
    assert.ok(service.security_opt.includes('no-new-privileges:true'), name);
    if (!service.healthcheck || service.healthcheck.disable) unchecked.push(name);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
  }
  assert.deepEqual(unchecked, ['sink', 'collector', 'tempo']);
});

test('compose: files, secrets and volumes that are named are there', () => {
  const made = Object.values(compose.secrets).map(secret => secret.file);
  for (const [name, service] of Object.entries(compose.services)) {
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':');
      if (source.startsWith('.')) assert.ok(existsSync(path.join(root, compose_folder, source)), `${name}: ${source}`);
      else assert.ok(source in compose.volumes, `${name}: ${source}`);
    }
    for (const secret of service.secrets ?? []) assert.ok(secret in compose.secrets, `${name}: ${secret}`);
    for (const other of Object.keys(service.depends_on ?? {})) assert.ok(other in compose.services);
    if (service.build) {
      assert.ok(existsSync(path.join(root, compose_folder, service.build.context, service.build.dockerfile)));
    }
  }
  const help = read(`${compose_folder}/compose.yaml`);
  for (const file of made) assert.ok(file.startsWith('${HOME}/.config/hitwatch/'), file);
  for (const file of made) assert.match(help, new RegExp(`for name in[^;]*\\b${path.basename(file)}\\b`));
});

test('compose: who speaks to whom finds a service that listens there', () => {
  const listening = {
    redis: [6379], hitwatch: [9121, 8125], sink: [9099], prometheus: [9090], alertmanager: [9093],
    collector: [4317, 4318, 8888, 13133], tempo: [3200, 4317, 4318], grafana: [3000],
  };
  assert.deepEqual(Object.keys(listening).sort(), Object.keys(compose.services).sort());
  const names = Object.keys(listening).join('|');
  let found = 0;
  for (const file of ['hitwatch.yaml', 'prometheus.yml', 'alertmanager.yml', 'collector.yaml', 'datasources.yaml']) {
    const text = read(`${compose_folder}/${file}`);
    for (const [all, service, port] of text.matchAll(new RegExp(`(?:\\/\\/|[\\s"\\[])(${names}):(\\d+)`, 'g'))) {
      assert.ok(listening[service].includes(Number(port)), `${file}: ${all}`);
      ++found;
    }
    // And no other host is named.
    for (const [, host] of text.matchAll(/:\/\/([\w.-]+)/g)) {
      assert.ok(host in listening || host === 'localhost', `${file}: ${host}`);
    }
  }
  assert.ok(found >= 12, String(found));
  for (const service of Object.values(compose.services)) {
    for (const port of service.ports ?? []) {
      const [, outside, inside] = /:(\d+):(\d+)/.exec(port);
      assert.equal(outside, inside);
      assert.ok(Object.values(listening).flat().includes(Number(inside)), port);
    }
  }
  assert.ok(compose.services.sink.command.includes('0.0.0.0:9099'));
});

test('compose: the Collector uses what it declares', () => {
  const collector = in_compose('collector.yaml');
  for (const {receivers, processors, exporters} of Object.values(collector.service.pipelines)) {
    for (const name of receivers) assert.ok(name in collector.receivers, name);
    for (const name of processors) assert.ok(name in collector.processors, name);
    for (const name of exporters) assert.ok(name in collector.exporters, name);
  }
  for (const name of collector.service.extensions) assert.ok(name in collector.extensions, name);
  assert.ok(collector.exporters['otlp_http/hitwatch'].auth.authenticator in collector.extensions);
  const hitwatch = in_compose('hitwatch.yaml');
  assert.equal(hitwatch.apps.otlp.token_file, collector.extensions.bearertokenauth.filename);
  assert.ok(hitwatch.apps.otlp.enabled);
});

test('compose: Grafana has a data source for whatever another one leads to', () => {
  const {datasources} = in_compose('datasources.yaml');
  const uids = datasources.map(source => source.uid);
  assert.deepEqual(uids, [...new Set(uids)]);
  for (const {jsonData} of datasources) {
    for (const {datasourceUid} of jsonData?.exemplarTraceIdDestinations ?? []) assert.ok(uids.includes(datasourceUid));
  }
  assert.equal(datasources.filter(source => source.isDefault).length, 1);
  // The same ones as for a Grafana beside the daemon, but for their addresses.
  const beside = YAML.parse(read('dashboards/provisioning/datasources/hitwatch.yaml')).datasources;
  for (const {uid, type} of beside) assert.ok(datasources.some(one => one.uid === uid && one.type === type), uid);
});

test('compose: Grafana has every dashboard where its provisioning looks', () => {
  const [{options}] = YAML.parse(read('dashboards/provisioning/dashboards/hitwatch.yaml')).providers;
  const dashboards = readdirSync(path.join(root, 'dashboards'))
    .filter(name => name.endsWith('.json') && !name.startsWith('package'));
  assert.ok(dashboards.length >= 5);
  for (const name of dashboards) {
    assert.ok(compose.services.grafana.volumes.includes(`../../dashboards/${name}:${options.path}/${name}:ro`), name);
  }
});

test('what Terraform writes down is neither committed nor built into an image', () => {
  const says = (file, line) => assert.ok(read(file).split('\n').includes(line), `${file} lacks ${line}`);
  for (const line of ['*.tfstate*', '*.tfvars*', '.terraform/']) says('.gitignore', line);
  for (const line of ['**/*.tfstate*', '**/*.tfvars*', '**/.terraform']) says('.dockerignore', line);
});

test('the Azure function is on a plan that runs a deployed package', async () => {
  const {resource} = await from_npm('@cdktf/hcl2json').parse('main.tf', read('deploy/cloud/azure/main.tf'));
  const [plan] = resource.azurerm_service_plan.function;
  const app = (resource.azurerm_windows_function_app ?? resource.azurerm_linux_function_app).alerts[0];
  assert.ok(app.zip_deploy_file);
  assert.equal(app.app_settings.WEBSITE_RUN_FROM_PACKAGE, '1');
  assert.equal(plan.os_type, 'azurerm_windows_function_app' in resource ? 'Windows' : 'Linux');
  assert.ok(plan.os_type === 'Windows' || plan.sku_name !== 'Y1', 'Consumption on Linux never loads it');
});

test('Terraform files can be read, name no secret, and pack the files that there are', async () => {
  const {parse} = from_npm('@cdktf/hcl2json');
  for (const cloud of ['aws', 'azure']) {
    const text = read(`deploy/cloud/${cloud}/main.tf`);
    const parsed = await parse('main.tf', text);
    assert.equal(parsed.variable.hitwatch_password[0].sensitive, true, cloud);
    assert.ok(!('default' in parsed.variable.hitwatch_password[0]), cloud);
    for (const {source, version} of Object.values(parsed.terraform[0].required_providers[0])) {
      assert.match(source, /^hashicorp\//);
      assert.match(version, /^(~>|>= .*<) \d/);
    }
    const declared = new Set(Object.keys(parsed.variable));
    const used = new Set([...text.matchAll(/\bvar\.(\w+)/g)].map(found => found[1]));
    assert.deepEqual([...used].sort(), [...declared].sort(), cloud);
    const references = [...text.matchAll(/\b(data\.)?((?:aws|azurerm|random|archive)_\w+)\.(\w+)\./g)];
    assert.ok(references.length > 5);
    for (const [all, data, type, name] of references) {
      assert.ok(name in (parsed[data ? 'data' : 'resource'][type] ?? {}), `${cloud}: ${all}`);
    }
    const [locals] = parsed.locals;
    const packed = Array.isArray(locals.sources)
      ? Object.fromEntries(locals.sources.map(name => [name, `../${name}`])) : locals.sources;
    for (const [name, source] of Object.entries(packed)) {
      assert.ok(existsSync(path.join(root, 'deploy/cloud', cloud, source)), `${cloud}: ${name}`);
    }
    // What the packed files import is packed, too, at the same distance.
    for (const [name, source] of Object.entries(packed).filter(([one]) => one.endsWith('.mjs'))) {
      const code = read(path.join('deploy/cloud', cloud, source));
      for (const [, imported] of code.matchAll(/from '(\.[^']+)'/g)) {
        assert.ok(path.posix.join(path.posix.dirname(name), imported) in packed, `${cloud}: ${imported}`);
      }
    }
  }
});
