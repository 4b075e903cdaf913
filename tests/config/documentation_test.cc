// docs/configuration.md against the code: its block of everything loads, holds the defaults, and
// names every key that there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "agent/config/config.h"
#include "agent/yaml/document.h"

namespace hitwatch::config {
namespace {

using yaml::Node;

// The YAML block under the heading "All of it".
std::string documented_block() {
  std::ifstream file(HITWATCH_DOCS "/configuration.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string open = "```yaml\n";
  const auto begin = text.find(open, text.find("## All of it")) + open.size();
  return text.substr(begin, text.find("```", begin) - begin);
}

Node at(const Node& node, const std::string& key) {
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i].text == key) return node.items[i];
  }
  ADD_FAILURE() << "no key " << key;
  return {};
}

std::set<std::string> keys_of(const Node& node) {
  std::set<std::string> keys;
  for (const Node& key : node.keys) keys.insert(key.text);
  return keys;
}

// The keys that the loader says there are where `text` has the unknown key `zzzzzzzzzzzz`.
std::set<std::string> keys_in_code(const std::string& text) {
  const auto loaded = load_text(text, "h.yaml");
  if (loaded) return {};
  const std::string intro = "the keys here are ";
  std::set<std::string> keys;
  for (const Fault& fault : loaded.error()) {
    const auto begin = fault.text.find(intro);
    if (begin == std::string::npos) continue;
    std::string rest = fault.text.substr(begin + intro.size()) + ", ";
    for (auto end = rest.find(", "); end != std::string::npos; end = rest.find(", ")) {
      keys.insert(rest.substr(0, end));
      rest.erase(0, end + 2);
    }
  }
  return keys;
}

// What is left when nothing is looked at.
keyspace::CheckOptions without_selectors(keyspace::CheckOptions check) {
  for (auto* list :
       {&check.keys, &check.single_keys, &check.count, &check.streams, &check.single_streams}) {
    list->clear();
  }
  check.groups.clear();
  return check;
}

