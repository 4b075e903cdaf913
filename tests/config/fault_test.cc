// What is said of a wrong configuration.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "agent/config/config.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ConfigFault : public TestFolder {};

TEST_F(ConfigFault, UnknownKeyHasPositionPathAndASuggestion) {
  const std::string text =
      "targets:\n"
      "  - url: redis://a\n"
      "  - url: redis://b\n"
      "    pol: {}\n";
  EXPECT_THAT(faults_of(text, "hitwatch.yaml"),
              ElementsAre("hitwatch.yaml:4:5: targets[1].pol: unknown key, did you mean 'poll'?"));
}

TEST_F(ConfigFault, UnknownKeyFarFromAllOthersHasNoSuggestion) {
  EXPECT_THAT(
      faults_of("frobnicate: 1"),
      ElementsAre("h.yaml:1:1: frobnicate: unknown key; the keys here are apps, credentials, keys, "
                  "log, notify, poll, rules, shard, storage, "
                  "tap, targets, thresholds, traces, web"));
}

TEST_F(ConfigFault, SectionInTheWrongPlaceSaysWhereItBelongs) {
  EXPECT_THAT(faults_of("web: {poll: {}}"),
              ElementsAre("h.yaml:1:7: web.poll: unknown key here; 'poll' stands at the top of the "
                          "file"));
}

TEST_F(ConfigFault, CollectSuggestsTheNamesOfItsOptions) {
  EXPECT_THAT(faults_of("poll: {collect: {clientlist: true, slow_log: false}}"),
              ElementsAre("h.yaml:1:18: poll.collect.clientlist: unknown key, did you mean "
                          "'client_list'?",
                          "h.yaml:1:36: poll.collect.slow_log: unknown key, did you mean "
                          "'slowlog'?"));
}

TEST_F(ConfigFault, WrongTypes) {
  EXPECT_THAT(faults_of("targets: {}"),
              ElementsAre("h.yaml:1:10: targets: must be a list, not a mapping"));
  EXPECT_THAT(faults_of("poll: [1]"), ElementsAre(HasSubstr("poll: must be a mapping")));
  EXPECT_THAT(faults_of("poll: fast"), ElementsAre(HasSubstr("poll: must be a mapping")));
  EXPECT_THAT(faults_of("poll: {interval: [1s]}"),
              ElementsAre("h.yaml:1:18: poll.interval: must be a single value, not a list"));
  EXPECT_THAT(faults_of("poll: {interval: }"), ElementsAre(HasSubstr("has no value")));
  EXPECT_THAT(faults_of("web: {admin_api: yes}"),
              ElementsAre("h.yaml:1:18: web.admin_api: 'yes' is not true or false"));
  EXPECT_THAT(faults_of("- a"), ElementsAre(StartsWith("h.yaml:1:1: must be a mapping")));
  EXPECT_THAT(
      faults_of("targets: ['redis://u:hunter2@h']"),
      ElementsAre("h.yaml:1:11: targets[0]: must be a mapping: write '- url: …' or '- file: "
                  "…'"));
  EXPECT_THAT(faults_of("targets: [[]]"), ElementsAre(HasSubstr("targets[0]: must be a mapping")));
  EXPECT_THAT(faults_of("targets: [~]"),
              ElementsAre(HasSubstr("needs a url, a file, a sentinel or a cluster")));
  EXPECT_THAT(faults_of("web: {scrape_allow: x}"), ElementsAre(HasSubstr("must be a list")));
}

TEST_F(ConfigFault, BadDurationShowsAGoodOne) {
  EXPECT_THAT(
      faults_of("poll: {interval: 15}"),
      ElementsAre("h.yaml:1:18: poll.interval: '15' is not a duration: write it like 250ms, "
                  "15s or 1h30m"));
  EXPECT_THAT(faults_of("poll: {interval: -5s}"), ElementsAre(HasSubstr("not a duration")));
}

TEST_F(ConfigFault, IntervalAndTimeoutMustFit) {
  EXPECT_THAT(faults_of("poll: {interval: 0s}"),
              Contains("h.yaml:1:18: poll.interval: must be more than 0 and at most 1d"));
  EXPECT_THAT(faults_of("poll: {interval: 25h}"), ElementsAre(HasSubstr("at most 1d")));
  EXPECT_THAT(faults_of("poll: {timeout: 0}"), ElementsAre(HasSubstr("must be more than 0")));
  EXPECT_THAT(faults_of("poll: {interval: 5s, timeout: 6s}"),
              ElementsAre("h.yaml:1:31: poll.timeout: longer than poll.interval; polls would "
                          "overlap"));
  EXPECT_THAT(faults_of("poll: {interval: 5s, timeout: 5s}"), IsEmpty());
}

