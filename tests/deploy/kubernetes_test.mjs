// The Helm charts and the manifests made of them: that they are what the charts say, what Kubernetes
// takes, what Pod Security's level "restricted" asks for, and that their parts find each other.
// The environment has HITWATCH, the program, and HITWATCH_NODE_MODULES.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {objects_of, overlay, render_chart} from './chart.mjs';
import {faults_of} from './kubernetes_types.mjs';
import {manifests} from './manifests.mjs';
import {YAML, from_npm, root} from './modules.mjs';

const helm = path.join(root, 'deploy/helm');
const work = mkdtempSync(path.join(tmpdir(), 'hitwatch-kubernetes.'));
test.after(() => rmSync(work, {recursive: true}));

const read = file => readFileSync(path.join(root, file), 'utf8');
const defaults = YAML.parse(read('deploy/helm/hitwatch/values.yaml'));
const central = YAML.parse(read('deploy/kubernetes/central.values.yaml'));

// There is no image unless one is named.
const named = {image: {repository: 'registry.example/hitwatch'}};

// Everything that can be switched on, at once.
const everything = {
  image: {digest: `sha256:${'a'.repeat(64)}`, pullSecrets: [{name: 'registry'}]},
  extraArgs: ['--log.level=debug'],
  extraEnv: [{name: 'OTEL_SDK_DISABLED', value: 'true'}],
  configMaps: ['my-rules'],
  service: {type: 'LoadBalancer', annotations: {a: 'b'}, statsd: {enabled: false}},
  serviceAccount: {create: false},
  persistence: {enabled: false},
  podAnnotations: {a: 'b'},
  podLabels: {team: 'cache'},
  nodeSelector: {'kubernetes.io/arch': 'amd64'},
  tolerations: [{key: 'dedicated', operator: 'Exists'}],
  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
    {weight: 1, podAffinityTerm: {topologyKey: 'kubernetes.io/hostname', labelSelector: {}}}]}},
  topologySpreadConstraints: [
    {maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {}}],
  priorityClassName: 'high',
  networkPolicy: {redisTo: [{podSelector: {}}], dns: false},
  serviceMonitor: {
    labels: {release: 'prometheus'}, scheme: 'https', tlsConfig: {serverName: 'hitwatch'},
    basicAuth: {username: {name: 'web', key: 'user'}, password: {name: 'web', key: 'password'}},
    relabelings: [{action: 'labeldrop', regex: 'pod'}],
    metricRelabelings: [{action: 'drop', sourceLabels: ['__name__'], regex: 'redis_x.*'}],
  },
  prometheusRule: {labels: {release: 'prometheus'}, runbookUrl: 'https://hitwatch.example/'},
  tests: {enabled: true},
};

const kCases = {
  'the defaults': ['hitwatch', named],
  'several pods': ['hitwatch', central],
  'everything': ['hitwatch', overlay(central, everything)],
  'sidecars': ['hitwatch', {...named, mode: 'sidecar', serviceMonitor: {enabled: true}}],
  'a chart with sidecars': ['examples/redis-with-sidecar', {}],
  'sidecars that capture': ['examples/redis-with-sidecar',
                            {hitwatch: {tap: {enabled: true}, config: {tap: {sample: '1/10'}}}}],
};
const rendered = Object.fromEntries(Object.entries(kCases).map(([name, [chart, values]]) =>
  [name, objects_of(render_chart(path.join(helm, chart), {values, name: 'hitwatch', namespace: 'monitoring'}))]));

const of_kind = (objects, kind) => objects.filter(object => object.kind === kind);
const pods_of = objects => objects.flatMap(object =>
  object.kind === 'Pod' ? [object]
    : object.spec?.template?.spec?.containers ? [object.spec.template] : []);

// Those that have all labels of a selector.
const selected = (pods, selector) => pods.filter(pod =>
  Object.entries(selector).every(([name, value]) => pod.metadata.labels?.[name] === value));

