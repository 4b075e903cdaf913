// Alarms of cloud providers become alerts, and the daemon takes them. The messages are of the forms that
// the providers document; names and numbers are ours.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import test from 'node:test';
import {alerts_of_azure, alerts_of_cloudwatch} from '../../deploy/cloud/alerts.mjs';
import {handler} from '../../deploy/cloud/aws/handler.mjs';
import azure_function from '../../deploy/cloud/azure/index.mjs';
import {post_alerts} from '../../deploy/cloud/post.mjs';
import {eventually, start_daemon} from './daemon.mjs';

const kMinute = 60_000;
const now = Date.now();
const cloudwatch_time = time => new Date(time).toISOString().replace('Z', '+0000');

// As CloudWatch calls a Lambda function.
const alarm = (value, former, {name = 'MemoryAlmostOut-catalog-001', at = now, before = now - 5 * kMinute} = {}) => ({
  source: 'aws.cloudwatch',
  alarmArn: `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${name}`,
  accountId: '111122223333',
  time: cloudwatch_time(at),
  region: 'eu-central-1',
  alarmData: {
    alarmName: name,
    state: {value, reason: 'Threshold Crossed: 5 datapoints were greater than the threshold (95.0).',
            reasonData: '{"version":"1.0"}', timestamp: cloudwatch_time(at)},
    previousState: {value: former, reason: 'Unchecked', timestamp: cloudwatch_time(before)},
    configuration: {
      description: 'catalog-001: the memory is almost used up',
      metrics: [{id: 'm1', returnData: true, metricStat: {
        metric: {namespace: 'AWS/ElastiCache', name: 'DatabaseMemoryUsagePercentage',
                 dimensions: {CacheClusterId: 'catalog-001', CacheNodeId: '0001'}},
        period: 60, stat: 'Average'}}],
    },
  },
});

// As an SNS topic passes it on.
const through_sns = (value, former) => ({Records: [{
  EventSource: 'aws:sns',
  EventVersion: '1.0',
  Sns: {
    Type: 'Notification',
    TopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms',
    Subject: `${value}: "EngineCpuHigh-catalog-001" in EU (Frankfurt)`,
    Message: JSON.stringify({
      AlarmName: 'EngineCpuHigh-catalog-001',
      AlarmDescription: null,
      AWSAccountId: '111122223333',
      NewStateValue: value,
      NewStateReason: 'Threshold Crossed',
      StateChangeTime: cloudwatch_time(now),
      Region: 'EU (Frankfurt)',
      AlarmArn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:EngineCpuHigh-catalog-001',
      OldStateValue: former,
      Trigger: {MetricName: 'EngineCPUUtilization', Namespace: 'AWS/ElastiCache', StatisticType: 'Statistic',
                Statistic: 'AVERAGE', Dimensions: [{value: 'catalog-001', name: 'CacheClusterId'}],
                Period: 60, EvaluationPeriods: 5, ComparisonOperator: 'GreaterThanThreshold', Threshold: 90},
    }),
  },
}]});

const common_schema = (monitorCondition, more = {}) => ({
  schemaId: 'azureMonitorCommonAlertSchema',
  data: {
    essentials: {
      alertId: '/subscriptions/0000/providers/Microsoft.AlertsManagement/alerts/1234',
      alertRule: 'ServerLoadHigh',
      severity: 'Sev1',
      signalType: 'Metric',
      monitorCondition,
      monitoringService: 'Platform',
      alertTargetIDs: ['/subscriptions/0000/resourcegroups/shop/providers/microsoft.cache/redis/Catalog'],
      configurationItems: ['catalog'],
      firedDateTime: new Date(now - 3 * kMinute).toISOString(),
      ...(monitorCondition === 'Resolved' ? {resolvedDateTime: new Date(now).toISOString()} : {}),
      description: 'serverLoad is above 90',
      essentialsVersion: '1.0',
      alertContextVersion: '1.0',
      ...more,
    },
    alertContext: {
      conditionType: 'SingleResourceMultipleMetricCriteria',
      condition: {windowSize: 'PT5M', allOf: [
        {metricName: 'serverLoad', metricNamespace: 'Microsoft.Cache/redis', operator: 'GreaterThan',
         threshold: '90', timeAggregation: 'Average', dimensions: [], metricValue: 97.5}]},
    },
  },
});