TEST_F(ConfigFault, WordsOutsideOfTheirList) {
  EXPECT_THAT(faults_of("log: {level: loud}"),
              ElementsAre("h.yaml:1:14: log.level: 'loud' is none of debug, info, warn, error"));
  EXPECT_THAT(faults_of("log: {format: xml}"), ElementsAre(HasSubstr("none of logfmt, json")));
  EXPECT_THAT(faults_of("poll: {mode: push}"),
              ElementsAre(HasSubstr("none of background, on_scrape")));
}

TEST_F(ConfigFault, SizesAddressesPathsAndPatterns) {
  EXPECT_THAT(faults_of("storage: {max_size: 64MB}"), ElementsAre(HasSubstr("64MiB")));
  EXPECT_THAT(faults_of("storage: {max_size: 'x'}"), ElementsAre(HasSubstr("not a size")));
  EXPECT_THAT(faults_of("storage: {max_size: '12 '}"), ElementsAre(HasSubstr("not a size")));
  EXPECT_THAT(faults_of("storage: {max_size: 5KiB}"), ElementsAre(HasSubstr("at least 1MiB")));
  EXPECT_THAT(faults_of("storage: {path: ''}"), ElementsAre(HasSubstr("must be a folder")));
  for (const std::string address :
       {"9121", "localhost", "h:99999", "h:x", "h i:1", "::1:x", "h:"}) {
    EXPECT_THAT(faults_of("web: {listen_address: '" + address + "'}"),
                ElementsAre(HasSubstr("write it like 0.0.0.0:9121")))
        << address;
  }
  for (const std::string address : {":9121", "[::1]:0", "localhost:80"}) {
    EXPECT_THAT(faults_of("web: {listen_address: '" + address + "'}"), IsEmpty()) << address;
  }
  EXPECT_THAT(faults_of("web: {telemetry_path: metrics}"), ElementsAre(HasSubstr("like /metrics")));
  EXPECT_THAT(faults_of("web: {telemetry_path: /-/ready}"),
              ElementsAre(HasSubstr("another endpoint has this path")));
  EXPECT_THAT(faults_of("web: {scrape_allow: ['']}"), ElementsAre(HasSubstr("must be a pattern")));
  EXPECT_THAT(faults_of("poll: {collect: {search_index_match: '('}}"),
              ElementsAre(HasSubstr("not a regular expression")));
  EXPECT_THAT(faults_of("poll: {collect: {config_command: 'a b'}}"),
              ElementsAre(HasSubstr("not the name of a command")));
}

TEST_F(ConfigFault, SameTargetTwice) {
  EXPECT_THAT(
      faults_of("targets: [{url: redis://h}, {url: 'valkey://h:6379/0', alias: b}]"),
      ElementsAre("h.yaml:1:35: targets[1].url: the same server and database as targets[0]"));
  EXPECT_THAT(
      faults_of("targets: [{url: redis://a, alias: x}, {url: redis://b, alias: x}]"),
      ElementsAre("h.yaml:1:63: targets[1].alias: the same name as targets[0]; give each an "
                  "'alias' of its own"));
  EXPECT_THAT(faults_of("targets: [{url: redis://h/0}, {url: redis://h/1}]"),
              ElementsAre(HasSubstr("targets[1].url: the same name as targets[0]")));
  EXPECT_THAT(faults_of("targets: [{url: redis://a}, {url: redis://b, alias: 'a:6379'}]"),
              ElementsAre(HasSubstr("targets[1].alias: the same name as targets[0]")));
}

TEST_F(ConfigFault, UnreadableFiles) {
  EXPECT_THAT(faults_of("targets: [{url: rediss://h, tls: {ca_file: gone.pem}}]", path("h.yaml")),
              ElementsAre(HasSubstr("targets[0].tls.ca_file: " + path("gone.pem") +
                                    " cannot be read: No such file or directory")));
  EXPECT_THAT(faults_of("targets: [{url: redis://h, password_file: gone}]", path("h.yaml")),
              ElementsAre(AllOf(HasSubstr("targets[0].password_file: "), HasSubstr(path("gone")))));
  EXPECT_THAT(faults_of("targets: [{file: gone.yaml}]", path("h.yaml")),
              ElementsAre(HasSubstr("targets[0].file: " + path("gone.yaml"))));
  EXPECT_THAT(faults_of("targets: [{file: 'gone/*.yaml'}]", path("h.yaml")), IsEmpty())
      << "a pattern may match nothing yet";
  EXPECT_THAT(faults_of("web: {config_file: gone}", path("h.yaml")),
              ElementsAre(HasSubstr(path("gone"))));
  EXPECT_THAT(faults_of("web: {config_file: .}", path("h.yaml")),
              ElementsAre(HasSubstr("not a regular file")));
}

