// CLIENT LIST, https://redis.io/docs/latest/commands/client-list/: connections one by one, or
// grouped by who they are.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "collectors/redis/info.h"
#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr int kOnSentinel = 60200;  // Sentinel has CLIENT LIST

struct Field {
  std::string_view name;
  Metric metric;
};

// Fields that are one figure of a connection.
constexpr Field kFigures[] = {
    {"sub", Metric::kClientChannels},       {"psub", Metric::kClientPatterns},
    {"ssub", Metric::kClientShardChannels}, {"watch", Metric::kClientWatchedKeys},
    {"qbuf", Metric::kClientQueryBuffer},   {"qbuf-free", Metric::kClientQueryBufferFree},
    {"obl", Metric::kClientOutputBuffer},   {"oll", Metric::kClientOutputList},
    {"omem", Metric::kClientOutputMemory},  {"tot-mem", Metric::kClientMemory},
};

struct Client {
  std::string_view id, name, address, flags, db, user, resp, cmd, omem;
  std::optional<double> age, idle;
};

Client parse_client(std::string_view line) {
  Client client;
  InfoPairs pairs(line, ' ');
  for (InfoLine pair; pairs.next(pair);) {
    if (pair.field == "id") client.id = pair.value;
    if (pair.field == "name") client.name = pair.value;
    if (pair.field == "addr") client.address = pair.value;
    if (pair.field == "flags") client.flags = pair.value;
    if (pair.field == "db") client.db = pair.value;
    if (pair.field == "user") client.user = pair.value;
    if (pair.field == "resp") client.resp = pair.value;
    if (pair.field == "cmd") client.cmd = pair.value;
    if (pair.field == "omem") client.omem = pair.value;
    if (pair.field == "age") client.age = parse_number(pair.value);
    if (pair.field == "idle") client.idle = parse_number(pair.value);
  }
  return client;
}

template <typename Visit>
void for_each_client(const Reply& reply, Visit visit) {
  std::string_view rest = reply.string();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const Client client = parse_client(line);
    if (!client.id.empty()) visit(client, line);
  }
}

// host:port, [IPv6]:port or path:0.
std::string_view host_of(const Client& client) {
  return client.address.substr(0, client.address.rfind(':'));
}

std::string_view port_of(const Client& client) {
  const std::size_t colon = client.address.rfind(':');
  return colon == std::string_view::npos ? std::string_view() : client.address.substr(colon + 1);
}

void add_client_info(const Client& client, Collection& collection) {
  std::array<metrics::LabelView, 8> labels = {{
      {"id", client.id},
      {"name", client.name},
      {"flags", client.flags},
      {"db", client.db},
      {"host", host_of(client)},
  }};
  std::size_t size = 5;
  if (collection.options.client_port) labels[size++] = {"port", port_of(client)};
  if (!client.user.empty()) labels[size++] = {"user", client.user};
  if (!client.resp.empty()) labels[size++] = {"resp", client.resp};
  collection.out.add(collection.families[Metric::kClientInfo], 1,
                     metrics::LabelViews(labels.data(), size));
}

void add_client_details(const Client& client, double now, Collection& collection) {
  if (!client.age || !client.idle) return;
  const std::string created_at = fmt::format("{:.0f}", now - *client.age);
  const std::string idle_since = fmt::format("{:.0f}", now - *client.idle);
  std::array<metrics::LabelView, 9> labels = {{
      {"name", client.name},
      {"created_at", created_at},
      {"idle_since", idle_since},
      {"flags", client.flags},
      {"db", client.db},
      {"omem", client.omem},
      {"cmd", client.cmd},
      {"host", host_of(client)},
  }};
  std::size_t size = 8;
  if (collection.options.client_port) labels[size++] = {"port", port_of(client)};
  collection.out.add(collection.families[Metric::kClientDetails], 1,
                     metrics::LabelViews(labels.data(), size));
}

void add_client(const Client& client, std::string_view line, double now, Collection& collection) {
  add_client_info(client, collection);
  add_client_details(client, now, collection);
  const auto add = [&](Metric metric, double value) {
    collection.out.add(collection.families[metric], value,
                       {{"id", client.id}, {"name", client.name}});
  };
  if (client.age) add(Metric::kClientCreatedAt, now - *client.age);
  if (client.idle) add(Metric::kClientIdleSince, now - *client.idle);
  InfoPairs pairs(line, ' ');
  for (InfoLine pair; pairs.next(pair);) {
    const auto* found = std::ranges::find(kFigures, pair.field, &Field::name);
    if (found == std::end(kFigures)) continue;
    if (const auto number = parse_number(pair.value)) add(found->metric, *number);
  }
}

constexpr std::array<std::string_view, 3> kIdleClasses = {"under_1m", "1m_to_1h", "over_1h"};
constexpr std::size_t kMostGroups = 100;

using GroupKey = std::pair<std::string_view, std::string_view>;  // name, user
using GroupCounts = std::array<double, kIdleClasses.size()>;

std::size_t idle_class(double seconds) { return seconds < 60 ? 0 : seconds < 3600 ? 1 : 2; }

double size_of(const GroupCounts& counts) { return counts[0] + counts[1] + counts[2]; }

// Adds the largest groups; the rest, if any, together as "other".
void add_groups(const std::map<GroupKey, GroupCounts>& groups, Collection& collection) {
  std::vector<std::pair<GroupKey, GroupCounts>> sorted(groups.begin(), groups.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    const double more = size_of(a.second) - size_of(b.second);
    return more != 0 ? more > 0 : a.first < b.first;
  });
  if (sorted.size() > kMostGroups) {
    GroupCounts rest{};
    for (std::size_t i = kMostGroups; i < sorted.size(); ++i) {
      for (std::size_t c = 0; c < rest.size(); ++c) rest[c] += sorted[i].second[c];
    }
    sorted.resize(kMostGroups);
    sorted.push_back({{"other", "other"}, rest});
  }
  for (const auto& [key, counts] : sorted) {
    for (std::size_t c = 0; c < counts.size(); ++c) {
      collection.out.add(collection.families[Metric::kClientGroup], counts[c],
                         {{"name", key.first}, {"user", key.second}, {"idle", kIdleClasses[c]}});
    }
  }
}

void read_clients(const Reply& reply, Collection& collection) {
  const auto now = static_cast<double>(
      std::chrono::floor<std::chrono::seconds>(collection.now).time_since_epoch().count());
  std::map<GroupKey, GroupCounts> groups;
  for_each_client(reply, [&](const Client& client, std::string_view line) {
    if (collection.options.client_list) add_client(client, line, now, collection);
    if (!collection.options.client_groups) return;
    groups[{client.name, client.user}][idle_class(client.idle.value_or(0))] += 1;
  });
  if (collection.options.client_groups) add_groups(groups, collection);
}

}  // namespace

void plan_clients(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out) {
  if (!options.client_list && !options.client_groups) return;
  if (server.mode == "sentinel" && server.version_number < kOnSentinel) return;
  out.push_back({"client_list", {"CLIENT", "LIST"}, read_clients});
}

}  // namespace hitwatch::redis