test('an alarm of CloudWatch is an alert of its cache, with its dimensions as labels', () => {
  const [alert] = alerts_of_cloudwatch(alarm('ALARM', 'OK'), {now});
  assert.deepEqual(alert.labels, {
    alertname: 'MemoryAlmostOut', severity: 'warning', source: 'cloudwatch',
    instance: 'catalog-001', cache_cluster_id: 'catalog-001', cache_node_id: '0001',
    namespace: 'AWS/ElastiCache', metric: 'DatabaseMemoryUsagePercentage',
    account: '111122223333', region: 'eu-central-1',
  });
  assert.equal(alert.annotations.summary, 'catalog-001: the memory is almost used up');
  assert.match(alert.annotations.description, /^Threshold Crossed/);
  assert.equal(Date.parse(alert.startsAt), now);
  assert.ok(Date.parse(alert.endsAt) > now + 24 * 60 * kMinute, 'nobody repeats it, so it must last');
});

test('alarms of one kind have one name, whichever cache they are of', () => {
  const of_cache = cluster => {
    const event = alarm('ALARM', 'OK', {name: `MemoryAlmostOut-${cluster}`});
    event.alarmData.configuration.metrics[0].metricStat.metric.dimensions.CacheClusterId = cluster;
    return alerts_of_cloudwatch(event, {now})[0].labels;
  };
  for (const cluster of ['catalog-001', 'catalog-002', 'session']) {
    assert.deepEqual([of_cache(cluster).alertname, of_cache(cluster).instance], ['MemoryAlmostOut', cluster]);
  }
  const named = name => alerts_of_cloudwatch(alarm('ALARM', 'OK', {name}), {now})[0].labels.alertname;
  for (const name of ['OneOfYours', '-catalog-001', 'catalog-001', 'Xcatalog-001']) assert.equal(named(name), name);
  const event = alarm('ALARM', 'OK', {name: 'Bill-'});
  event.alarmData.configuration.metrics = [];
  assert.equal(alerts_of_cloudwatch(event, {now})[0].labels.alertname, 'Bill-');
});

test('the end of an alarm ends the same alert', () => {
  const [began] = alerts_of_cloudwatch(alarm('ALARM', 'OK'), {now});
  const [ended] = alerts_of_cloudwatch(alarm('OK', 'ALARM'), {now});
  assert.deepEqual(ended.labels, began.labels);
  assert.equal(Date.parse(ended.endsAt), now);
  assert.equal(Date.parse(ended.startsAt), now - 5 * kMinute);
});

test('an alarm without data changes nothing', () => {
  assert.deepEqual(alerts_of_cloudwatch(alarm('INSUFFICIENT_DATA', 'ALARM')), []);
});

test('a topic that passes alarms on says the same', () => {
  const [alert] = alerts_of_cloudwatch(through_sns('ALARM', 'OK'), {now, severity: 'critical'});
  assert.equal(alert.labels.alertname, 'EngineCpuHigh');
  assert.equal(alert.labels.instance, 'catalog-001');
  assert.equal(alert.labels.region, 'eu-central-1');
  assert.equal(alert.labels.severity, 'critical');
  assert.equal(Date.parse(alert.startsAt), now);
  const [ended] = alerts_of_cloudwatch(through_sns('OK', 'ALARM'), {now, severity: 'critical'});
  assert.deepEqual(ended.labels, alert.labels);
});

test('what is no alarm is left out', () => {
  assert.deepEqual(alerts_of_cloudwatch({Records: [{Sns: {Message: 'not JSON'}}, {}, {Sns: {
    Message: '{"ElastiCache:CacheClusterProvisioningComplete":"catalog-001"}'}}]}), []);
  assert.deepEqual(alerts_of_cloudwatch({}), []);
  assert.deepEqual(alerts_of_azure({}), []);
  assert.deepEqual(alerts_of_azure(undefined), []);
  assert.deepEqual(alerts_of_azure({schemaId: 'AzureMonitorMetricAlert', data: {}}), []);
});

