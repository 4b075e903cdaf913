// What to watch: one server's address, credentials and labels, and what to ask of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/net/password_map.h"
#include "agent/net/secret.h"
#include "agent/net/tls.h"
#include "agent/net/url.h"

namespace hitwatch::redis {

// Where a server that was discovered (collectors/topology) has its place in its installation. May
// change while it is watched.
struct Place {
  std::string group;   // name of the cluster, or of the master that sentinels watch; "" for none
  std::string role;    // "master", "replica" or "sentinel": the label `role`; "" for none
  std::string failed;  // why it is not to be polled: the cluster holds it for failed; "" if it is
  std::string shard =
      {};  // of a cluster, by name; servers of one group and shard hold the same keys
  // Who found it ("sentinel:10.0.0.1:26379"): groups of two sources may have the same name.
  std::string source = {};
  std::string at = {};  // the address it was found at; a target of the configuration that has this
                        // place may have another
  bool operator==(const Place&) const = default;
};

struct Target {
  net::RedisUrl url;  // without user and password: they are below
  std::string alias;  // "" if none was given
  metrics::Labels labels;
  std::string username;
  net::SecretSource password;
  // Looked through at every connection: what is found goes before username and password.
  std::vector<net::PasswordLookup> password_lookups;
  net::TlsOptions tls;         // used if url.tls
  std::vector<int> databases;  // whose keys are looked at; empty: all
  Place place;
  // Where the configuration names it, for messages; no part of its identity.
  std::string origin;

  // The alias, or the address: the `instance` label and the name in /scrape?target=.
  std::string name() const { return alias.empty() ? url.address() : alias; }
  // Whether it may share the other's connection and its counters: labels and place may differ.
  bool same_server(const Target& other) const {
    return url == other.url && alias == other.alias && username == other.username &&
           password == other.password && password_lookups == other.password_lookups &&
           tls == other.tls && databases == other.databases;
  }
  bool operator==(const Target& other) const {
    return same_server(other) && labels == other.labels && place == other.place;
  }
};

// What to collect beyond INFO. The names are those of `poll.collect` in the configuration.
struct CollectOptions {
  bool client_list = false;               // one set of series per connection: many
  bool client_port = false;               // with client_list: the port as a label
  bool client_groups = false;             // connections by name, user and idle class: few
  bool config = false;                    // every value of CONFIG GET *
  bool config_redact = true;              // with config: leave out values that are secrets
  bool modules = false;                   // INFO's module sections
  bool system = false;                    // total_system_memory
  bool instance_role = false;             // label instance_role on every series
  bool rdb_file_size = false;             // stat() of the server's dump file on this host
  bool cluster_slot_stats = false;        // CLUSTER SLOT-STATS
  bool sentinel_peers = false;            // one info series per sentinel known to a sentinel
  bool search_indexes = false;            // FT.INFO of every index
  std::string search_index_match = ".*";  // RE2, with search_indexes
  bool latency = true;                    // LATENCY LATEST and LATENCY HISTOGRAM
  bool slowlog = true;
  bool acl_log = true;
  bool empty_databases = true;  // db_keys 0 for databases without keys
  bool ping = false;            // time a PING when connecting
  bool set_client_name = true;
  std::string config_command = "CONFIG";  // "-": the server has none
  // last_key_groups_scrape_duration_milliseconds is 0, as in redis_exporter where no key groups are
  // asked for; false where checks of key groups tell it. Not in the configuration.
  bool no_key_groups = true;

  bool operator==(const CollectOptions&) const = default;
};

struct PollOptions {
  std::chrono::milliseconds interval{15000};
  std::chrono::milliseconds timeout{5000};  // connect, TLS, AUTH and every reply
  bool on_scrape = false;                   // poll when scraped, not every interval
  // Polls are recorded (poll_record.h). Set where traces are sent; not in the configuration.
  bool record = false;
  CollectOptions collect;

  bool operator==(const PollOptions&) const = default;
};

}  // namespace hitwatch::redis