test('the values are what their schema says, and the schema refuses what would do harm', () => {
  const Ajv = from_npm('ajv');
  const valid = new Ajv({allErrors: true, strict: false})
    .compile(JSON.parse(read('deploy/helm/hitwatch/values.schema.json')));
  for (const [name, [chart, values]] of Object.entries(kCases)) {
    const own = chart === 'hitwatch' ? values
      : overlay(YAML.parse(read(`deploy/helm/${chart}/values.yaml`)).hitwatch, values.hitwatch);
    assert.ok(valid(overlay(defaults, own)), `${name}: ${JSON.stringify(valid.errors)}`);
  }
  const refused = {
    'a password in the clear': {targets: [{url: 'redis://cache', password: 'secret'}]},
    'a password in a URL': {targets: [{url: 'redis://user:secret@cache'}]},
    'an image that changes under its name': {image: {...named.image, tag: 'latest'}},
    'an image of whoever has the name at Docker Hub': {image: {repository: 'hitwatch'}},
    'an image of somebody at Docker Hub': {image: {repository: 'somebody/hitwatch'}},
    'runbooks in no place of the web': {prometheusRule: {runbookUrl: 'docs/alerts.md'}},
    'a value that is not there': {replicas: 3},
    'a section that the daemon does not have': {config: {target: []}},
    'no pod': {shards: 0},
    'another mode': {mode: 'daemonset'},
    'a tap in pods in which there is no Redis': {tap: {enabled: true}},
    'a tap without the capability for it': {mode: 'sidecar', config: {tap: {enabled: true}}},
    'a target without a URL': {targets: [{alias: 'cache'}]},
  };
  for (const [what, values] of Object.entries(refused)) {
    assert.ok(!valid(overlay(defaults, values)), `not refused: ${what}`);
  }
});

test('every value is in the schema, and means the same in YAML 1.1, which Helm reads', () => {
  const schema = JSON.parse(read('deploy/helm/hitwatch/values.schema.json'));
  assert.deepEqual(Object.keys(defaults).sort(),
                   Object.keys(schema.properties).filter(name => name !== 'global').sort());
  for (const file of ['deploy/helm/hitwatch/values.yaml', 'deploy/helm/hitwatch/Chart.yaml',
                      'deploy/helm/examples/redis-with-sidecar/values.yaml',
                      'deploy/kubernetes/central.values.yaml',
                      ...Object.keys(manifests()).map(name => `deploy/kubernetes/${name}`)]) {
    const as = version => YAML.parseAllDocuments(read(file), {version}).map(one => one.toJS());
    assert.deepEqual(as('1.1'), as('1.2'), file);
  }
});

test('deploy/kubernetes holds what the charts make of its values', () => {
  const expected = manifests();
  assert.deepEqual(readdirSync(path.join(root, 'deploy/kubernetes')).sort(),
                   [...Object.keys(expected), 'central.values.yaml'].sort());
  for (const [file, text] of Object.entries(expected)) {
    assert.equal(read(`deploy/kubernetes/${file}`), text, `run ./dev kubernetes: ${file} differs`);
  }
});

test('Kubernetes takes every object', () => {
  for (const [name, objects] of Object.entries(rendered)) {
    assert.ok(objects.length >= 3, name);
    assert.deepEqual(objects.flatMap(faults_of), [], name);
    const names = objects.map(object => `${object.kind} ${object.metadata.name}`);
    assert.deepEqual(names, [...new Set(names)], `${name}: an object is there twice`);
  }
});

test('what Kubernetes would not take is noticed', () => {
  const [good] = of_kind(rendered['the defaults'], 'StatefulSet');
  const broken = change => {
    const object = structuredClone(good);
    change(object.spec.template.spec.containers[0]);
    return faults_of(object).join();
  };
  assert.equal(broken(() => {}), '');
  assert.match(broken(container => { container.volumeMount = []; }), /no such field/);
  assert.match(broken(container => { container.livenessProbe.httpGet.prt = 1; }), /no such field/);
  assert.match(broken(container => { container.ports[0].containerPort = 'web'; }), /integer/);
});

