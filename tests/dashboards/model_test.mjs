// What the other tests rest on: variables are filled in as Grafana does it, and answers that differ are
// told apart from those that were only seen at other moments.
import assert from 'node:assert/strict';
import test from 'node:test';

import {panelsOf, queriesOf, questionOf} from '../../dashboards/model/panels.mjs';
import {allOf, builtIn, fillIn, oneOf, optionsOf, secondsOf, stepOf} from '../../dashboards/model/variables.mjs';
import {differences, hasData} from './comparison.mjs';

const own = builtIn({from: 1000, to: 4600, step: 15, scrape: 5});

test('intervals are those of Grafana', () => {
  assert.equal(fillIn('[$__interval] [$__rate_interval] [${__range}] $__range_s $__to', {}, own),
               '[15s] [20s] [1h] 3600 4600000');
  assert.equal(builtIn({from: 0, to: 60, step: 60, scrape: 15}).__rate_interval, '75s');
});

test('a variable becomes a part of a regular expression', () => {
  const several = {multi: true};
  assert.equal(fillIn('a{t=~"$t"}', {t: oneOf(several, 'a.b')}, own), 'a{t=~"a\\\\.b"}');
  assert.equal(fillIn('a{t=~"${t}"}', {t: oneOf(several, ['x', 'y'])}, own), 'a{t=~"(x|y)"}');
  assert.equal(fillIn('a{t="$t"}', {t: oneOf({}, 'a.b')}, own), 'a{t="a.b"}');
  assert.equal(fillIn('a{t=~"$t"}', {t: allOf({includeAll: true, allValue: '.*'}, ['x'])}, own), 'a{t=~".*"}');
  assert.equal(fillIn('${t:csv} [[t:pipe]] $tt', {t: oneOf(several, ['x', 'y'])}, own), 'x,y x|y $tt');
});

test('a name that nothing has is told', () => {
  const unknown = new Set();
  fillIn('$instnace ${job}', {job: oneOf({}, 'redis')}, own, unknown);
  assert.deepEqual([...unknown], ['instnace']);
});

test('options are filtered, shortened and sorted', () => {
  assert.deepEqual(optionsOf({regex: '/^demo-(.*)/', sort: 1}, ['demo-b', 'x', 'demo-a']), ['a', 'b']);
});

test('options have the order of their texts, and stand for other values', () => {
  const regex = '/"(?<text>\\w+)(?:=(?<value>[^"]+))?"/';
  assert.deepEqual(optionsOf({regex, sort: 1}, ['{a="tap"} 1', '{a="http"} 1', '{b="all=x|y"} 1']), ['x|y', 'http', 'tap']);
});

test('durations and steps', () => {
  assert.equal(secondsOf('1m30s'), 90);
  assert.equal(secondsOf('$x'), undefined);
  assert.equal(stepOf(3600, 700, 1), 5);
  assert.equal(stepOf(60, 700, 1), 1);
});

test('questions of variables', () => {
  assert.deepEqual(questionOf('label_values(up{a="b,c"}, instance)'), {label: 'instance', match: 'up{a="b,c"}'});
  assert.deepEqual(questionOf('label_values(job)'), {label: 'job', match: undefined});
  assert.deepEqual(questionOf('query_result(up)'), {expr: 'up'});
  assert.equal(questionOf('up'), undefined);
});

test('panels of collapsed rows count, hidden queries do not', () => {
  const panel = {type: 'stat', title: 'p', targets: [{expr: 'a', hide: true}, {expr: 'b', instant: true}]};
  const found = panelsOf({panels: [{type: 'row', title: 'r', collapsed: true, panels: [panel]}]});
  assert.deepEqual(found, [{panel, row: 'r'}]);
  assert.deepEqual(queriesOf(panel).map(({expr, kinds}) => [expr, kinds]), [['b', ['instant']]]);
});

const times = [1, 2, 3];
const series = (metric, values) => ({metric, values: values.map((value, at) => [times[at], String(value)])});

test('the same seen at other moments is the same', () => {
  assert.deepEqual(differences([series({a: 'x'}, [100, 110, 130])], [series({a: 'x'}, [90, 95, 100])], times), []);
  assert.deepEqual(differences([series({a: 'x'}, ['NaN', 'NaN', 'NaN'])], [series({a: 'x'}, ['NaN', 1, 1])], times), []);
  // One that comes or goes in these seconds.
  assert.deepEqual(differences([series({a: 'x'}, [1])], [], times), []);
});

test('other values, labels and missing series are differences', () => {
  assert.match(differences([series({a: 'x'}, [100, 100, 100])], [series({a: 'x'}, [60, 61, 62])], times)[0],
               /^\{a="x"\} is 100 to 100 in the daemon, 60 to 62 in Prometheus$/);
  assert.deepEqual(differences([series({a: 'x'}, [1, 1, 1])], [series({a: 'y'}, [1, 1, 1])], times),
                   ['only the daemon has {a="x"}, Prometheus does not',
                    'only Prometheus has {a="y"}, the daemon does not']);
  assert.equal(differences([series({}, [0, 0, 0])], [series({}, [1, 1, 1])], times).length, 1);
  assert.equal(differences([series({}, ['NaN', 'NaN', 'NaN'])], [series({}, [1, 1, 1])], times).length, 1);
});

test('only numbers are data', () => {
  assert.equal(hasData([series({}, ['NaN', '+Inf'])]), false);
  assert.equal(hasData([series({}, ['NaN', '1'])]), true);
});
