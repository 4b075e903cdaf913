#include "agent/config/traces_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/config/traces_settings.h"
#include "agent/net/http_url.h"
#include "agent/net/http_words.h"
#include "agent/net/percent.h"
#include "agent/net/small_file.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using std::chrono::milliseconds;
using Pairs = std::vector<std::pair<std::string, std::string>>;

// "No limit", which the specification has 0 for.
constexpr milliseconds kAsGoodAsForever = std::chrono::hours(24);
constexpr std::int64_t kMostMilliseconds = kAsGoodAsForever.count();
constexpr std::size_t kMostPairs = 1'000;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// `key=value,key=value` with escapes, as in the header `baggage` of W3C without its properties.
// The error says what is wrong and holds no value.
std::expected<Pairs, std::string> parse_pairs(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::unexpected("an entry has no '='");
    auto key = net::percent_decode(trimmed(pair.substr(0, equals)));
    auto value = net::percent_decode(trimmed(pair.substr(equals + 1)));
    if (!key || !value) return std::unexpected("an escape like %20 is broken");
    if (key->empty()) return std::unexpected("an entry has no name");
    if (pairs.size() == kMostPairs) return std::unexpected("there are more than 1000 entries");
    std::erase_if(pairs, [&](const auto& other) { return other.first == *key; });
    pairs.emplace_back(*std::move(key), *std::move(value));
  }
  return pairs;
}

class TraceVariables {
 public:
  TraceVariables(const Environment& environment, TracesEnvironment& out)
      : environment_(environment), settings_(out.settings), out_(out) {}

  void read() {
    read_endpoint();
    read_headers();
    read_number(exporter("TIMEOUT"), 0, kMostMilliseconds,
                [&](std::int64_t number) { settings_.timeout = milliseconds(number); });
    if (settings_.timeout == milliseconds(0)) settings_.timeout = kAsGoodAsForever;
    read_choice(exporter("COMPRESSION"), kCompressions, settings_.gzip);
    read_protocol();
    read_tls();
    read_resource();
    read_sampler();
    read_batches();
    read_disabled();
  }

 private:
  struct Found {
    std::string name;
    std::string value;
  };

  std::optional<Found> variable(std::string name) const {
    auto value = environment_(name);
    if (!value || trimmed(*value).empty()) return std::nullopt;
    return Found{std::move(name), std::string(trimmed(*value))};
  }

  // OTEL_EXPORTER_OTLP_TRACES_… or OTEL_EXPORTER_OTLP_…
  std::optional<Found> exporter(std::string_view what) const {
    auto found = variable(fmt::format("OTEL_EXPORTER_OTLP_TRACES_{}", what));
    return found ? found : variable(fmt::format("OTEL_EXPORTER_OTLP_{}", what));
  }

  // `what` completes the sentence "OTEL_… is ignored: …".
  void ignore(std::string_view name, std::string_view what) {
    out_.warnings.push_back(fmt::format("{} is ignored: {}", name, what));
  }
  void ignore_value(const Found& found, std::string_view expected) {
    ignore(found.name, fmt::format("{} is not {}", yaml::shown(found.value), expected));
  }

  void read_number(const std::optional<Found>& found, std::int64_t least, std::int64_t most,
                   auto&& take) {
    if (!found) return;
    const std::string& text = found->value;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    if (is_number && number >= least && number <= most) return take(number);
    ignore_value(*found, fmt::format("a whole number from {} to {}", least, most));
  }

  template <typename T>
  void read_choice(const std::optional<Found>& found, const auto& choices, T& out) {
    if (!found) return;
    std::string words;
    for (const auto& [word, value] : choices) {
      if (net::equal_ignoring_case(word, found->value)) {
        out = value;
        return;
      }
      words += fmt::format("{}{}", words.empty() ? "" : " or ", word);
    }
    ignore_value(*found, words);
  }

  void read_endpoint() {
    if (!exports_otlp()) return;
    if (const auto whole = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) {
      if (const auto url = net::parse_http_url(whole->value); url) {
        settings_.endpoint = whole->value;
        return;
      } else {
        ignore(whole->name, url.error());
      }
    }
    const auto base = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (!base) return;
    if (auto url = traces_url(base->value)) {
      settings_.endpoint = *std::move(url);
    } else {
      ignore(base->name, url.error());
    }
  }

  // Whether OTEL_TRACES_EXPORTER, a list, leaves the variables' endpoint in force.
  bool exports_otlp() {
    const auto exporters = variable("OTEL_TRACES_EXPORTER");
    if (!exporters) return true;
    bool none = false;
    std::string_view list = exporters->value;
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view word = trimmed(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (net::equal_ignoring_case(word, "otlp")) return true;
      none = none || net::equal_ignoring_case(word, "none");
    }
    if (!none) ignore_value(*exporters, "otlp or none");
    return !none;
  }

