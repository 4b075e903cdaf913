// Where alerts go, beside Debian's amtool: the shipped examples and trees that are easy to get
// wrong.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "agent/config/config.h"
#include "agent/notify/alert.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

struct Answer {
  int code = -1;
  std::string text;
};

std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Answer amtool(const std::vector<std::string>& arguments) {
  std::string line = "amtool";
  for (const std::string& argument : arguments) line += " " + in_quotes(argument);
  Answer answer;
  FILE* output = ::popen((line + " 2>&1").c_str(), "r");
  if (output == nullptr) return answer;
  char buffer[4096];
  std::size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof(buffer), output)) > 0) {
    answer.text.append(buffer, count);
  }
  const int status = ::pclose(output);
  if (WIFEXITED(status)) answer.code = WEXITSTATUS(status);
  while (answer.text.ends_with('\n')) answer.text.pop_back();
  return answer;
}

std::vector<std::string> examples() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(HITWATCH_NOTIFY_EXAMPLES)) {
    if (entry.path().extension() == ".yml") files.push_back(entry.path());
  }
  return files;
}

class BesideAmtool : public TestFolder {
 protected:
  notify::Settings load(const std::string& file) const {
    auto config = load_file(write("h.yaml", "notify: {file: '" + file + "'}\n"));
    if (config) return std::move(config->notify);
    for (const Fault& fault : config.error()) ADD_FAILURE() << to_string(fault);
    return {};
  }

  // The receivers that both name for each label set.
  void compare(const std::string& file, const std::vector<metrics::Labels>& label_sets) const {
    const notify::Settings settings = load(file);
    for (metrics::Labels labels : label_sets) {
      std::vector<std::string> arguments = {"config", "routes", "test", "--config.file", file};
      for (const auto& [name, value] : labels) {
        const auto label = notify::Matcher::make(notify::Matcher::Kind::kEqual, name, value);
        arguments.push_back(notify::to_string(*label));
      }
      std::string ours;
      notify::normalize(labels);
      for (const notify::Route* route : match_routes(settings.route, labels)) {
        ours += (ours.empty() ? "" : ",") + route->receiver;
      }
      // A warning may stand before it.
      const std::string theirs = amtool(arguments).text;
      EXPECT_EQ(ours, theirs.substr(theirs.rfind('\n') + 1))
          << file << testing::PrintToString(arguments);
    }
  }
};

TEST_F(BesideAmtool, BothAcceptEveryExample) {
  const auto files = examples();
  EXPECT_GE(files.size(), 4U);
  for (const std::string& file : files) {
    const Answer checked = amtool({"check-config", file});
    EXPECT_EQ(checked.code, 0) << checked.text;
    EXPECT_TRUE(load(file).enabled);
  }
}

TEST_F(BesideAmtool, ExamplesLeadToTheSameReceivers) {
  const std::vector<metrics::Labels> label_sets = {
      {{"alertname", "RedisDown"}},
      {{"alertname", "RedisDown"}, {"severity", "critical"}},
      {{"alertname", "HitwatchSnapshotOld"}, {"team", "catalog"}},
      {{"alertname", "RedisDown"}, {"team", "catalog"}, {"severity", "critical"}},
      {{"alertname", "RedisDown"}, {"team", "catalog"}, {"severity", "info"}},
      {{"alertname", "RedisDown"}, {"team", "sessions"}, {"tenant", "acme"}},
      {{"alertname", "RedisDown"}, {"team", "users"}},
      {{"alertname", "RedisDown"}, {"team", "usersx"}, {"tenant", "acme"}},
  };
  for (const std::string& file : examples()) compare(file, label_sets);
}

// Out of it amtool reads the routes of a running daemon.
TEST_F(BesideAmtool, WhatTheApiShowsOfEveryExampleIsAccepted) {
  for (const std::string& file : examples()) {
    const std::string original = load(file).original;
    const Answer checked = amtool({"check-config", write("shown.yml", original)});
    EXPECT_EQ(checked.code, 0) << checked.text << original;
  }
}