test('pods are restricted, have limits, and no token of the cluster', () => {
  for (const [name, objects] of Object.entries(rendered)) {
    for (const pod of pods_of(objects)) {
      const {spec} = pod;
      assert.equal(spec.automountServiceAccountToken, false, name);
      assert.equal(spec.securityContext.runAsNonRoot, true, name);
      assert.equal(spec.securityContext.seccompProfile.type, 'RuntimeDefault', name);
      for (const volume of spec.volumes ?? []) {
        assert.ok(volume.configMap || volume.secret || volume.emptyDir, `${name}: ${volume.name}`);
      }
      for (const container of spec.containers) {
        const captures = name === 'sidecars that capture' && container.name === 'hitwatch';
        assert.deepEqual(container.securityContext.capabilities,
                         captures ? {add: ['NET_RAW'], drop: ['ALL']} : {drop: ['ALL']}, name);
        // Only root gets the capability.
        assert.equal(container.securityContext.runAsUser === 0, captures, name);
        assert.equal(container.securityContext.runAsNonRoot, captures ? false : undefined, name);
        assert.equal(container.securityContext.allowPrivilegeEscalation, false, name);
        assert.equal(container.securityContext.readOnlyRootFilesystem, true, name);
        assert.ok(container.resources.limits.memory, name);
        assert.match(container.image, /:\d+\.\d+\.\d+|@sha256:/, `${name}: not pinned`);
      }
    }
  }
});

test('Services, monitors, budgets and policies find the pods and their ports', () => {
  for (const [name, objects] of Object.entries(rendered)) {
    if (name === 'sidecars') continue; // whose pods are in other charts
    const pods = of_kind(objects, 'StatefulSet').map(({spec}) => spec.template);
    for (const service of of_kind(objects, 'Service')) {
      const {'statefulset.kubernetes.io/pod-name': pod_name, ...selector} = service.spec.selector;
      if (pod_name) assert.ok(pod_name.endsWith('-0'), name);
      const found = selected(pods, selector);
      assert.equal(found.length, 1, `${name}: ${service.metadata.name} selects ${found.length}`);
      const ports = found[0].spec.containers.flatMap(container => container.ports);
      for (const {targetPort, protocol} of service.spec.ports) {
        assert.ok(ports.some(port => port.name === targetPort && port.protocol === protocol),
                  `${name}: ${service.metadata.name} names ${targetPort}`);
      }
      assert.equal(selected(of_kind(objects, 'Pod'), selector).length, 0, `${name}: the test is served`);
    }
    for (const monitor of of_kind(objects, 'ServiceMonitor')) {
      const services = selected(of_kind(objects, 'Service'), monitor.spec.selector.matchLabels);
      assert.equal(services.length, 1, name);
      for (const {port} of monitor.spec.endpoints) {
        assert.ok(services[0].spec.ports.some(one => one.name === port), name);
      }
    }
    for (const kind of ['PodDisruptionBudget', 'NetworkPolicy']) {
      for (const {spec} of of_kind(objects, kind)) {
        const selector = spec.selector ?? spec.podSelector;
        assert.equal(selected(pods, selector.matchLabels).length, 1, `${name}: ${kind}`);
        for (const {port} of (spec.ingress ?? []).flatMap(rule => rule.ports)) {
          assert.ok(pods[0].spec.containers[0].ports.some(one => one.name === port), `${name}: ${port}`);
        }
      }
    }
    for (const {spec} of pods) {
      for (const {volumeMounts, name: container} of spec.containers) {
        const claims = of_kind(objects, 'StatefulSet')
          .flatMap(set => set.spec.volumeClaimTemplates ?? []).map(claim => claim.metadata.name);
        for (const mount of volumeMounts) {
          assert.ok([...spec.volumes.map(volume => volume.name), ...claims].includes(mount.name),
                    `${name}: ${container} mounts ${mount.name}`);
        }
        // The file system of a ConfigMap cannot be written, so nothing can be mounted inside.
        const places = volumeMounts.map(mount => `${mount.mountPath}/`);
        assert.ok(!places.some(one => places.some(other => one !== other && one.startsWith(other))), name);
      }
    }
  }
});

