// The `apps` section of the configuration: the doors through which applications report lookups.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/net/secret.h"
#include "agent/net/tls.h"
#include "collectors/keys/pattern.h"
#include "collectors/lookups/lookup.h"
#include "collectors/lookups/store.h"

namespace hitwatch::apps {

// Where StatsD lines arrive.
struct StatsdAddress {
  enum class Transport : std::uint8_t { kUdp, kTcp, kUnixgram };
  Transport transport = Transport::kUdp;
  std::string host = "";   // of UDP and TCP: a name or an address without brackets; "" is every one
  std::uint16_t port = 0;  // of these; 0 picks a free one
  std::string path = "";   // of Unix datagrams, absolute
  std::string text = "";   // as the configuration says it
  bool operator==(const StatsdAddress&) const = default;
};

// What a StatsD name means.
struct StatsdMeaning {
  enum class Kind : std::uint8_t { kHit, kMiss, kError, kLatency };
  // A template over the name; its separator is `.` as a rule. `{tenant}`, `{type}`, `{operation}`
  // and `{layer}` give these where the line's tags do not.
  keys::Pattern match;
  Kind kind;
  bool operator==(const StatsdMeaning& other) const {
    return match.text() == other.match.text() && kind == other.kind;
  }
};

// udp://127.0.0.1:8125, unixgram:///run/hitwatch/statsd.sock and tcp://127.0.0.1:8125.
std::vector<StatsdAddress> default_statsd_addresses();

struct StatsdOptions {
  std::vector<StatsdAddress> listen = default_statsd_addresses();
  // Whether `listen` is the default: addresses that cannot be had are then left out with a warning.
  bool listen_by_default = true;
  std::vector<StatsdMeaning> mapping;  // before cache.hit, cache.miss, cache.error, cache.latency
  bool operator==(const StatsdOptions&) const = default;
};

// POST /v1/lookups.
struct HttpOptions {
  bool enabled = false;
  net::SecretSource token;  // empty: only the users of the web configuration may post
  bool operator==(const HttpOptions&) const = default;
};

// Where a label of OTLP points comes from.
struct OtlpField {
  std::vector<std::string> attributes;  // the first that is there: of the point, scope or resource
  std::string text;                     // where none of them is
  bool operator==(const OtlpField&) const = default;
};

// What an OTLP metric means.
struct OtlpMeaning {
  enum class Kind : std::uint8_t { kHit, kMiss, kError, kLatency, kResult };

  std::string metric;  // its name
  Kind kind = Kind::kHit;
  OtlpField tenant{.attributes = {"tenant", "cache.tenant"}, .text = ""};
  OtlpField type{.attributes = {"type", "cache.type"}, .text = ""};
  OtlpField operation{.attributes = {"operation", "cache.operation"}, .text = ""};
  OtlpField layer{.attributes = {"layer", "cache.layer"}, .text = ""};
  OtlpField key{.attributes = {"key", "cache.key"}, .text = ""};
  // Of kResult: which values of the attribute mean what.
  OtlpField result{.attributes = {"result", "cache.result"}, .text = ""};
  std::vector<std::string> hit{"hit"};
  std::vector<std::string> miss{"miss"};
  std::vector<std::string> error{"error"};
  std::vector<std::string> ignore;
  double unit = 0;  // of latencies, in seconds; 0: as the metric says
  bool operator==(const OtlpMeaning&) const = default;
};

// POST /v1/metrics.
struct OtlpOptions {
  bool enabled = false;
  net::SecretSource token;           // as in HttpOptions
  std::vector<OtlpMeaning> mapping;  // before default_otlp_mapping(); no name is there twice
  bool operator==(const OtlpOptions&) const = default;
};

// cache.hits, cache.misses, cache.errors, cache.latency and cache.requests.
std::vector<OtlpMeaning> default_otlp_mapping();

// An application's own statistics: a JSON document with its counts since it started.
struct StatsEndpoint {
  std::string url;     // http or https, without user or password
  std::string hits;    // JSON pointer (RFC 6901)
  std::string misses;  // the same
  std::chrono::milliseconds interval{15'000};
  std::string tenant;  // labels to count under
  std::string type;
  std::string layer;
  net::SecretSource token;  // sent as `Authorization: Bearer`, if there is one
  net::TlsOptions tls;
  std::string origin;  // "hitwatch.yaml:7:5"
  bool operator==(const StatsEndpoint&) const = default;
};

struct Options {
  StatsdOptions statsd;
  HttpOptions http;
  OtlpOptions otlp;
  std::vector<StatsEndpoint> stats_endpoints;
  lookups::Buckets buckets = lookups::Buckets::kClassic;  // `latency_buckets: classic` or `fine`
  bool operator==(const Options&) const = default;
};

}  // namespace hitwatch::apps
