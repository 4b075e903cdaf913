// What the files of the readers offer to collect.cc and to each other. A part is a file: it says
// which requests it wants and reads their replies.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "collectors/redis/collect.h"

namespace hitwatch::redis {

// Add the requests of a part, if the options ask for it and the server is not known to lack the
// command: an unknown command would raise the server's error counters.
void plan_config(const ServerFacts& server, const CollectOptions& options,
                 std::vector<Request>& out);
void plan_latency(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out);
void plan_slowlog(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out);
void plan_acl_log(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out);
void plan_clients(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out);
void plan_cluster(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out);
void plan_sentinel(const ServerFacts& server, const CollectOptions& options,
                   std::vector<Request>& out);
void plan_search(const ServerFacts& server, const CollectOptions& options,
                 std::vector<Request>& out);

// Adds LATENCY LATEST alone.
void plan_latency_events(const CollectOptions& options, std::vector<Request>& out);

void read_info(const Reply& reply, Collection& collection);

// Tells the settings that stand, or asks again for what this poll was to do without, and forgets
// what else held while they stood.
void follow_standing_answers(Collection& collection);

// Asks for the ACL log if INFO's denials moved since it was last read.
void follow_acl_denials(Collection& collection);

// Whether the server has started since then, as far as its uptime in whole seconds tells.
bool started_since(const Collection& collection, std::chrono::system_clock::time_point when);

// Adds the server's hits and misses less those of our own looks at keys.
void correct_lookups(Collection& collection);

// Add what is known only at the end of a poll.
void finish_slowlog(Collection& collection);
void finish_acl_log(Collection& collection);
void finish_dump_file(Collection& collection);

// Adds a field of INFO or CLUSTER INFO by its row in info_fields.cc, or under its own name if it
// is one of those that pass through.
void add_info_field(std::string_view field, std::string_view value, Collection& collection);

// Adds settings as `key_value{key,value}` and, where they are numbers, `value{key}`. With `redact`,
// settings that hold a secret are left out.
void add_setting(std::string_view key, std::string_view value, Metric key_value, Metric number,
                 bool redact, Collection& collection);

// Calls visit(key, value) for the pairs of a flat array of names and values.
template <typename Visit>
void for_each_pair(const Reply& reply, Visit visit) {
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    visit(reply.elements[i].string(), reply.elements[i + 1]);
  }
}

}  // namespace hitwatch::redis