// A folder with the files that the block names.
class Documentation : public testing::Test {
 protected:
  Documentation() {
    setenv("REDIS_PASSWORD", "p", 1);
    std::filesystem::create_directories(folder_);
    for (const char* name : {"ca.crt", "client.crt", "client.key", "lookups.token", "otlp.token",
                             "signing.secret", "web.yml"}) {
      std::ofstream(folder_ / name) << std::string(24, 'x');  // a signing secret has no fewer
    }
    std::ofstream(folder_ / "hitwatch.yaml") << documented_block();
  }
  ~Documentation() override {
    unsetenv("REDIS_PASSWORD");
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_ =
      testing::TempDir() + "hitwatch-documentation-" + std::to_string(getpid());
};

TEST_F(Documentation, HoldsTheDefaults) {
  auto loaded = load_file(folder_ / "hitwatch.yaml");
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  const Config defaults;
  EXPECT_EQ(loaded->poll, defaults.poll);
  EXPECT_EQ(loaded->web.config_file, folder_ / "web.yml");
  loaded->web.config_file.clear();
  EXPECT_EQ(loaded->web, defaults.web);
  EXPECT_EQ(loaded->log, defaults.log);
  EXPECT_EQ(loaded->storage, defaults.storage);
  EXPECT_EQ(loaded->traces.tls.ca_file, folder_ / "ca.crt");
  loaded->traces.tls = {};
  loaded->traces.headers.clear();
  loaded->traces.resource.clear();
  EXPECT_EQ(loaded->traces.endpoint, "http://localhost:4318/v1/traces");
  loaded->traces.endpoint.clear();
  EXPECT_EQ(loaded->traces, defaults.traces);
  loaded->rules.files.clear();
  EXPECT_EQ(loaded->rules, defaults.rules);
  EXPECT_EQ(loaded->notify.resolve_timeout, defaults.notify.resolve_timeout);
  EXPECT_EQ(loaded->notify.max_age, defaults.notify.max_age);
  EXPECT_EQ(loaded->notify.route.group_wait, defaults.notify.route.group_wait);
  EXPECT_EQ(loaded->notify.route.group_interval, defaults.notify.route.group_interval);
  EXPECT_EQ(loaded->notify.route.repeat_interval, defaults.notify.route.repeat_interval);
  ASSERT_EQ(loaded->notify.alertmanagers.size(), 1U);
  EXPECT_EQ(loaded->notify.alertmanagers[0].timeout, notify::AlertmanagerPeer().timeout);
  EXPECT_EQ(loaded->keys.tenants, defaults.keys.tenants);
  EXPECT_EQ(loaded->keys.sample, defaults.keys.sample);
  EXPECT_EQ(without_selectors(loaded->keys.check), defaults.keys.check);
  EXPECT_EQ(loaded->apps.statsd.listen, defaults.apps.statsd.listen);
  EXPECT_EQ(loaded->apps.http.enabled, defaults.apps.http.enabled);
  EXPECT_EQ(loaded->apps.buckets, defaults.apps.buckets);
  ASSERT_EQ(loaded->apps.stats_endpoints.size(), 1U);
  EXPECT_EQ(loaded->apps.stats_endpoints[0].interval, apps::StatsEndpoint().interval);
  ASSERT_EQ(loaded->targets.size(), 1U);
  EXPECT_EQ(loaded->targets[0].databases, redis::Target().databases);
  EXPECT_EQ(loaded->targets[0].tls.insecure_skip_verify, net::TlsOptions().insecure_skip_verify);
}

TEST_F(Documentation, NamesEveryKey) {
  const auto document = yaml::parse_document(documented_block(), "configuration.md");
  ASSERT_TRUE(document);
  const Node target = at(*document, "targets").items.at(0);
  EXPECT_EQ(keys_of(*document), keys_in_code("zzzzzzzzzzzz: 1"));
  EXPECT_EQ(keys_of(at(target, "tls")),
            keys_in_code("targets: [{url: 'rediss://a', tls: {zzzzzzzzzzzz: 1}}]"));
  for (const char* section : {"poll", "rules", "web", "log", "storage"}) {
    EXPECT_EQ(keys_of(at(*document, section)),
              keys_in_code(std::string(section) + ": {zzzzzzzzzzzz: 1}"))
        << section;
  }
  const Node traces = at(*document, "traces");
  EXPECT_EQ(keys_of(traces), keys_in_code("traces: {zzzzzzzzzzzz: 1}"));
  for (const char* section : {"sampler", "queue"}) {
    EXPECT_EQ(keys_of(at(traces, section)),
              keys_in_code("traces: {" + std::string(section) + ": {zzzzzzzzzzzz: 1}}"))
        << section;
  }
  std::set<std::string> of_otlp = keys_of(at(traces, "otlp"));
  of_otlp.insert("traces_endpoint");
  EXPECT_EQ(of_otlp, keys_in_code("traces: {otlp: {zzzzzzzzzzzz: 1}}"));
  // Of the three ways to say who is told, one is used.
  std::set<std::string> of_notify = keys_of(at(*document, "notify"));
  of_notify.insert({"file", "webhook_url", "mute_time_intervals"});
  EXPECT_EQ(of_notify, keys_in_code("notify: {zzzzzzzzzzzz: 1}"));
  EXPECT_EQ(keys_of(at(at(at(*document, "notify"), "route"), "routes").items.at(0)),
            keys_in_code("notify: {route: {receiver: a, routes: [{zzzzzzzzzzzz: 1}]}}"));
  EXPECT_EQ(keys_of(at(at(*document, "poll"), "collect")),
            keys_in_code("poll: {collect: {zzzzzzzzzzzz: 1}}"));
  const Node statsd = at(at(*document, "apps"), "statsd");
  EXPECT_EQ(keys_of(statsd), keys_in_code("apps: {statsd: {zzzzzzzzzzzz: 1}}"));
  EXPECT_EQ(keys_of(at(statsd, "mapping").items.at(0)),
            keys_in_code("apps: {statsd: {mapping: [{match: a, as: hit, zzzzzzzzzzzz: 1}]}}"));
  const Node apps = at(*document, "apps");
  EXPECT_EQ(keys_of(apps), keys_in_code("apps: {zzzzzzzzzzzz: 1}"));
  std::set<std::string> of_http = keys_of(at(apps, "http"));
  of_http.insert({"token", "token_env"});
  EXPECT_EQ(of_http, keys_in_code("apps: {http: {zzzzzzzzzzzz: 1}}"));
  std::set<std::string> of_otlp_in = keys_of(at(apps, "otlp"));
  of_otlp_in.insert({"token", "token_env"});
  EXPECT_EQ(of_otlp_in, keys_in_code("apps: {otlp: {zzzzzzzzzzzz: 1}}"));
  EXPECT_EQ(keys_of(at(at(apps, "otlp"), "mapping").items.at(0)),
            keys_in_code("apps: {otlp: {mapping: [{metric: a, as: result, zzzzzzzzzzzz: 1}]}}"));
  const Node endpoint = at(apps, "stats_endpoints").items.at(0);
  std::set<std::string> of_endpoints = keys_of(endpoint);
  of_endpoints.insert({"token", "token_env"});
  EXPECT_EQ(of_endpoints, keys_in_code("apps: {stats_endpoints: [{zzzzzzzzzzzz: 1}]}"));
  EXPECT_EQ(keys_of(at(endpoint, "labels")),
            keys_in_code("apps: {stats_endpoints: [{labels: {zzzzzzzzzzzz: 1}}]}"));
  const Node keys = at(*document, "keys");
  EXPECT_EQ(keys_of(keys), keys_in_code("keys: {zzzzzzzzzzzz: 1}"));
  EXPECT_EQ(keys_of(at(keys, "tenants")), keys_in_code("keys: {tenants: {zzzzzzzzzzzz: 1}}"));
  EXPECT_EQ(keys_of(at(keys, "sample")), keys_in_code("keys: {sample: {zzzzzzzzzzzz: 1}}"));
  EXPECT_EQ(keys_of(at(keys, "check")), keys_in_code("keys: {check: {zzzzzzzzzzzz: 1}}"));
  std::set<std::string> of_patterns;
  for (const Node& entry : at(keys, "patterns").items) of_patterns.merge(keys_of(entry));
  EXPECT_EQ(of_patterns, keys_in_code("keys: {patterns: [{match: 'a:*', zzzzzzzzzzzz: 1}]}"));
  // Of the three ways to give a password one is used and the others stand in its comment.
  std::set<std::string> of_targets = keys_of(target);
  of_targets.insert({"password_file", "password_env", "file"});
  EXPECT_EQ(of_targets, keys_in_code("targets: [{url: 'redis://a', zzzzzzzzzzzz: 1}]"));
  std::set<std::string> of_credentials = keys_of(at(*document, "credentials").items.at(0));
  of_credentials.insert({"password_file", "password"});
  EXPECT_EQ(of_credentials, keys_in_code("credentials: [{match: a, zzzzzzzzzzzz: 1}]"));
}

}  // namespace
}  // namespace hitwatch::config
