// The manifests of deploy/kubernetes, which are the charts of deploy/helm with the values beside them:
// node manifests.mjs writes them anew (./dev kubernetes).
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {render_chart} from './chart.mjs';
import {YAML, root} from './modules.mjs';

const folder = path.join(root, 'deploy/kubernetes');
const kHead = `# Written by ./dev kubernetes from deploy/helm; change it there.
`;

const kSources = [
  {
    chart: 'hitwatch', name: 'hitwatch', namespace: 'monitoring', values: 'central.values.yaml',
    files: {
      'central.yaml': {
        about: `# Two pods that watch three servers between them: the chart with central.values.yaml.
# kubectl --namespace monitoring apply -f central.yaml
`,
        holds: text => !text.includes('monitoring.coreos.com'),
      },
      'servicemonitor.yaml': {
        about: `# For a Prometheus operator: that the pods of central.yaml are scraped.
# kubectl --namespace monitoring apply -f servicemonitor.yaml
`,
        holds: text => text.includes('kind: ServiceMonitor'),
      },
      'prometheusrule.yaml': {
        about: `# For a Prometheus operator: the bundled rules. The daemon judges them by itself; let the operator have
# them only where it does not (rules: {bundled: false}), or every alert has two senders.
# kubectl --namespace monitoring apply -f prometheusrule.yaml
`,
        holds: text => text.includes('kind: PrometheusRule'),
      },
    },
  },
  {
    chart: 'examples/redis-with-sidecar', name: 'cache', namespace: 'default',
    files: {
      'sidecar.yaml': {
        about: `# A Redis with the daemon in its pod: the chart deploy/helm/examples/redis-with-sidecar.
# kubectl create secret generic redis --from-file=users.acl --from-file=hitwatch-password
# kubectl apply -f sidecar.yaml
`,
        holds: () => true,
      },
    },
  },
];

// The texts by the names of their files.
export function manifests() {
  const texts = {};
  for (const source of kSources) {
    const values = source.values
      ? YAML.parse(readFileSync(path.join(folder, source.values), 'utf8')) : {};
    const rendered = render_chart(path.join(root, 'deploy/helm', source.chart), {...source, values});
    const objects = Object.entries(rendered)
      .filter(([file, text]) => file.endsWith('.yaml') && text)
      .map(([, text]) => text);
    for (const [file, {about, holds}] of Object.entries(source.files)) {
      texts[file] = kHead + about + objects.filter(holds).map(text => `---\n${text}\n`).join('');
    }
  }
  return texts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(manifests())) writeFileSync(path.join(folder, file), text);
}
