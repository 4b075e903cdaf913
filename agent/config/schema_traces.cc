// The section `traces`.
#include <chrono>

#include "agent/config/schema.h"
#include "agent/config/traces_settings.h"

namespace hitwatch::config {
namespace {

using namespace std::chrono_literals;
using yaml::Key;
using yaml::kSecret;
using yaml::kText;
using yaml::kUrl;
using yaml::kVariable;

constexpr yaml::Type kTexts = yaml::entries(kText);
constexpr yaml::Type kShare = yaml::text("percentage, or 0 to 1");
constexpr std::string_view kQueryTextWords[] = {"redacted", "full"};
constexpr Key kTracesKeys[] = {
    {"otlp", yaml::mapping(kTracesOtlpSchema), "", "Who gets them."},
    {"service_name", kText, "hitwatch", "Attribute `service.name` of the resource."},
    {"resource", kTexts, "{}", "Further attributes of the resource."},
    {"sampler", yaml::mapping(kSamplerSchema), "", "Which are sent."},
    {"query_text", yaml::choice(kQueryTextWords), "redacted",
     "Of slow commands: names and numbers of arguments, or the arguments, too."},
    {"queue", yaml::mapping(kQueueSchema), "", "How many wait, and for how long."},
};

constexpr std::string_view kProtocolWords[] = {"http/protobuf", "http/json"};
constexpr std::string_view kCompressionWords[] = {"gzip", "none"};
constexpr yaml::Type kHeaderMapping = yaml::mapping(kTracesHeaderSchema);
constexpr yaml::Type kHeader = yaml::either(kSecret, kHeaderMapping);
constexpr yaml::Type kHeaders = yaml::entries(kHeader);
constexpr Key kTracesOtlpKeys[] = {
    {"endpoint", kUrl, "", "Base of a collector, to which `/v1/traces` is added."},
    {"traces_endpoint", kUrl, "", "Instead, where spans go, as it is."},
    {"protocol", yaml::choice(kProtocolWords), "http/protobuf", "How they are written."},
    {"headers", kHeaders, "{}", "Of each request: a text, or where it stands."},
    {"compression", yaml::choice(kCompressionWords), "gzip", "Of the body."},
    {"timeout", yaml::duration(1ms, 24h), "10s", "Of one request."},
    {"tls", yaml::mapping(kTlsSchema), "", "For `https://`."},
};
constexpr Key kTracesHeaderKeys[] = {
    {"value", kSecret, "", "The text itself."},
    {"file", yaml::kFile, "", "File that holds it."},
    {"env", kVariable, "", "Variable that holds it."},
};

constexpr std::string_view kSamplerWords[] = {
    "by_worth",
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
};
constexpr Key kSamplerKeys[] = {
    {"name", yaml::choice(kSamplerWords), "by_worth",
     "How it is decided. `by_worth` sends what was slow, failed or has changed, and a share of the "
     "rest."},
    {"ratio", kShare, "100%", "Of `traceidratio` and `parentbased_traceidratio`."},
    {"healthy_polls", kShare, "1%", "Of `by_worth`: the share of what went well."},
};

constexpr Key kQueueKeys[] = {
    {"spans", yaml::count(1, kMostQueuedSpans), "32768",
     "That may wait; what comes then is dropped."},
    {"batch", yaml::count(1, kMostBatchSpans), "512", "When so many wait, they are sent."},
    {"largest_batch", yaml::count(1, kMostBatchSpans), "4096",
     "Most in one request. If left out, no more than a `batch` that is given."},
    {"delay", yaml::duration(0ms, 24h), "1s", "After which a batch that is not full is sent."},
    {"give_up", yaml::duration(1s, 24h), "5m", "After which a batch that nobody took is dropped."},
};

}  // namespace

const yaml::Schema kTracesSchema = {
    "The `OTEL_*` variables say the same where the file says nothing: [tracing.md](../tracing.md).",
    kTracesKeys};
const yaml::Schema kTracesOtlpSchema = {"", kTracesOtlpKeys};
const yaml::Schema kTracesHeaderSchema = {"", kTracesHeaderKeys};
const yaml::Schema kSamplerSchema = {"", kSamplerKeys};
const yaml::Schema kQueueSchema = {"", kQueueKeys};

}  // namespace hitwatch::config
