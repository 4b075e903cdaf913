// Links between the dashboards, to the pages of the daemon, to alerts and to traces. Those between the
// dashboards carry the time range and the variables, of which each dashboard has some.

export const uids = {
  cache: 'hitwatch-cache-overview',
  tenants: 'hitwatch-tenants',
  redis: 'hitwatch-redis-server',
  fleet: 'hitwatch-fleet',
  hitwatch: 'hitwatch-itself',
};

const carried = ['datasource', 'job', 'instance', 'layer', 'type', 'tenant', 'source', 'hitwatch'];

// `set`: variables with a value of their own, such as {tenant: '${__field.labels.tenant}'}.
export function dashboardLink(title, uid, { set = {}, carry = carried } = {}) {
  const kept = carry.filter((name) => !(name in set)).map((name) => `\${${name}:queryparam}`);
  const fixed = Object.entries(set).map(([name, value]) => `var-${name}=${value}`);
  const url = `/d/${uid}?${['${__url_time_range}', ...kept, ...fixed].join('&')}`;
  return { title, url, targetBlank: false };
}

// Of a value that is the name of a server, and of a line that has it as label.
export const thisServer = dashboardLink('This server', uids.redis, {
  set: { instance: '${__value.text}' },
});
export const serverOfLine = dashboardLink('This server', uids.redis, {
  set: { instance: '${__field.labels.instance}' },
});

// A page of the daemon: it has what to do and why, whichever data source the panels ask.
export const daemonLink = (title, path) => ({
  title,
  url: `\${hitwatch:raw}${path}`,
  targetBlank: true,
});
export const runbookLink = (alertname) => daemonLink('What to do', `/runbooks/${alertname}`);
export const rulesLink = (alertname) =>
  daemonLink('Rule and why, as JSON', `/api/v1/rules?rule_name[]=${alertname}`);

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