TEST_F(ConfigFault, MissingConfigurationFile) {
  const auto config = load_file(path("gone.yaml"));
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error().at(0)),
            path("gone.yaml") + ": cannot be read: No such file or directory");
}

TEST_F(ConfigFault, TooLargeAFile) {
  const auto config = load_file(write("big.yaml", std::string((1 << 20) + 1, '#')));
  ASSERT_FALSE(config);
  EXPECT_THAT(to_string(config.error().at(0)), HasSubstr("larger than 1MiB"));
}

TEST_F(ConfigFault, MoreThanOnePasswordOrUser) {
  write("p", "x");
  EXPECT_THAT(
      faults_of("targets: [{url: redis://h, password: a, password_file: p}]", path("h.yaml")),
      ElementsAre(HasSubstr("targets[0].password_file: a second password")));
  EXPECT_THAT(faults_of("targets: [{url: 'redis://:a@h', password: b}]"),
              ElementsAre(HasSubstr("targets[0].password: a second password")));
  EXPECT_THAT(faults_of("targets: [{url: 'redis://a:x@h', username: b}]"),
              ElementsAre(HasSubstr("the URL has a user already")));
}

TEST_F(ConfigFault, PasswordVariableMustBeSet) {
  ::unsetenv("HITWATCH_TEST_UNSET");
  EXPECT_THAT(faults_of("targets: [{url: redis://h, password_env: HITWATCH_TEST_UNSET}]"),
              ElementsAre(HasSubstr("variable HITWATCH_TEST_UNSET is not set")));
  EXPECT_THAT(faults_of("targets: [{url: redis://h, password_env: 'hunter 2'}]"),
              ElementsAre(AllOf(HasSubstr("must be the name of an environment variable"),
                                Not(HasSubstr("hunter")))));
}

TEST_F(ConfigFault, VariablesThatAreNotSetOrNotNamed) {
  ::unsetenv("HITWATCH_TEST_UNSET");
  EXPECT_THAT(faults_of("targets: [{url: 'redis://${HITWATCH_TEST_UNSET}'}]"),
              ElementsAre("h.yaml:1:17: targets[0].url: the environment variable "
                          "HITWATCH_TEST_UNSET is not set"));
  for (const std::string text : {"${", "${}", "${A", "${A:-b}", "${1A}", "a${ B }"}) {
    EXPECT_THAT(faults_of("storage: {path: '" + text + "'}"),
                ElementsAre(HasSubstr("needs the name of a variable")))
        << text;
  }
}

TEST_F(ConfigFault, TlsOptionsMustMakeSense) {
  write("c", "");
  EXPECT_THAT(faults_of("targets: [{url: redis://h, tls: {server_name: x}}]"),
              ElementsAre(HasSubstr("targets[0].tls: has no effect on this URL")));
  EXPECT_THAT(faults_of("targets: [{url: rediss://h, tls: {cert_file: c}}]", path("h.yaml")),
              ElementsAre(HasSubstr("cert_file and key_file need each other")));
}

TEST_F(ConfigFault, LabelsThatCannotBeUsed) {
  const auto faults = [](const std::string& label) {
    return faults_of("targets: [{url: redis://h, labels: {" + label + ": x}}]");
  };
  EXPECT_THAT(faults("1st"), ElementsAre(HasSubstr("not a label name")));
  EXPECT_THAT(faults("a-b"), ElementsAre(HasSubstr("not a label name")));
  EXPECT_THAT(faults("__meta"),
              ElementsAre("h.yaml:1:37: targets[0].labels.__meta: label names that start with '__' "
                          "are reserved"));
  EXPECT_THAT(faults("instance"), ElementsAre(HasSubstr("set 'alias'")));
  for (const std::string label :
       {"job",           "cmd",           "db",         "err",         "le",
        "quantile",      "instance_role", "slave_ip",   "master_host", "role",
        "redis_version", "collector",     "event_name", "reason",      "abi_version",
        "version",       "user",          "layer",      "type",        "tenant",
        "operation",     "source"}) {
    EXPECT_THAT(faults(label), ElementsAre(HasSubstr("use this label themselves"))) << label;
  }
  EXPECT_THAT(faults_of("targets: [{url: redis://h, labels: {a: [1]}}]"),
              ElementsAre(HasSubstr("targets[0].labels.a: must be a single value")));
  EXPECT_THAT(faults("env: " + std::string(1025, 'x') + ", b"),
              ElementsAre(HasSubstr("longer than 1024 bytes")));
}

