// What to find servers with: the entries `sentinel:` and `cluster:` of the configuration's targets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/net/secret.h"
#include "agent/net/tls.h"
#include "agent/net/url.h"

namespace hitwatch::topology {

struct Login {
  std::string username;
  net::SecretSource password;
  bool empty() const { return username.empty() && password.empty(); }
  bool operator==(const Login&) const = default;
};

// Announced address (`host:port`, or `host` for all its ports) → where it is reached from here
// (likewise), for servers behind NAT. An entry with a port goes before one without. IPv6 addresses
// have brackets, but for an announced host alone.
using AddressMap = std::map<std::string, std::string>;

// `sentinel:` masters by name, with their replicas, as the sentinels at `urls` know them. The
// sentinels are watched themselves.
struct SentinelOptions {
  std::vector<net::RedisUrl> urls;        // without user and password; all with TLS, or none
  std::vector<std::string> masters{"*"};  // names, or patterns with `*` and `?`
  Login sentinel;                         // of the sentinels
  Login server;                           // of masters and replicas
  net::TlsOptions tls;                    // of both
  bool server_tls = false;                // whether masters and replicas are reached with TLS
  AddressMap address_map;
  metrics::Labels labels;      // of all series of these servers, the sentinels' too
  std::vector<int> databases;  // as Target::databases
  std::string origin;          // "hitwatch.yaml:7:5"; no part of its identity

  bool operator==(const SentinelOptions& other) const {
    return urls == other.urls && masters == other.masters && sentinel == other.sentinel &&
           server == other.server && tls == other.tls && server_tls == other.server_tls &&
           address_map == other.address_map && labels == other.labels &&
           databases == other.databases;
  }
};

// `cluster:` all nodes of a Redis Cluster, of which those at `urls` are asked first.
struct ClusterOptions {
  std::string name;  // the label `cluster`: as configured, or the first URL's address
  std::vector<net::RedisUrl> urls;  // without user and password; all with TLS, or none
  Login login;
  net::TlsOptions tls;
  AddressMap address_map;
  metrics::Labels labels;  // of all series of these servers
  std::string origin;      // "hitwatch.yaml:7:5"; no part of its identity

  bool operator==(const ClusterOptions& other) const {
    return name == other.name && urls == other.urls && login == other.login && tls == other.tls &&
           address_map == other.address_map && labels == other.labels;
  }
};

}  // namespace hitwatch::topology
