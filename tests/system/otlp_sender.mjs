// Sends lookups as OTLP metrics with OpenTelemetry's own SDK.
//
//   node otlp_sender.mjs URL TOKEN proto|json none|gzip delta|cumulative explicit|exponential
//
// Three collections, each with the same lookups of two tenants: 5 hits, 3 misses and an error each,
// and latencies of 0.4, 4 and 40 ms. Prints "sent" when the exporter has no complaint.
import {diag, DiagLogLevel} from '@opentelemetry/api';
import {OTLPMetricExporter as JsonExporter} from '@opentelemetry/exporter-metrics-otlp-http';
import {OTLPMetricExporter as ProtoExporter} from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  AggregationTemporality, ExplicitBucketHistogramAggregation, ExponentialHistogramAggregation,
  InstrumentType, MeterProvider, PeriodicExportingMetricReader, View,
} from '@opentelemetry/sdk-metrics';

const [url, token, encoding, compression, temporality, buckets] = process.argv.slice(2);
let complaints = 0;
const complain = (...what) => {
  complaints += 1;
  console.error(...what);
};
diag.setLogger({error: complain, warn: complain, info() {}, debug() {}, verbose() {}},
               DiagLogLevel.WARN);

const Exporter = encoding === 'json' ? JsonExporter : ProtoExporter;
const exporter = new Exporter({
  url,
  headers: {Authorization: `Bearer ${token}`},
  compression,
  temporalityPreference: temporality === 'delta' ? AggregationTemporality.DELTA
                                                 : AggregationTemporality.CUMULATIVE,
});
const reader = new PeriodicExportingMetricReader({exporter, exportIntervalMillis: 3_600_000});
const provider = new MeterProvider({
  readers: [reader],
  views: [new View({
    instrumentType: InstrumentType.HISTOGRAM,
    aggregation: buckets === 'exponential'
        ? new ExponentialHistogramAggregation(160, true)
        : new ExplicitBucketHistogramAggregation([0.1, 0.4, 1, 4, 10, 40, 100]),
  })],
});
const meter = provider.getMeter('shop');
const requests = meter.createCounter('cache.requests');
const errors = meter.createCounter('cache.errors');
const latency = meter.createHistogram('cache.latency', {unit: 'ms'});
meter.createObservableGauge('process.uptime').addCallback((result) => result.observe(1));

for (let round = 0; round < 3; ++round) {
  for (const tenant of ['acme', 'globex']) {
    const about = {tenant, type: 'catalog'};
    requests.add(5, {...about, 'cache.result': 'hit'});
    requests.add(3, {...about, 'cache.result': 'miss'});
    errors.add(1, {...about, operation: 'get'});
    for (const value of [0.4, 4, 40]) latency.record(value, {...about, operation: 'get'});
  }
  // The SDK's clock ticks in milliseconds: a start and a collection within one look like a start
  // that is not known.
  await new Promise((done) => setTimeout(done, 5));
  await reader.forceFlush();
}
await provider.shutdown();
if (complaints === 0) console.log('sent');