TEST_F(BesideAmtool, WhatTheApiShowsInsteadOfSecretsIsAccepted) {
  const std::string file =
      write("am.yml",
            "global: {slack_api_url: 'https://hooks/T0', http_config: {proxy_url: 'http://p:1'}}\n"
            "route: {receiver: a}\n"
            "receivers:\n"
            "- name: a\n"
            "  webhook_configs:\n"
            "  - {url: 'https://hooks.example:8443/T0?k=v'}\n"
            "  - {url: 'http://[::1]/', http_config: {basic_auth: {username: u, password: p}}}\n"
            "  - {url: 'http://a', http_config: {authorization: {credentials: c}}}\n"
            "  - {url: 'http://a', http_config: {bearer_token: b}}\n"
            "  slack_configs: [{api_url: 'https://hooks/T1', channel: c}, {channel: d}]\n"
            "  pagerduty_configs: [{routing_key: k, url: 'http://pd/'}]\n");
  const std::string original = load(file).original;
  const std::string shown = write("shown.yml", original);
  const Answer checked = amtool({"check-config", shown});
  EXPECT_EQ(checked.code, 0) << checked.text << original;
}

TEST_F(BesideAmtool, ATreeWithContinueAndOverlaps) {
  compare(write("am.yml",
                "route:\n"
                "  receiver: root\n"
                "  routes:\n"
                "  - {receiver: all, continue: true}\n"
                "  - receiver: a\n"
                "    matchers: ['x=~\"a|b\"']\n"
                "    continue: true\n"
                "    routes:\n"
                "    - {receiver: a1, matchers: [y=1], continue: true}\n"
                "    - {receiver: a2, matchers: [y!=2]}\n"
                "    - {matchers: [y=2], routes: [{receiver: deep, matchers: ['z=~.+']}]}\n"
                "  - {receiver: b, match: {x: b}, match_re: {y: '1|2'}}\n"
                "  - {receiver: none, matchers: ['x!~\".*\"']}\n"
                "  - {receiver: empty, matchers: [x=]}\n"
                "  - {receiver: c, matchers: ['{x=b,y=\"1\"}', 'z!=q']}\n"
                "receivers: [{name: root}, {name: all}, {name: a}, {name: a1}, {name: a2}, "
                "{name: deep}, {name: b}, {name: none}, {name: empty}, {name: c}]\n"),
          {{},
           {{"x", "a"}},
           {{"x", "a"}, {"y", "1"}},
           {{"x", "b"}, {"y", "1"}},
           {{"x", "b"}, {"y", "2"}},
           {{"x", "b"}, {"y", "2"}, {"z", "1"}},
           {{"x", "c"}},
           {{"y", "1"}},
           {{"x", "b"}, {"y", "1"}, {"z", "q"}},
           {{"x", "ab"}}});
}

TEST_F(BesideAmtool, MatchersInEveryNotation) {
  compare(write("am.yml",
                "route:\n"
                "  receiver: root\n"
                "  routes:\n"
                "  - {receiver: quoted, matchers: ['a=\"x \\\"y\\\" \\\\ z\"']}\n"
                "  - {receiver: spaces, matchers: ['  a  =  two words  ']}\n"
                "  - {receiver: comma, matchers: ['a=\"p,q\",b=1']}\n"
                "  - {receiver: equals, matchers: ['a==x']}\n"
                "  - {receiver: dots, matchers: ['a=~\"\\d+\\.\\d\"']}\n"
                "  - {receiver: slash, matchers: ['a=c:\\dir\\']}\n"
                "  - {receiver: colon, matchers: ['n:s=1']}\n"
                "  - {receiver: braces, matchers: ['{a=in}']}\n"
                "  - {receiver: utf8, matchers: ['a=é☃']}\n"
                "receivers: [{name: root}, {name: quoted}, {name: spaces}, {name: comma}, {name: "
                "equals}, {name: dots}, {name: slash}, {name: colon}, {name: braces}, {name: "
                "utf8}]\n"),
          {{{"a", R"(x "y" \ z)"}},
           {{"a", "two words"}},
           {{"a", "p,q"}, {"b", "1"}},
           {{"a", "=x"}},
           {{"a", "12.3"}},
           {{"a", "12x3"}},
           {{"a", R"(c:\dir\)"}},
           {{"a", "in"}},
           {{"a", "é☃"}}});
}

}  // namespace
}  // namespace hitwatch::config
