// Decodes the body of an ExportTraceServiceRequest with the messages of OpenTelemetry's JavaScript
// SDK, and prints it in OTLP's JSON encoding. Fields that the SDK does not know are left out.
//
//   node decode.cjs NODE_MODULES protobuf|json FILE
const fs = require('node:fs');
const path = require('node:path');

const [modules, encoding, file] = process.argv.slice(2);
const root = require(
    path.join(modules, '@opentelemetry/otlp-transformer/build/src/generated/root.js'));
const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

const ids = ['traceId', 'spanId', 'parentSpanId'];
// A copy in which `change` has been applied to all ids.
function withIds(value, change) {
  if (Array.isArray(value)) return value.map((one) => withIds(one, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(
      ([key, held]) => [key, ids.includes(key) ? change(held) : withIds(held, change)]));
}

const bytes = fs.readFileSync(file);
const request = encoding === 'protobuf' ?
    Request.decode(bytes) :
    Request.fromObject(
        withIds(JSON.parse(bytes.toString('utf8')), (hex) => Buffer.from(hex, 'hex')));
const wrong = Request.verify(request);
if (wrong) throw new Error(wrong);
const shown = Request.toObject(request, {longs: String, enums: Number, bytes: String, json: true});
console.log(JSON.stringify(withIds(shown, (base64) => Buffer.from(base64, 'base64').toString('hex'))));
