#include "agent/config/traces_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/access_entry.h"
#include "agent/config/bounded_values.h"
#include "agent/config/schema.h"
#include "agent/config/traces_settings.h"
#include "agent/net/duration.h"
#include "agent/net/http_url.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using std::chrono::milliseconds;
using yaml::Entry;
using yaml::Mapping;
using yaml::Node;
using yaml::Reader;

constexpr std::string_view kByWorthName = "by_worth";
constexpr SecretKeys kHeaderValueKeys = {"value", "file", "env",
                                         "a second value; give one of value, file, env"};

void read_endpoint(Mapping& otlp, trace::Settings& out) {
  Reader& reader = otlp.reader();
  std::string text;
  otlp.read("endpoint", text);
  if (const auto value = otlp.take("endpoint")) {
    auto url = traces_url(text);
    if (text.empty()) {
      out.endpoint.clear();
    } else if (!url) {
      reader.fault(*value->node, value->path, url.error());
    } else if (text.ends_with("/v1/traces")) {
      reader.fault(*value->node, value->path,
                   "is a base, to which /v1/traces is added; give traces_endpoint instead");
    } else {
      out.endpoint = *std::move(url);
    }
  }
  std::string whole;
  otlp.read("traces_endpoint", whole);
  const auto value = otlp.take("traces_endpoint");
  if (!value) return;
  if (otlp.has("endpoint")) {
    reader.fault(*value->node, value->path,
                 "a second endpoint; give one of endpoint, traces_endpoint");
  } else if (whole.empty()) {
    out.endpoint.clear();
  } else if (const auto url = net::parse_http_url(whole); !url) {
    reader.fault(*value->node, value->path, url.error());
  } else {
    out.endpoint = whole;
  }
}

void read_protocol(Mapping& otlp, trace::Protocol& out) {
  const auto value = otlp.take("protocol");
  if (value && value->node->text == "grpc") {
    otlp.reader().fault(*value->node, value->path, kNoGrpc);
    return;
  }
  otlp.read_choice<trace::Protocol>("protocol", kTraceProtocols, out);
}

// `name: value` or `name: {file: …}`.
void read_otlp_header(Reader& reader, const Entry& entry, trace::Settings& out) {
  net::SecretSource source;
  const Node& node = *entry.value.node;
  if (node.kind == Node::Kind::kMapping) {
    Mapping mapping(reader, node, entry.value.path, kTracesHeaderSchema);
    read_secret_source(mapping, kHeaderValueKeys, source);
    mapping.finish();
  } else if (auto text = reader.text(node, entry.value.path)) {
    source.literal = *std::move(text);
  }
  const auto secret = net::read_secret(source);
  const auto fault = header_fault(entry.key->text, secret ? *secret : "");
  if (fault) reader.fault(*entry.key, entry.value.path, *fault);
  set_header(out, entry.key->text, std::move(source));
}

void read_otlp_headers(Mapping& otlp, trace::Settings& out) {
  const auto value = otlp.take("headers");
  if (!value) return;
  out.headers.clear();
  Mapping mapping(otlp.reader(), *value->node, value->path);
  for (const Entry& entry : mapping.read_entries()) read_otlp_header(otlp.reader(), entry, out);
}

void read_otlp(Mapping& traces, trace::Settings& out) {
  const auto value = traces.take("otlp");
  if (!value) return;
  Mapping mapping(traces.reader(), *value->node, value->path, kTracesOtlpSchema);
  read_endpoint(mapping, out);
  read_protocol(mapping, out.protocol);
  read_otlp_headers(mapping, out);
  mapping.read_choice<bool>("compression", kCompressions, out.gzip);
  read_bounded(mapping, "timeout", out.timeout);
  read_tls(mapping, out.tls);
  mapping.finish();
}

void read_attributes(Mapping& traces, trace::Settings& out) {
  const auto value = traces.take("resource");
  if (!value) return;
  Reader& reader = traces.reader();
  Mapping mapping(reader, *value->node, value->path);
  for (const Entry& entry : mapping.read_entries()) {
    auto text = reader.text(*entry.value.node, entry.value.path);
    if (!text) continue;
    const std::string& name = entry.key->text;
    if (name.empty()) {
      reader.fault(*entry.key, entry.value.path, "must have a name");
    } else if (name == "service.name") {
      reader.fault(*entry.key, entry.value.path, "give it as traces.service_name");
    }
    std::erase_if(out.resource, [&](const auto& other) { return other.first == name; });
    out.resource.emplace_back(name, *std::move(text));
  }
}

// "1%" or "0.01". Nothing for what is not from 0 to 1.
std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (percent) number /= 100;
  return number >= 0 && number <= 1 ? std::optional(number) : std::nullopt;
}

void read_share(Mapping& mapping, std::string_view key, double& out) {
  const auto value = mapping.take(key);
  if (!value) return;
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text) return;
  if (const auto share = parse_share(*text)) {
    out = *share;
    return;
  }
  mapping.reader().fault(*value->node, value->path,
                         fmt::format("{} is not a percentage from 0% to 100%: write it like 1%",
                                     yaml::shown(value->node->text)));
}

void read_sampler(Mapping& traces, trace::SamplerSettings& out) {
  const auto value = traces.take("sampler");
  if (!value) return;
  Mapping mapping(traces.reader(), *value->node, value->path, kSamplerSchema);
  using Choice = std::pair<trace::SamplerKind, bool>;
  std::vector<std::pair<std::string_view, Choice>> choices{
      {kByWorthName, {trace::SamplerKind::kByWorth, true}}};
  for (const SamplerName& entry : kSamplerNames) {
    choices.emplace_back(entry.name, Choice(entry.kind, entry.parent_based));
  }
  Choice choice(out.kind, out.parent_based);
  mapping.read_choice<Choice>("name", choices, choice);
  std::tie(out.kind, out.parent_based) = choice;
  read_share(mapping, "ratio", out.ratio);
  read_share(mapping, "healthy_polls", out.healthy_polls);
  mapping.finish();
}

void read_queue(Mapping& traces, trace::Settings& out) {
  const auto value = traces.take("queue");
  if (!value) return;
  Mapping mapping(traces.reader(), *value->node, value->path, kQueueSchema);
  read_count(mapping, "spans", out.queue_spans);
  std::size_t batch = 0;
  read_count(mapping, "batch", batch);
  if (batch > 0) out.batch_spans = out.largest_batch = batch;
  read_count(mapping, "largest_batch", out.largest_batch);
  read_bounded(mapping, "delay", out.delay);
  read_bounded(mapping, "give_up", out.give_up);
  if (out.largest_batch < out.batch_spans) {
    traces.reader().fault(*value->node, value->path, "'largest_batch' is less than 'batch'");
  }
  if (out.batch_spans > out.queue_spans) {
    traces.reader().fault(*value->node, value->path, "'batch' is more than 'spans', which wait");
  }
  mapping.finish();
}

}  // namespace

void read_traces(Mapping& root, trace::Settings& out) {
  static constexpr auto kTexts =
      std::to_array<std::pair<std::string_view, bool>>({{"redacted", false}, {"full", true}});
  const auto value = root.take("traces");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kTracesSchema);
  read_otlp(mapping, out);
  mapping.read("service_name", out.service_name);
  if (const auto name = mapping.take("service_name"); name && out.service_name.empty()) {
    root.reader().fault(*name->node, name->path, "must be a name");
  }
  read_attributes(mapping, out);
  read_sampler(mapping, out.sampler);
  mapping.read_choice<bool>("query_text", kTexts, out.full_query_text);
  read_queue(mapping, out);
  mapping.finish();
}

}  // namespace hitwatch::config