test('a sidecar captures where it may, and nowhere else', () => {
  const tap_of = name => YAML.parse(of_kind(rendered[name], 'ConfigMap')[0].data['hitwatch.yaml']).tap;
  assert.deepEqual(tap_of('sidecars that capture'), {enabled: true, interfaces: ['lo', 'eth0'], sample: '1/10'});
  for (const name of ['the defaults', 'everything', 'a chart with sidecars']) assert.equal(tap_of(name), undefined);
});

// Which of them watches what is the daemon's to say.
test('several pods have all targets, and each is told which part is its own', () => {
  const seventeen = Array.from({length: 17}, (_, i) => ({url: `redis://cache-${i}:6379`}));
  const objects = objects_of(render_chart(path.join(helm, 'hitwatch'),
                                          {values: {...named, shards: 4, targets: seventeen}, name: 'hitwatch'}));
  const [{spec}] = of_kind(objects, 'StatefulSet');
  const [{data}] = of_kind(objects, 'ConfigMap');
  assert.equal(spec.replicas, 4);
  const {targets, rules} = YAML.parse(data['hitwatch.yaml']);
  assert.deepEqual(targets, seventeen);
  // Else an Alertmanager would tell once for each pod what several of them send.
  assert.equal(rules?.external_labels, undefined);
  const [{args, env}] = spec.template.spec.containers;
  assert.ok(args.includes('--shard=pod/4'), String(args));
  assert.ok(env.some(({name, valueFrom}) => name === 'POD_NAME' && valueFrom.fieldRef.fieldPath === 'metadata.name'));
  for (const objects of [rendered['the defaults'], rendered.sidecars, rendered['a chart with sidecars']]) {
    for (const pod of pods_of(objects)) {
      for (const {args = []} of pod.spec.containers) assert.ok(!args.some(word => word.startsWith('--shard')), String(args));
    }
  }
});

test('a changed configuration starts the pods anew, and nothing else does', () => {
  const checksum = values => of_kind(objects_of(
    render_chart(path.join(helm, 'hitwatch'), {values: {...named, ...values}, name: 'hitwatch'})), 'StatefulSet')[0]
    .spec.template.metadata.annotations['checksum/config'];
  assert.match(checksum({}), /^[0-9a-f]{64}$/);
  assert.equal(checksum({}), checksum({resources: {limits: {memory: '1Gi'}}}));
  assert.notEqual(checksum({}), checksum({config: {poll: {interval: '5s'}}}));
});

test('the daemon accepts every configuration, with the secrets that are mounted', () => {
  for (const [name, objects] of Object.entries(rendered)) {
    const mounted = pods_of(objects).flatMap(pod => pod.spec.volumes ?? [])
      .filter(volume => volume.secret).map(volume => volume.secret.secretName);
    for (const {data} of of_kind(objects, 'ConfigMap')) {
      for (const [file, text] of Object.entries(data)) {
        const local = text.replaceAll(/\/secrets\/([^/\s]+)\/(\S+)/g, (all, secret, key) => {
          assert.ok(mounted.includes(secret), `${name}: ${all} is not mounted`);
          const folder = path.join(work, 'secrets', secret);
          mkdirSync(folder, {recursive: true});
          writeFileSync(path.join(folder, key), 'secret');
          return path.join(folder, key);
        });
        writeFileSync(path.join(work, file), local);
        execFileSync(process.env.HITWATCH, ['check', 'config', path.join(work, file)],
                     {env: {...process.env, POD_NAME: 'hitwatch-0'}, stdio: ['ignore', 'pipe', 'inherit']});
      }
    }
  }
});

