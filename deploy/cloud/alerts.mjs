// What cloud providers say of their managed caches, as alerts for POST /api/v2/alerts of hitwatch (the
// API of Alertmanager). They tell each change once, while an alert there ends by itself unless it is
// repeated: so one that begins gets an end far away, which the message that it is over moves.
const kLongest = 7 * 24 * 3600 * 1000; // milliseconds; then an alert ends though nobody said so
const kLongestText = 1000;

const text_of = value => String(value ?? '').slice(0, kLongestText);
const time_of = value => {
  const time = Date.parse(String(value ?? '').replace(/\+0000$/, 'Z'));
  return Number.isNaN(time) ? undefined : time;
};
const iso = time => new Date(time).toISOString();

// Labels without those that have no value, under names that a label may have.
function labels_of(entries) {
  return Object.fromEntries(Object.entries(entries)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => [name.replace(/[^A-Za-z0-9_]/g, '_'), text_of(value)]));
}

// CacheClusterId becomes cache_cluster_id.
const snake_case = name => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

function times(firing, began, ended, now) {
  if (firing) return {startsAt: iso(began ?? now), endsAt: iso((began ?? now) + kLongest)};
  const end = ended ?? now;
  return {...(began !== undefined && began <= end ? {startsAt: iso(began)} : {}), endsAt: iso(end)};
}

// --- AWS --------------------------------------------------------------------------------------------

// An alarm in the form that CloudWatch sends to a Lambda function, of either form.
function alarm_of(event) {
  if (event.alarmData) {
    const {alarmName, state, previousState, configuration} = event.alarmData;
    const metric = configuration?.metrics?.find(one => one.metricStat)?.metricStat?.metric;
    return {
      name: alarmName, state: state?.value, reason: state?.reason, since: state?.timestamp,
      former: previousState?.value, former_since: previousState?.timestamp,
      description: configuration?.description, account: event.accountId, region: event.region,
      arn: event.alarmArn, namespace: metric?.namespace, metric: metric?.name,
      dimensions: metric?.dimensions ?? {},
    };
  }
  // What an SNS topic passes on has other names, and the region in words.
  const trigger = event.Trigger ?? {};
  return {
    name: event.AlarmName, state: event.NewStateValue, reason: event.NewStateReason,
    since: event.StateChangeTime, former: event.OldStateValue, description: event.AlarmDescription,
    account: event.AWSAccountId, region: event.AlarmArn?.split(':')[3], arn: event.AlarmArn,
    namespace: trigger.Namespace, metric: trigger.MetricName,
    dimensions: Object.fromEntries((trigger.Dimensions ?? []).map(({name, value}) => [name, value])),
  };
}

// Alarms of an account need different names, so one of many caches ends with the cache's. As an alert its
// name is the alarm's kind, the same for all caches; which cache it is stands in `instance`.
function kind_of(name, instance) {
  const suffix = `-${instance}`;
  return instance && name.length > suffix.length && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

// The alerts in an event of a Lambda function: an alarm's action, or messages of an SNS topic. None for
// an alarm without data: as with servers that do not answer, what fired goes on firing. Messages about
// something else are left out.
export function alerts_of_cloudwatch(event, {now = Date.now(), severity = 'warning'} = {}) {
  const messages = event.Records
    ? event.Records.map(record => {
        try {
          return JSON.parse(record.Sns.Message);
        } catch {
          return {};
        }
      })
    : [event];
  return messages.map(alarm_of)
    .filter(alarm => alarm.name && ['ALARM', 'OK'].includes(alarm.state))
    .map(alarm => {
      const dimensions = Object.fromEntries(
        Object.entries(alarm.dimensions).map(([name, value]) => [snake_case(name), value]));
      const instance = dimensions.cache_cluster_id ?? dimensions.replication_group_id;
      const firing = alarm.state === 'ALARM';
      const began = firing ? time_of(alarm.since)
        : alarm.former === 'ALARM' ? time_of(alarm.former_since) : undefined;
      return {
        labels: labels_of({
          ...dimensions,
          alertname: kind_of(alarm.name, instance),
          severity,
          source: 'cloudwatch',
          instance,
          namespace: alarm.namespace,
          metric: alarm.metric,
          account: alarm.account,
          region: alarm.region,
        }),
        annotations: labels_of({
          summary: alarm.description || `${alarm.name}: ${alarm.metric ?? 'an alarm'} of AWS`,
          description: alarm.reason,
          alarm_arn: alarm.arn,
        }),
        ...times(firing, began, time_of(alarm.since), now),
      };
    });
}

// --- Azure ------------------------------------------------------------------------------------------

const kSeverities = {Sev0: 'critical', Sev1: 'critical', Sev2: 'warning', Sev3: 'info', Sev4: 'info'};

// The alerts in a message of Azure Monitor's common alert schema: one for each resource. None for other
// messages, such as the one that comes when an action group is tried out with another schema.
export function alerts_of_azure(body, {now = Date.now()} = {}) {
  const essentials = body?.data?.essentials;
  if (body?.schemaId !== 'azureMonitorCommonAlertSchema' || !essentials?.alertRule) return [];
  if (!['Fired', 'Resolved'].includes(essentials.monitorCondition)) return [];
  const firing = essentials.monitorCondition === 'Fired';
  const condition = body.data.alertContext?.condition?.allOf?.[0];
  const resources = essentials.alertTargetIDs?.length ? essentials.alertTargetIDs : [''];
  return resources.map(resource => ({
    labels: labels_of({
      alertname: essentials.alertRule,
      severity: kSeverities[essentials.severity] ?? 'warning',
      source: 'azure',
      // The name alone, in the case of letters in which Azure writes it everywhere.
      instance: text_of(resource).split('/').at(-1).toLowerCase(),
      signal: essentials.signalType,
      metric: condition?.metricName,
    }),
    annotations: labels_of({
      summary: essentials.description || `${essentials.alertRule}: an alert of Azure Monitor`,
      description: condition && condition.metricValue !== undefined && condition.metricValue !== null
        ? `${condition.metricName} is ${condition.metricValue}` : undefined,
      resource,
      alert_id: essentials.alertId,
    }),
    ...times(firing, time_of(essentials.firedDateTime), time_of(essentials.resolvedDateTime), now),
  }));
}
