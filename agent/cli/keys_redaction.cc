#include "agent/cli/keys_redaction.h"

namespace hitwatch::cli {
namespace {

template <typename Items>
void redact_each(Items& items) {
  for (auto& item : items) item.type = keyspace::redacted_segment(item.type);
}

}  // namespace

keyspace::Report redact_types(keyspace::Report report) {
  redact_each(report.groups);
  redact_each(report.without_tenant);
  redact_each(report.ttls);
  redact_each(report.biggest);
  redact_each(report.without_ttl_examples);
  redact_each(report.unclassified_examples);
  redact_each(report.tenantless_examples);
  return report;
}

}  // namespace hitwatch::cli
