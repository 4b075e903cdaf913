#include "agent/config/traces_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/net/http_url.h"
#include "agent/net/http_words.h"

namespace hitwatch::config {
namespace {

constexpr std::string_view kTracesPath = "v1/traces";

// In lower case: headers that the sender sets itself.
constexpr auto kSenderHeaders = std::to_array<std::string_view>(
    {"accept-encoding", "connection", "content-encoding", "content-length", "content-type",
     "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
     "user-agent"});

std::string describe_sampler(const trace::SamplerSettings& sampler) {
  if (sampler.kind == trace::SamplerKind::kByWorth) {
    return fmt::format("{}% of healthy polls", sampler.healthy_polls * 100);
  }
  for (const SamplerName& entry : kSamplerNames) {
    if (entry.kind != sampler.kind || entry.parent_based != sampler.parent_based) continue;
    return sampler.kind == trace::SamplerKind::kRatio
               ? fmt::format("{} of {}%", entry.name, sampler.ratio * 100)
               : std::string(entry.name);
  }
  return "";
}

}  // namespace

std::expected<std::string, std::string> traces_url(std::string_view base) {
  if (const auto url = net::parse_http_url(base); !url) return std::unexpected(url.error());
  if (base.contains('?') || base.contains('#')) {
    return std::unexpected("a base, to which /v1/traces is added, has no ? and no #");
  }
  return fmt::format("{}{}{}", base, base.ends_with('/') ? "" : "/", kTracesPath);
}

std::expected<void, std::string> use_otlp(trace::Settings& settings, std::string_view url) {
  if (url.ends_with(fmt::format("/{}", kTracesPath)) && net::parse_http_url(url)) {
    settings.endpoint = url;
    return {};
  }
  auto endpoint = traces_url(url);
  if (!endpoint) return std::unexpected(endpoint.error());
  settings.endpoint = *std::move(endpoint);
  return {};
}

std::optional<std::string> header_fault(std::string_view name, std::string_view value) {
  if (!net::is_header_name(name)) return "is not the name of a header";
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), net::ascii_lower);
  if (std::ranges::find(kSenderHeaders, lower) != kSenderHeaders.end()) {
    return "is a header that the sender sets itself";
  }
  const bool sendable = std::ranges::all_of(value, [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  });
  if (!sendable) return "has a value with control characters";
  return std::nullopt;
}

void set_header(trace::Settings& settings, std::string_view name, net::SecretSource value) {
  std::erase_if(settings.headers,
                [&](const auto& other) { return net::equal_ignoring_case(other.first, name); });
  settings.headers.emplace_back(name, std::move(value));
}

std::string describe_traces(const trace::Settings& settings) {
  if (settings.endpoint.empty()) return "no traces";
  const auto protocol = std::ranges::find(kTraceProtocols, settings.protocol,
                                          &decltype(kTraceProtocols)::value_type::second);
  return fmt::format("traces to {} ({}{}), {}",
                     settings.endpoint.substr(0, settings.endpoint.find('?')), protocol->first,
                     settings.gzip ? ", gzip" : "", describe_sampler(settings.sampler));
}

}  // namespace hitwatch::config
