#include "collectors/apps/options.h"

namespace hitwatch::apps {

std::vector<StatsdAddress> default_statsd_addresses() {
  using Transport = StatsdAddress::Transport;
  constexpr std::uint16_t kPort = 8125;
  return {{.transport = Transport::kUdp,
           .host = "127.0.0.1",
           .port = kPort,
           .text = "udp://127.0.0.1:8125"},
          {.transport = Transport::kUnixgram,
           .path = "/run/hitwatch/statsd.sock",
           .text = "unixgram:///run/hitwatch/statsd.sock"},
          {.transport = Transport::kTcp,
           .host = "127.0.0.1",
           .port = kPort,
           .text = "tcp://127.0.0.1:8125"}};
}

std::vector<OtlpMeaning> default_otlp_mapping() {
  using Kind = OtlpMeaning::Kind;
  std::vector<OtlpMeaning> mapping;
  const auto add = [&](const char* metric, Kind kind) {
    mapping.emplace_back();
    mapping.back().metric = metric;
    mapping.back().kind = kind;
  };
  add("cache.hits", Kind::kHit);
  add("cache.misses", Kind::kMiss);
  add("cache.errors", Kind::kError);
  add("cache.latency", Kind::kLatency);
  add("cache.requests", Kind::kResult);
  return mapping;
}

}  // namespace hitwatch::apps