test('an alert of Azure Monitor is one of each resource, and its severity a word', () => {
  const [alert] = alerts_of_azure(common_schema('Fired'), {now});
  assert.deepEqual(alert.labels, {alertname: 'ServerLoadHigh', severity: 'critical', source: 'azure',
                                  instance: 'catalog', signal: 'Metric', metric: 'serverLoad'});
  assert.equal(alert.annotations.description, 'serverLoad is 97.5');
  assert.equal(Date.parse(alert.startsAt), now - 3 * kMinute);
  const [ended] = alerts_of_azure(common_schema('Resolved'), {now});
  assert.deepEqual(ended.labels, alert.labels);
  assert.equal(Date.parse(ended.endsAt), now);
  const two = alerts_of_azure(common_schema('Fired', {alertTargetIDs: ['/a/one', '/a/two'], severity: 'Sev3'}));
  assert.deepEqual(two.map(one => [one.labels.instance, one.labels.severity]), [['one', 'info'], ['two', 'info']]);
});

test('long texts are cut, and values that labels cannot have left out', () => {
  const [alert] = alerts_of_azure(common_schema('Fired', {description: 'x'.repeat(100_000), signalType: null}));
  assert.equal(alert.annotations.summary.length, 1000);
  assert.ok(!('signal' in alert.labels));
});

// "geheim", with the lowest cost there is.
const kWeb = `basic_auth_users:
  cloud: $2b$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ.
`;

test('the daemon takes them, tells them on and off, and nothing of an alarm that never fired', async () => {
  const told = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', part => { body += part; }).on('end', () => {
      told.push(...JSON.parse(body).alerts.map(({status, labels}) => `${labels.alertname} ${status}`));
      response.end();
    });
  });
  await new Promise(resolve => receiver.listen(0, '127.0.0.1', resolve));
  const daemon = await start_daemon(`targets: []
apps: {statsd: {listen: []}}
rules: {bundled: false}
storage: {path: FOLDER}
web: {config_file: web.yml, admin_api: true}
notify:
  route: {receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s}
  receivers: [{name: hook, webhook_configs: [{url: "http://127.0.0.1:${receiver.address().port}/"}]}]
`, {'web.yml': kWeb});
  try {
    process.env.HITWATCH_URL = daemon.url;
    process.env.HITWATCH_USER = 'cloud';
    process.env.HITWATCH_PASSWORD = 'wrong';
    await assert.rejects(handler(alarm('ALARM', 'OK')), /hitwatch answers 401/);
    process.env.HITWATCH_PASSWORD = 'geheim';

    assert.deepEqual(await handler(alarm('OK', 'INSUFFICIENT_DATA', {name: 'NeverFired'})), {posted: 1});
    assert.deepEqual(await handler(alarm('ALARM', 'OK')), {posted: 1});
    const context = {};
    await azure_function(context, {body: common_schema('Fired')});
    assert.deepEqual(context.res, {status: 200, body: {posted: 1}});
    await eventually(() => told.length === 2);
    assert.deepEqual(told.sort(), ['MemoryAlmostOut firing', 'ServerLoadHigh firing']);

    const listed = await fetch(`${daemon.url}/api/v2/alerts`,
                               {headers: {Authorization: `Basic ${btoa('cloud:geheim')}`}});
    assert.deepEqual((await listed.json()).map(alert => alert.labels.instance).sort(), ['catalog', 'catalog-001']);

    await handler(alarm('OK', 'ALARM', {at: Date.now(), before: now}));
    await azure_function({}, {body: common_schema('Resolved')});
    await eventually(() => told.length === 4);
    assert.deepEqual(told.slice(2).sort(), ['MemoryAlmostOut resolved', 'ServerLoadHigh resolved']);
  } finally {
    await daemon.stop();
    receiver.close();
    receiver.closeAllConnections?.();
  }
});

test('a daemon that cannot be reached is an error, so that the provider tries again', async () => {
  const environment = {HITWATCH_URL: 'http://127.0.0.1:1'};
  const alerts = alerts_of_azure(common_schema('Fired'));
  await assert.rejects(post_alerts(alerts, environment));
  await assert.rejects(post_alerts(alerts, {}), /HITWATCH_URL is not set/);
  assert.equal(await post_alerts([], {}), 0);
  process.env.HITWATCH_URL = environment.HITWATCH_URL;
  const context = {};
  await azure_function(context, {body: common_schema('Fired')});
  assert.equal(context.res.status, 502);
});
