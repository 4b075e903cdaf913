// Links between the dashboards, to alerts and to traces. They carry the time range and the variables.

export const uids = {
  cache: 'hitwatch-cache-overview',
  tenants: 'hitwatch-tenants',
  redis: 'hitwatch-redis-server',
  fleet: 'hitwatch-fleet',
  hitwatch: 'hitwatch-itself',
};

const carried = ['datasource', 'job', 'instance', 'layer', 'type', 'tenant'];

// `set`: variables with a value of their own, such as {tenant: '${__field.labels.tenant}'}.
export function dashboardLink(title, uid, { set = {}, carry = carried } = {}) {
  const kept = carry.filter((name) => !(name in set)).map((name) => `\${${name}:queryparam}`);
  const fixed = Object.entries(set).map(([name, value]) => `var-${name}=${value}`);
  const url = `/d/${uid}?${['${__url_time_range}', ...kept, ...fixed].join('&')}`;
  return { title, url, targetBlank: false };
}

// What the data source says of its rules and why they fire, as JSON, through Grafana's proxy.
export const rulesLink = (title, alertname) => ({
  title,
  url: `/api/datasources/proxy/uid/\${datasource}/api/v1/rules?rule_name[]=${alertname}`,
  targetBlank: true,
});

// What to do about an alert; the daemon has the runbooks, a Prometheus has not.
export const runbookLink = (alertname) => ({
  title: 'What to do (hitwatch as data source)',
  url: `/api/datasources/proxy/uid/\${datasource}/runbooks/${alertname}`,
  targetBlank: true,
});

export const alertListLink = {
  title: 'Alert rules of Grafana',
  url: '/alerting/list',
  targetBlank: false,
};

// Keeps the variables in an encoded text.
const encoded = (text) =>
  encodeURIComponent(text).replace(/%24%7B(.+?)%7D/g, (_, name) => `\${${decodeURIComponent(name)}}`);

// A search in the traces that hitwatch sends, in the Tempo that the variable `traces` names.
export function traceLink(title, traceql) {
  const panes = {
    hitwatch: {
      datasource: '${traces}',
      queries: [
        {
          refId: 'A',
          datasource: { type: 'tempo', uid: '${traces}' },
          queryType: 'traceql',
          query: traceql,
          limit: 50,
        },
      ],
      range: { from: '${__from}', to: '${__to}' },
    },
  };
  return {
    title,
    url: `/explore?schemaVersion=1&panes=${encoded(JSON.stringify(panes))}`,
    targetBlank: true,
  };
}