TEST_F(ConfigFault, CredentialsNeedAPatternAndSomethingToSend) {
  EXPECT_THAT(faults_of("credentials: [{username: a}]"),
              ElementsAre("h.yaml:1:15: credentials[0]: needs a match, a pattern like "
                          "'*.example.org:*', or a password_map"));
  EXPECT_THAT(faults_of("credentials: [{match: '*'}]"),
              ElementsAre(HasSubstr("needs a username, a password or tls")));
  EXPECT_THAT(faults_of("credentials: [x]"), ElementsAre(HasSubstr("must be a mapping")));
  EXPECT_THAT(faults_of("credentials: [{match: '*', passwort: x}]"),
              Contains(HasSubstr("did you mean 'password'?")));
}

TEST_F(ConfigFault, TargetEntriesNeedAUrlOrAFile) {
  EXPECT_THAT(faults_of("targets: [{alias: a}]"),
              ElementsAre("h.yaml:1:11: targets[0]: needs a url, a file, a sentinel or a cluster"));
  EXPECT_THAT(faults_of("targets: [{file: '*.yaml', alias: a}]"),
              ElementsAre(HasSubstr("targets[0].alias: not allowed beside 'file'")));
}

TEST_F(ConfigFault, MoreTargetsThanTheBound) {
  std::string text = "targets:\n";
  for (int i = 0; i <= 10'000; ++i) text += fmt::format("- url: redis://h{}\n", i);
  EXPECT_THAT(faults_of(text), ElementsAre(HasSubstr("more than 10000 targets")));
}

TEST_F(ConfigFault, AllAreReportedInOneRunInTheOrderOfTheirPosition) {
  const std::string text =
      "log: {level: loud}\n"                         // 1
      "frob: 1\n"                                    // 2
      "targets:\n"                                   // 3
      "  - url: http://h\n"                          // 4
      "    alias: [x]\n"                             // 5
      "  - url: redis://a\n"                         // 6
      "    labels: {db: x, 1x: y}\n"                 // 7
      "  - url: redis://a\n"                         // 8
      "  - sentinel: {}\n"                           // 9
      "poll:\n"                                      // 10
      "  interval: soon\n"                           // 11
      "  interval: 1s\n"                             // 12
      "  collect: {pingg: true, slowlog: maybe}\n"   // 13
      "tap: {sample: 10%}\n"                         // 14
      "storage: {max_size: big, path: {}}\n"         // 15
      "credentials: [{match: '*', tls: {ca: x}}]\n"  // 16
      "web: {listen_address: here}\n";               // 17
  const auto config = load_text(text, "h.yaml");
  ASSERT_FALSE(config);
  std::vector<int> lines;
  for (const Fault& fault : config.error()) lines.push_back(fault.line);
  EXPECT_THAT(lines, ElementsAre(1, 2, 4, 5, 7, 7, 8, 9, 11, 12, 13, 13, 14, 15, 15, 16, 17))
      << testing::PrintToString(faults_of(text));
}

TEST_F(ConfigFault, TheListOfFaultsIsBounded) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += fmt::format("k{}: 1\n", i);
  const auto faults = faults_of(text);
  EXPECT_EQ(faults.size(), 101U);
  EXPECT_EQ(faults.back(), "h.yaml: and 400 more faults");
}

TEST_F(ConfigFault, NoFaultShowsASecret) {
  ::setenv("HITWATCH_TEST_PASSWORD", "hunter2", 1);
  for (const std::string text :
       {"targets: [{url: 'redis://u:hunter2/x@h'}]", "targets: [{url: 'http://u:hunter2@h'}]",
        "targets: ['redis://u:hunter2@h']", "targets: [{'redis://u:hunter2@h': }]",
        "targets: [{url: redis://h, password: [hunter2]}]",
        "targets: [{url: redis://h, password: {hunter2: x}}]",
        "targets: [{url: redis://h, password: 'hunter2${'}]",
        "targets: [{url: redis://:x@h, password: hunter2}]",
        "targets: [{url: redis://h, labels: {'u:hunter2@h': x}}]",
        "targets: [{url: 'redis://u:${HITWATCH_TEST_PASSWORD}/x@h'}]",
        "targets: [{url: 'redis://u:hunter2@h'}, {url: 'redis://u:hunter2@h'}]",
        "poll: {interval: '${HITWATCH_TEST_PASSWORD}'}",
        "log: {level: '${HITWATCH_TEST_PASSWORD}'}",
        "targets: [{url: redis://h, password: \"hunter2", "targets: [{url: redis://h:hunter2}]",
        "poll: {interval: 'redis://:hunter2@h'}",
        "targets: [{url: redis://h, password: *hunter2"}) {
    const auto faults = faults_of(text);
    EXPECT_THAT(faults, Not(IsEmpty())) << text;
    EXPECT_THAT(faults, Each(Not(HasSubstr("hunter2")))) << text;
  }
}

}  // namespace
}  // namespace hitwatch::config
