// The tables of keys against the readers: every key is read, and what stands for one that is left
// out is what the table says. That no other key is read, readers see to themselves.
#include "agent/config/schema.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/json_schema.h"

namespace hitwatch::config {
namespace {

using yaml::Key;
using yaml::Schema;
using yaml::Type;

// A place in the file: what stands around a value, and the path that faults name it by.
struct Place {
  std::string before;
  std::string after;
  std::string path;

  std::string with(const std::string& value) const { return before + value + after; }
};

// What an entry must have before anything else in it is read: the key, and the rest.
const std::map<const Schema*, std::vector<std::pair<std::string, std::string>>> kRequired = {
    {&kTargetSchema, {{"url", "'redis://a'"}}},
    {&kSentinelSchema, {{"urls", "['redis://a']"}}},
    {&kClusterSchema, {{"urls", "['redis://a']"}}},
    {&kCredentialsSchema, {{"match", "a"}, {"username", "b"}}},
    {&kStatsdMeaningSchema, {{"match", "a"}, {"as", "hit"}}},
    {&kOtlpMeaningSchema, {{"metric", "m"}, {"as", "result"}}},
    {&kStatsEndpointSchema, {{"url", "'http://a'"}, {"hits", "/h"}, {"misses", "/m"}}},
    {&kKeyPatternSchema, {{"match", "'a:*'"}}},
    {&kRouteSchema, {{"receiver", "r"}}},
    {&kReceiverSchema, {{"name", "r"}}},
    {&kWebhookSchema, {{"url", "'http://a'"}}},
    {&kSlackSchema, {{"api_url", "'http://a'"}}},
    {&kSlackFieldSchema, {{"title", "a"}, {"value", "b"}}},
    {&kSlackActionSchema, {{"type", "button"}, {"text", "b"}, {"url", "'http://a'"}}},
    {&kPagerDutySchema, {{"routing_key", "k"}}},
    {&kTimeIntervalSchema, {{"name", "t"}}},
    {&kAlertmanagerPeerSchema, {{"url", "'http://a'"}}},
    {&kNotifySchema, {{"route", "{receiver: r}"}, {"receivers", "[{name: r}]"}}},
};

// Keys that stand instead of others.
bool excludes(const Schema& schema, std::string_view key, const std::string& other) {
  if (&schema == &kTargetSchema) return key == "file" || key == "sentinel" || key == "cluster";
  if (&schema == &kCredentialsSchema) return key == "password_map" && other == "match";
  if (&schema == &kWebhookSchema) return key == "url_file" && other == "url";
  if (&schema == &kSlackSchema) return key == "api_url_file" && other == "api_url";
  if (&schema == &kPagerDutySchema) return key == "routing_key_file" && other == "routing_key";
  return &schema == &kNotifySchema && (key == "file" || key == "webhook_url");
}

// Calls `visit` with every key there is and its place; routes below routes once.
class Walk {
 public:
  using Visit =
      std::function<void(const Schema&, const Key&, const Place& entry, const Place& key)>;
  explicit Walk(Visit visit) : visit_(std::move(visit)) {}

  void schema(const Schema& schema, const Place& place) {
    if (std::ranges::count(open_, &schema) > 1) return;
    open_.push_back(&schema);
    for (const Schema* part = &schema; part != nullptr; part = part->also) {
      for (const Key& key : part->keys) {
        const Place at = below(schema, key, place);
        visit_(schema, key, place, at);
        type(key.type, at);
      }
    }
    open_.pop_back();
  }

 private:
  void type(const Type& type, const Place& place) {
    if (type.keys != nullptr) schema(*type.keys, place);
    if (type.kind == Type::Kind::kList) {
      this->type(*type.items, {place.before + "[", "]" + place.after, place.path + "[0]"});
    } else if (type.kind == Type::Kind::kEntries) {
      this->type(*type.items, {place.before + "{x-a: ", "}" + place.after, place.path + ".x-a"});
    } else if (type.kind == Type::Kind::kEither) {
      this->type(*type.items, place);
      this->type(*type.other, place);
    }
  }

  static Place below(const Schema& schema, const Key& key, const Place& place) {
    Place at;
    at.before = place.before + "{";
    if (const auto required = kRequired.find(&schema); required != kRequired.end()) {
      for (const auto& [name, value] : required->second) {
        if (name == key.name || excludes(schema, key.name, name)) continue;
        at.before += fmt::format("{}: {}, ", name, value);
      }
    }
    at.before += fmt::format("{}: ", key.name);
    at.after = "}" + place.after;
    at.path =
        place.path.empty() ? std::string(key.name) : fmt::format("{}.{}", place.path, key.name);
    return at;
  }