test('ports are those that the daemon listens on', () => {
  const help = execFileSync(process.env.HITWATCH, ['run', '--help'], {encoding: 'utf8'});
  const web = Number(/\(0\.0\.0\.0:(\d+)\)/.exec(help)[1]);
  const [{spec}] = of_kind(rendered['the defaults'], 'StatefulSet');
  const [{data}] = of_kind(rendered['the defaults'], 'ConfigMap');
  const ports = Object.fromEntries(spec.template.spec.containers[0].ports
    .map(port => [port.name, `${port.protocol.toLowerCase()}://:${port.containerPort}`]));
  assert.equal(ports.hitwatch, `tcp://:${web}`);
  assert.deepEqual(YAML.parse(data['hitwatch.yaml']).apps.statsd.listen.sort(),
                   [ports.statsd, ports['statsd-tcp']].sort());
});

test('without an image the chart says what is missing', () => {
  assert.throws(() => render_chart(path.join(helm, 'hitwatch'), {name: 'hitwatch'}), /image\.repository must say where/);
});

// Where alerts of a PrometheusRule lead, without the names of the runbooks.
const runbooks_of = objects => {
  const urls = of_kind(objects, 'PrometheusRule')[0].spec.groups.flatMap(group => group.rules)
    .map(one => one.annotations?.runbook_url).filter(Boolean);
  assert.ok(urls.length > 50);
  for (const url of urls) assert.match(url, /^https?:\/\/.*\/runbooks\/\w+$/);
  return [...new Set(urls.map(url => url.slice(0, url.lastIndexOf('/runbooks/'))))];
};

test('the PrometheusRule has the bundled rules, all of them and unchanged but for where they lead', () => {
  const folder = path.join(root, 'rules/bundled');
  const text = readdirSync(folder).filter(name => name.endsWith('.yaml')).sort()
    .map(name => readFileSync(path.join(folder, name), 'utf8').replace(/^groups:\n/m, '')).join('');
  const {groups} = YAML.parse(
    `groups:\n${text.replaceAll('docs/alerts.md#', 'http://hitwatch.monitoring:9121/runbooks/')}`);
  const [rule] = of_kind(rendered['several pods'], 'PrometheusRule');
  assert.deepEqual(rule.spec.groups, groups);
  const file = path.join(work, 'rules.yaml');
  writeFileSync(file, YAML.stringify(rule.spec));
  execFileSync('promtool', ['check', 'rules', file], {stdio: ['ignore', 'pipe', 'inherit']});
});

test('alerts lead to a daemon\'s runbooks, at the address that is given for it', () => {
  const lead_to = values => runbooks_of(objects_of(render_chart(path.join(helm, 'hitwatch'), {
    values: {...named, ...values, prometheusRule: {enabled: true, ...values.prometheusRule}},
    name: 'hitwatch', namespace: 'monitoring'})));
  const rules = {external_url: 'https://outside.example'};
  const runbookUrl = 'https://hitwatch.example/';
  assert.deepEqual(lead_to({}), ['http://hitwatch.monitoring:9121']);
  assert.deepEqual(lead_to({scheme: 'HTTPS', service: {port: 443}}), ['https://hitwatch.monitoring:443']);
  assert.deepEqual(lead_to({config: {rules}}), ['https://outside.example']);
  assert.deepEqual(lead_to({config: {rules}, prometheusRule: {runbookUrl}}), ['https://hitwatch.example']);
  assert.deepEqual(runbooks_of(rendered.everything), ['https://hitwatch.example']);
  for (const [name, text] of Object.entries(manifests())) assert.ok(!text.includes('docs/alerts.md#'), name);
});

test('versions are the project\'s', () => {
  const version = /project\(hitwatch VERSION (\S+)/.exec(read('CMakeLists.txt'))[1];
  const chart = YAML.parse(read('deploy/helm/hitwatch/Chart.yaml'));
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  const [dependency] = YAML.parse(read('deploy/helm/examples/redis-with-sidecar/Chart.yaml')).dependencies;
  assert.equal(dependency.version, version);
  const [{spec}] = of_kind(rendered['the defaults'], 'StatefulSet');
  assert.equal(spec.template.spec.containers[0].image, `registry.example/hitwatch:${version}`);
});
