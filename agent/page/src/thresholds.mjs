// Which threshold holds for whom (the order is that of rules/bundled/cache.yaml), and what its
// number means. Pure.
import * as format from './format.mjs';

// From the most specific to the least: the labels that a threshold of that rank names.
const kRanks = [
  ['tenant', 'type'],
  ['tenant'],
  ['instance', 'type'],
  ['instance'],
  ['type'],
  [],
];
const kLabels = ['tenant', 'type', 'instance'];

// A vector of hitwatch_threshold as a list of { name, labels, value }.
export function readThresholds(vector) {
  return vector.map(
      ({metric, value}) => ({
        name: metric.threshold,
        labels: Object.fromEntries(kLabels.map((label) => [label, metric[label] ?? ''])),
        value: Number(value[1]),
      }));
}

// The number that holds for a subject with these labels; undefined if none is known.
export function effective(thresholds, name, subject) {
  for (const rank of kRanks) {
    const found = thresholds.find(
        (threshold) => threshold.name === name &&
            kLabels.every(
                (label) => threshold.labels[label] ===
                    (rank.includes(label) ? subject[label] ?? '' : '')) &&
            rank.every((label) => threshold.labels[label] !== ''));
    if (found !== undefined) return found.value;
  }
  return undefined;
}

const kBytes = ['fragmentation_bytes', 'output_buffer', 'input_buffer', 'replication_backlog'];
const kSeconds = [
  'warm_up', 'get_p99', 'latency_spike', 'rdb_age', 'save_duration', 'aof_rewrite_duration',
  'replication_lag', 'snapshot_age', 'keyspace_age'
];

export function thresholdText(name, value) {
  if (name === 'fragmentation_ratio') return format.number(value);
  if (name.endsWith('_ratio') || name === 'warm_up_share') return format.percent(value);
  if (kBytes.includes(name)) return format.bytes(value);
  if (kSeconds.includes(name)) return format.latency(value);
  return format.number(value);
}

// The names of the thresholds that an expression compares with.
export function thresholdsIn(expression) {
  const names = [...expression.matchAll(/threshold="([a-z0-9_]+)"/g)].map((match) => match[1]);
  return [...new Set(names)];
}