  Visit visit_;
  std::vector<const Schema*> open_;
};

// The texts of the faults, sorted, without the positions.
std::vector<std::string> fault_texts(const std::string& text) {
  std::vector<std::string> texts;
  if (const auto loaded = load_text(text, "h.yaml"); !loaded) {
    for (const Fault& fault : loaded.error()) texts.push_back(fault.text);
  }
  std::ranges::sort(texts);
  return texts;
}

TEST(ConfigSchema, HasNoKeyThatIsNotRead) {
  std::size_t keys = 0;
  Walk([&](const Schema&, const Key&, const Place&, const Place& at) {
    ++keys;
    // No value of any kind.
    const auto faults = fault_texts(at.with("{zzzz: [1]}"));
    EXPECT_TRUE(std::ranges::any_of(faults,
                                    [&](const std::string& fault) {
                                      return fault.starts_with(at.path) &&
                                             !fault.starts_with(at.path + ": unknown key");
                                    }))
        << at.path << " is not read in " << at.with("{zzzz: [1]}") << "\n"
        << testing::PrintToString(faults);
  }).schema(kRootSchema, {});
  EXPECT_GT(keys, 250U);
}

// What can be compared of two configurations.
void expect_same(const Config& a, const Config& b, const std::string& text) {
  EXPECT_EQ(a.targets, b.targets) << text;
  EXPECT_EQ(a.sentinels, b.sentinels) << text;
  EXPECT_EQ(a.clusters, b.clusters) << text;
  EXPECT_EQ(a.credentials, b.credentials) << text;
  EXPECT_EQ(a.poll, b.poll) << text;
  EXPECT_EQ(a.keys.tenants, b.keys.tenants) << text;
  EXPECT_EQ(a.keys.sample, b.keys.sample) << text;
  EXPECT_EQ(a.keys.check, b.keys.check) << text;
  EXPECT_EQ(a.apps.buckets, b.apps.buckets) << text;
  EXPECT_EQ(a.apps.http, b.apps.http) << text;
  EXPECT_EQ(a.apps.otlp, b.apps.otlp) << text;
  EXPECT_EQ(a.apps.statsd.mapping.size(), b.apps.statsd.mapping.size()) << text;
  EXPECT_EQ(a.apps.statsd.listen, b.apps.statsd.listen) << text;
  EXPECT_EQ(a.apps.stats_endpoints, b.apps.stats_endpoints) << text;
  EXPECT_EQ(a.rules, b.rules) << text;
  EXPECT_EQ(a.traces, b.traces) << text;
  EXPECT_EQ(a.web, b.web) << text;
  EXPECT_EQ(a.log, b.log) << text;
  EXPECT_EQ(a.storage, b.storage) << text;
  EXPECT_EQ(a.notify.resolve_timeout, b.notify.resolve_timeout) << text;
  EXPECT_EQ(a.notify.max_age, b.notify.max_age) << text;
  const auto timing = [](const notify::Route& route) {
    return std::tuple(route.group_wait, route.group_interval, route.repeat_interval);
  };
  EXPECT_EQ(timing(a.notify.route), timing(b.notify.route)) << text;
  ASSERT_EQ(a.notify.alertmanagers.size(), b.notify.alertmanagers.size()) << text;
  for (std::size_t i = 0; i < a.notify.alertmanagers.size(); ++i) {
    EXPECT_EQ(a.notify.alertmanagers[i].timeout, b.notify.alertmanagers[i].timeout) << text;
    EXPECT_EQ(a.notify.alertmanagers[i].http.follow_redirects,
              b.notify.alertmanagers[i].http.follow_redirects);
  }
}

// `{a: 1, ` + `}`: the entry as `place` has it, with and without the key.
std::string without(const Place& at, const Key& key) {
  const std::string name = fmt::format("{}: ", key.name);
  return at.before.substr(0, at.before.size() - name.size()) + at.after;
}

std::string quoted(const Key& key) {
  const bool is_yaml = key.initial.starts_with('[') || key.initial == "{}";
  if (is_yaml) return std::string(key.initial);
  return fmt::format("'{}'", key.initial);
}

TEST(ConfigSchema, HasTheDefaultsThatCount) {
  std::size_t defaults = 0;
  Walk([&](const Schema& schema, const Key& key, const Place&, const Place& at) {
    if (key.initial.empty()) return;
    // The default's addresses are taken where they can be had, those of a file must be.
    if (&schema == &kStatsdSchema && key.name == "listen") return;
    // A batch that is given limits the largest one, too.
    if (&schema == &kQueueSchema && key.name == "batch") return;
    ++defaults;
    const std::string with = at.with(quoted(key));
    EXPECT_EQ(fault_texts(with), fault_texts(without(at, key))) << with;
    const auto given = load_text(with, "h.yaml");
    const auto left_out = load_text(without(at, key), "h.yaml");
    if (given && left_out) expect_same(*given, *left_out, with);
  }).schema(kRootSchema, {});
  EXPECT_GT(defaults, 120U);
}

TEST(ConfigSchema, NamesTheAddressesOfStatsd) {
  const auto given = load_text(
      "apps: {statsd: {listen: ['udp://127.0.0.1:8125', 'unixgram:///run/hitwatch/statsd.sock', "
      "'tcp://127.0.0.1:8125']}}",
      "h.yaml");
  ASSERT_TRUE(given);
  EXPECT_EQ(given->apps.statsd.listen, Config().apps.statsd.listen);
  EXPECT_EQ(kStatsdSchema.find("listen")->initial,
            "[udp://127.0.0.1:8125, unixgram:///run/hitwatch/statsd.sock, tcp://127.0.0.1:8125]");
}

TEST(ConfigSchema, SaysWhatEachKeyDoes) {
  Walk([&](const Schema&, const Key& key, const Place&, const Place& at) {
    EXPECT_TRUE(key.about.ends_with('.')) << at.path;
  }).schema(kRootSchema, {});
}

TEST(ConfigSchema, IsAJsonSchemaWhoseReferencesLeadSomewhere) {
  const auto schema = nlohmann::json::parse(json_schema());
  std::size_t references = 0;
  const std::function<void(const nlohmann::json&)> follow = [&](const nlohmann::json& node) {
    if (node.is_object() && node.contains("$ref")) {
      ++references;
      const std::string target = node["$ref"].get<std::string>().substr(1);
      EXPECT_TRUE(schema.contains(nlohmann::json::json_pointer(target))) << target;
    }
    for (const nlohmann::json& child : node) {
      if (child.is_structured()) follow(child);
    }
  };
  follow(schema);
  EXPECT_GT(references, 30U);
}

}  // namespace
}  // namespace hitwatch::config