  void read_headers() {
    const auto headers = exporter("HEADERS");
    if (!headers) return;
    auto pairs = parse_pairs(headers->value);
    if (!pairs) return ignore(headers->name, pairs.error());
    for (const auto& [name, value] : *pairs) {
      // A name may be the beginning of a secret that was not written as it should be.
      if (const auto fault = header_fault(name, value)) {
        return ignore(headers->name, fmt::format("an entry {}", *fault));
      }
    }
    for (auto& [name, value] : *pairs) {
      set_header(settings_, name, {.literal = std::move(value), .file = {}, .environment = {}});
    }
  }

  void read_protocol() {
    const auto protocol = exporter("PROTOCOL");
    if (protocol && net::equal_ignoring_case(protocol->value, "grpc")) {
      return ignore(protocol->name, kNoGrpc);
    }
    read_choice(protocol, kTraceProtocols, settings_.protocol);
  }

  // A file that cannot be read stays: better no spans than spans to who was not verified.
  void read_file(std::string_view what, std::string& out) {
    const auto file = exporter(what);
    if (!file) return;
    out = file->value;
    if (const auto ok = net::check_readable_file(out); !ok) {
      out_.warnings.push_back(fmt::format("{}: {}", file->name, ok.error()));
    }
  }

  void read_tls() {
    read_file("CERTIFICATE", settings_.tls.ca_file);
    read_file("CLIENT_CERTIFICATE", settings_.tls.cert_file);
    read_file("CLIENT_KEY", settings_.tls.key_file);
    if (settings_.tls.cert_file.empty() == settings_.tls.key_file.empty()) return;
    ignore(settings_.tls.key_file.empty() ? "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"
                                          : "OTEL_EXPORTER_OTLP_CLIENT_KEY",
           "a client's certificate and its key need each other");
    settings_.tls.cert_file.clear();
    settings_.tls.key_file.clear();
  }

  void read_resource() {
    if (const auto attributes = variable("OTEL_RESOURCE_ATTRIBUTES")) {
      auto pairs = parse_pairs(attributes->value);
      if (!pairs) {
        ignore(attributes->name, pairs.error());
      } else {
        settings_.resource = *std::move(pairs);
      }
    }
    const auto name =
        std::ranges::find(settings_.resource, "service.name", &Pairs::value_type::first);
    if (name != settings_.resource.end()) {
      settings_.service_name = std::move(name->second);
      settings_.resource.erase(name);
    }
    if (auto service = variable("OTEL_SERVICE_NAME")) {
      settings_.service_name = std::move(service->value);
    }
  }

  void read_sampler() {
    trace::SamplerSettings& sampler = settings_.sampler;
    const auto name = variable("OTEL_TRACES_SAMPLER");
    if (!name) return;
    const auto known = std::ranges::find_if(kSamplerNames, [&](const SamplerName& entry) {
      return net::equal_ignoring_case(entry.name, name->value);
    });
    if (known == kSamplerNames.end()) {
      return ignore_value(*name,
                          "always_on, always_off, traceidratio or one of these with "
                          "parentbased_ before it");
    }
    sampler.kind = known->kind;
    sampler.parent_based = known->parent_based;
    if (sampler.kind == trace::SamplerKind::kRatio) read_ratio(sampler.ratio);
  }

  void read_ratio(double& out) {
    const auto found = variable("OTEL_TRACES_SAMPLER_ARG");
    if (!found) return;
    const std::string& text = found->value;
    double ratio = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
    if (error != std::errc() || end != text.data() + text.size() || !(ratio >= 0 && ratio <= 1)) {
      return ignore_value(*found, "a number from 0 to 1");
    }
    out = ratio;
  }

  void read_batches() {
    const auto take = [](auto& out) {
      return [&out](std::int64_t number) { out = static_cast<std::size_t>(number); };
    };
    read_number(variable("OTEL_BSP_SCHEDULE_DELAY"), 0, kMostMilliseconds,
                [&](std::int64_t number) { settings_.delay = milliseconds(number); });
    read_number(variable("OTEL_BSP_MAX_QUEUE_SIZE"), 1, kMostQueuedSpans,
                take(settings_.queue_spans));
    read_number(variable("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), 1, kMostBatchSpans,
                [this](std::int64_t number) {
                  settings_.batch_spans = static_cast<std::size_t>(number);
                  settings_.largest_batch = settings_.batch_spans;
                });
    settings_.batch_spans = std::min(settings_.batch_spans, settings_.queue_spans);
  }

  void read_disabled() {
    static constexpr auto kTruths =
        std::to_array<std::pair<std::string_view, bool>>({{"true", true}, {"false", false}});
    read_choice(variable("OTEL_SDK_DISABLED"), kTruths, out_.disabled);
  }

  const Environment& environment_;
  trace::Settings& settings_;
  TracesEnvironment& out_;
};

}  // namespace

TracesEnvironment read_traces_environment(const Environment& environment) {
  TracesEnvironment read;
  TraceVariables(environment, read).read();
  return read;
}

}  // namespace hitwatch::config
