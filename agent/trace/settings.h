// The `traces` section of the configuration, with what the OTEL_* variables of the environment add.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/net/secret.h"
#include "agent/net/tls.h"

namespace hitwatch::trace {

enum class Protocol : std::uint8_t { kProtobuf, kJson };  // http/protobuf, http/json

// Which traces are sent, by OTEL_TRACES_SAMPLER (https://opentelemetry.io/docs/specs/otel/
// configuration/sdk-environment-variables/). kByWorth is hitwatch's own, and the default: what
// somebody will ask about (failures, transitions of alerts, slow commands, failovers) always, and a
// share of the rest.
enum class SamplerKind : std::uint8_t { kByWorth, kAlwaysOn, kAlwaysOff, kRatio };

struct SamplerSettings {
  SamplerKind kind = SamplerKind::kByWorth;
  double ratio = 1;             // of kRatio
  bool parent_based = true;     // whether a caller's decision counts where there is a caller
  double healthy_polls = 0.01;  // of kByWorth: the share of the rest
  bool operator==(const SamplerSettings&) const = default;
};

struct Settings {
  std::string endpoint;  // the whole URL, such as http://localhost:4318/v1/traces; "": off
  Protocol protocol = Protocol::kProtobuf;
  bool gzip = true;
  std::vector<std::pair<std::string, net::SecretSource>> headers;  // their values may be secrets
  std::chrono::milliseconds timeout{10'000};                       // of one request
  net::TlsOptions tls;

  std::string service_name = "hitwatch";
  std::vector<std::pair<std::string, std::string>> resource;  // further attributes of the resource

  SamplerSettings sampler;
  bool full_query_text = false;  // else the arguments of slow commands are shown as `?`

  std::size_t queue_spans = 32'768;            // more are dropped
  std::size_t batch_spans = 512;               // a batch goes out when so many wait
  std::size_t largest_batch = 4096;            // and has no more than so many
  std::chrono::milliseconds delay{1'000};      // after which a batch that is not full goes out
  std::chrono::milliseconds give_up{300'000};  // after so long without success a batch is dropped

  bool operator==(const Settings&) const = default;
};

}  // namespace hitwatch::trace
