// The command line and environment of redis_exporter.
#include "agent/cli/exporter_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "agent/cli/exporter_flag_table.h"
#include "collectors/redis/login.h"
#include "tests/config/test_folder.h"

namespace hitwatch::cli {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Arguments = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

std::expected<config::Config, std::string> parse(const Arguments& args,
                                                 const Variables& variables = {}) {
  return parse_exporter_flags(args, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

config::Config config_of(const Arguments& args, const Variables& variables = {}) {
  auto config = parse(args, variables);
  EXPECT_TRUE(config) << config.error();
  return config ? *std::move(config) : config::Config{};
}

std::string error_of(const Arguments& args, const Variables& variables = {}) {
  const auto config = parse(args, variables);
  return config ? "no error" : config.error();
}

class ExporterFlags : public config::TestFolder {};

TEST_F(ExporterFlags, WithoutAnyTheLocalServerIsPolledOnScrape) {
  const config::Config config = config_of({});
  ASSERT_EQ(config.targets.size(), 1U);
  EXPECT_EQ(config.targets[0].name(), "localhost:6379");
  EXPECT_EQ(config.targets[0].alias, "");
  EXPECT_TRUE(config.poll.on_scrape);
  EXPECT_EQ(config.poll.collect, redis::CollectOptions{});
  config::Web web;
  web.query_api = false;
  EXPECT_EQ(config.web, web);
  EXPECT_FALSE(config.rules.bundled);
  EXPECT_EQ(config.web.listen_address, "0.0.0.0:9121");
  EXPECT_EQ(config.name_space, "redis");
  EXPECT_TRUE(config.credentials.empty());
}

TEST_F(ExporterFlags, OneDashOrTwoValueAfterEqualsOrNext) {
  for (const Arguments& args :
       {Arguments{"-redis.addr=h:1"}, Arguments{"--redis.addr=h:1"},
        Arguments{"-redis.addr", "h:1"}, Arguments{"--redis.addr", "h:1"}}) {
    EXPECT_EQ(config_of(args).targets.at(0).name(), "h:1");
  }
  EXPECT_EQ(config_of({"--redis.addr=a", "--redis.addr=b"}).targets.at(0).name(), "b:6379");
}

TEST_F(ExporterFlags, BooleansAsInGo) {
  for (const std::string word : {"1", "t", "T", "TRUE", "true", "True"}) {
    EXPECT_TRUE(config_of({"--export-client-list=" + word}).poll.collect.client_list) << word;
  }
  for (const std::string word : {"0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_FALSE(config_of({"--set-client-name=" + word}).poll.collect.set_client_name) << word;
  }
  EXPECT_TRUE(config_of({"--export-client-list"}).poll.collect.client_list);
  EXPECT_THAT(error_of({"--debug=yes"}), HasSubstr("--debug: must be true or false"));
  EXPECT_THAT(error_of({"--debug", "true"}), HasSubstr("argument 2 is not a flag"));
}

TEST_F(ExporterFlags, EveryFlagHasItsMeaning) {
  const std::string ca = write("ca", "");
  const std::string cert = write("cert", "");
  const std::string key = write("key", "");
  const std::string web = write("web.yaml", "");
  const config::Config config = config_of({"--redis.addr=rediss://h:1",
                                           "--redis.user=u",
                                           "--redis.password=p",
                                           "--namespace=r",
                                           "--connection-timeout=1m1.5s",
                                           "--tls-ca-cert-file=" + ca,
                                           "--tls-client-cert-file=" + cert,
                                           "--tls-client-key-file=" + key,
                                           "--tls-server-name=n",
                                           "--skip-tls-verification",
                                           "--is-cluster",
                                           "--export-client-list",
                                           "--export-client-port",
                                           "--include-config-metrics",
                                           "--redact-config-metrics=false",
                                           "--config-command=-",
                                           "--include-modules-metrics",
                                           "--include-system-metrics",
                                           "--include-search-indexes-metrics",
                                           "--check-search-indexes=^i",
                                           "--include-cluster-slot-stats",
                                           "--include-sentinel-peer-info",
                                           "--include-rdb-file-size-metric",
                                           "--include-metrics-for-empty-databases=false",
                                           "--exclude-latency-histogram-metrics",
                                           "--append-instance-role-label",
                                           "--ping-on-connect",
                                           "--set-client-name=false",
                                           "--redis-only-metrics",
                                           "--web.listen-address=:80",
                                           "--web.telemetry-path=/m",
                                           "--web.config.file=" + web,
                                           "--web.scrape-allow=a:*",
                                           "--web.scrape-allow=b:*",
                                           "--disable-scrape-endpoint",
                                           "--log-level=WARN",
                                           "--log-format=json"});
  const redis::Target& target = config.targets.at(0);
  EXPECT_EQ(target.url.redacted(), "rediss://h:1");
  EXPECT_EQ(target.username, "u");
  EXPECT_EQ(target.password.literal, "p");
  EXPECT_EQ(target.tls.ca_file, ca);
  EXPECT_EQ(target.tls.cert_file, cert);
  EXPECT_EQ(target.tls.key_file, key);
  EXPECT_EQ(target.tls.server_name, "n");
  EXPECT_TRUE(target.tls.insecure_skip_verify);
  EXPECT_EQ(config.name_space, "r");
  EXPECT_EQ(config.poll.timeout, milliseconds(61'500));
  redis::CollectOptions collect;
  collect.client_list = collect.client_port = collect.config = collect.modules = true;
  collect.system = collect.search_indexes = collect.cluster_slot_stats = true;
  collect.sentinel_peers = collect.rdb_file_size = collect.instance_role = collect.ping = true;
  collect.config_redact = collect.empty_databases = collect.latency = false;
  collect.set_client_name = false;
  collect.config_command = "-";
  collect.search_index_match = "^i";
  EXPECT_EQ(config.poll.collect, collect);
  EXPECT_FALSE(config.own_metrics);
  EXPECT_EQ(config.web.listen_address, ":80");
  EXPECT_EQ(config.web.telemetry_path, "/m");
  EXPECT_EQ(config.web.config_file, web);
  EXPECT_FALSE(config.web.scrape_endpoint);
  EXPECT_THAT(config.web.scrape_allow, ElementsAre("a:*", "b:*"));
  EXPECT_EQ(config.log, (config::Log{config::LogLevel::kWarn, config::LogFormat::kJson}));
}

TEST_F(ExporterFlags, OfKeysReachTheChecks) {
  const keyspace::CheckOptions check =
      config_of({"--check-keys=db1=a*,b", "--check-single-keys=c", "--count-keys=db2=d:*",
                 "--check-key-groups=^(%w+):,x", "--check-streams=e*",
                 "--check-single-streams=db3=f", "--check-keys-batch-size=77",
                 "--max-distinct-key-groups=5", "--disable-exporting-key-values",
                 "--skip-checkkeys-for-role-master", "--streams-exclude-consumer-metrics"})
          .keys.check;
  keyspace::CheckOptions expected;
  expected.keys = {{1, "a*"}, {0, "b"}};
  expected.single_keys = {{0, "c"}};
  expected.count = {{2, "d:*"}};
  expected.groups = {"^(%w+):", "x"};
  expected.streams = {{0, "e*"}};
  expected.single_streams = {{3, "f"}};
  expected.scan_count = 77;
  expected.max_groups = 5;
  expected.values = expected.on_masters = expected.stream_consumers = false;
  EXPECT_EQ(check, expected);
}

TEST_F(ExporterFlags, WithoutThoseOfKeysNoKeyIsLookedAt) {
  const config::Keys keys = config_of({}).keys;
  EXPECT_FALSE(keys.sample.enabled);
  EXPECT_FALSE(keys.check.any());
  EXPECT_TRUE(keys.check.values) << "as in redis_exporter, values go with the keys asked for";
  EXPECT_TRUE(keys.check.on_masters);
  EXPECT_TRUE(keys.check.stream_consumers);
  EXPECT_EQ(keys.check.interval, std::chrono::seconds(60));
}

TEST_F(ExporterFlags, OfKeysMayBeGivenByVariables) {
  const keyspace::CheckOptions check =
      config_of({"--check-keys="}, {{"REDIS_EXPORTER_CHECK_KEYS", "a*"},
                                    {"REDIS_EXPORTER_COUNT_KEYS", "b*"},
                                    {"REDIS_EXPORTER_DISABLE_EXPORTING_KEY_VALUES", "true"}})
          .keys.check;
  EXPECT_TRUE(check.keys.empty()) << "the flag counts";
  EXPECT_EQ(check.count.size(), 1U);
  EXPECT_FALSE(check.values);
}

TEST_F(ExporterFlags, BrokenListsOfKeysAreRefused) {
  EXPECT_EQ(error_of({"--check-keys=a,b%2"}),
            "--check-keys: entry 2 has a broken escape: a '%' stands before two hex digits");
  EXPECT_EQ(error_of({"--check-keys=db99999=a"}),
            "--check-keys: entry 1 names no database from 0 to 16383");
  EXPECT_EQ(error_of({"--check-key-groups=\"a"}),
            "--check-key-groups: has a quote that does not end");
  EXPECT_THAT(error_of({"--check-key-groups=^(a),("}),
              HasSubstr("--check-key-groups: pattern 2: "));
}

TEST_F(ExporterFlags, DebugIsALogLevel) {
  EXPECT_EQ(config_of({"--debug", "--log-level=error"}).log.level, config::LogLevel::kDebug);
}

TEST_F(ExporterFlags, VariablesGiveWhatFlagsDoNot) {
  const Variables variables = {{"REDIS_ADDR", "h:1"},
                               {"REDIS_USER", "u"},
                               {"REDIS_PASSWORD", "p"},
                               {"REDIS_EXPORTER_WEB_LISTEN_ADDRESS", ":80"},
                               {"REDIS_EXPORTER_INCL_SYSTEM_METRICS", "true"},
                               {"REDIS_EXPORTER_DEBUG", ""}};
  const config::Config config = config_of({"--redis.addr=flag:1"}, variables);
  EXPECT_EQ(config.targets.at(0).name(), "flag:1");
  EXPECT_EQ(config.targets.at(0).username, "u");
  EXPECT_EQ(config.targets.at(0).password.literal, "p");
  EXPECT_EQ(config.web.listen_address, ":80");
  EXPECT_TRUE(config.poll.collect.system);
  EXPECT_EQ(config.log.level, config::LogLevel::kInfo);
  EXPECT_THAT(error_of({}, {{"REDIS_EXPORTER_DEBUG", "maybe"}}), HasSubstr("REDIS_EXPORTER_DEBUG"));
}

TEST_F(ExporterFlags, UnknownFlagsAreRefusedWithASuggestion) {
  EXPECT_EQ(error_of({"--export-client-lists"}),
            "unknown flag '--export-client-lists', did you mean '--export-client-list'?");
  EXPECT_EQ(error_of({"--frob=hunter2"}), "unknown flag '--frob'; see hitwatch exporter --help");
  EXPECT_THAT(error_of({"--redis.addr"}), HasSubstr("--redis.addr: needs a value"));
}

TEST_F(ExporterFlags, UnsupportedOnesAreRefusedWithTheirReason) {
  for (const ExporterFlag& flag : exporter_flags()) {
    if (flag.support != FlagSupport::kRefused) continue;
    const std::string name(flag.name);
    const std::string value = flag.kind == FlagKind::kBool ? "true" : "something";
    EXPECT_THAT(error_of({"--" + name + "=" + value}),
                AllOf(HasSubstr("--" + name), HasSubstr("not supported"), HasSubstr(flag.text),
                      Not(HasSubstr("something"))));
    EXPECT_THAT(error_of({}, {{std::string(flag.environment), value}}),
                AllOf(HasSubstr(flag.environment), HasSubstr(flag.text)));
    EXPECT_FALSE(flag.text.empty()) << name;
  }
}

TEST_F(ExporterFlags, UnsupportedOnesThatAskForNothingAreTaken) {
  for (const ExporterFlag& flag : exporter_flags()) {
    if (flag.support == FlagSupport::kSupported) continue;
    const std::string name = "--" + std::string(flag.name) + "=";
    const std::string value = flag.kind == FlagKind::kBool      ? "false"
                              : flag.kind == FlagKind::kInteger ? "1000"
                                                                : "";
    EXPECT_EQ(error_of({name + value}), "no error");
  }
  EXPECT_EQ(error_of({"--tls-server-min-version=TLS1.2"}), "no error");
}

TEST_F(ExporterFlags, AllThatIsWrongIsSaidAtOnce) {
  EXPECT_THAT(error_of({"--frob", "--script=x", "--connection-timeout=soon", "--log-format=xml"}),
              AllOf(HasSubstr("--frob"), HasSubstr("--script"), HasSubstr("--connection-timeout"),
                    HasSubstr("--log-format")));
}

TEST_F(ExporterFlags, BadValues) {
  for (const std::string timeout :
       {"", "15", "1", "s", "-1s", "0s", "25h", "1.2.3s", "1x", "1e3s"}) {
    EXPECT_THAT(error_of({"--connection-timeout=" + timeout}), HasSubstr("--connection-timeout: "))
        << timeout;
  }
  EXPECT_EQ(config_of({"--connection-timeout=1h2m3s4ms"}).poll.timeout, milliseconds(3'723'004));
  EXPECT_NE(error_of({"--namespace=a-b"}), "no error");
  EXPECT_NE(error_of({"--web.listen-address=9121"}), "no error");
  EXPECT_NE(error_of({"--tls-ca-cert-file=/gone"}), "no error");
  EXPECT_NE(error_of({"--check-search-indexes=("}), "no error");
  EXPECT_NE(error_of({"--max-distinct-key-groups=x"}), "no error");
  EXPECT_THAT(error_of({"--max-distinct-key-groups=0"}), HasSubstr("from 1 to 100000"));
  EXPECT_THAT(error_of({"--check-keys-batch-size=99999999999999999999"}), HasSubstr("from 1 to"));
  EXPECT_THAT(error_of({"--tls-client-cert-file=" + write("c", "")}), HasSubstr("need each other"));
}

TEST_F(ExporterFlags, NoErrorShowsASecret) {
  const std::string bad_json = write("bad.json", R"({"redis://h": "hunter2")");
  const std::string bad_key = write("key.json", R"({"redis://u:hunter2/x@h": "a"})");
  const std::string bad_value = write("value.json", R"({"redis://h": ["hunter2"]})");
  for (const Arguments& args :
       {Arguments{"--redis.addr=redis://u:hunter2/x@h"}, Arguments{"--redis.password=", "hunter2"},
        Arguments{"--redis.password-file=" + bad_json},
        Arguments{"--redis.password-file=" + bad_key},
        Arguments{"--redis.password-file=" + bad_value}, Arguments{"--basic-auth-password=hunter2"},
        Arguments{"--redis.pasword=hunter2"}, Arguments{"--redis.pasword", "hunter2"},
        Arguments{"-redis://u:hunter2@h"}}) {
    EXPECT_THAT(error_of(args), AllOf(Not("no error"), Not(HasSubstr("hunter2"))));
  }
}

// How a daemon of that configuration introduces itself to a server.
std::vector<std::string> said_to(redis::Target target, const config::Config& config) {
  apply_credentials(target, config.credentials);
  return redis::auth_command(target).value();
}
std::vector<std::string> said_to(const std::string& url, const config::Config& config) {
  return said_to(config::target_from_url(url).value(), config);
}

TEST_F(ExporterFlags, ThePasswordFileNamesServersThatMayBeScraped) {
  const std::string file =
      write("passwords.json",
            R"({"redis://a:6379": "pa", "redis://u@b:6380": "pb", "rediss://c": "pc"})");
  const config::Config config =
      config_of({"--redis.addr=a", "--redis.user=all", "--redis.password-file=" + file});
  EXPECT_THAT(config.web.scrape_allow,
              ElementsAre("redis://a:6379", "redis://b:6380", "rediss://c:6379"));
  EXPECT_THAT(said_to(config.targets.at(0), config), ElementsAre("AUTH", "all", "pa"));
  EXPECT_THAT(said_to("b:6380", config), ElementsAre("AUTH", "u", "pb"));
  EXPECT_THAT(said_to("rediss://c", config), ElementsAre("AUTH", "all", "pc"));
  EXPECT_THAT(said_to("d", config), IsEmpty())
      << "no password goes to an address that nobody named";
}

TEST_F(ExporterFlags, AChangedPasswordFileCountsAtTheNextConnection) {
  const std::string file = write("passwords.json", R"({"redis://a:6379": "old"})");
  const config::Config config = config_of({"--redis.addr=a", "--redis.password-file=" + file});
  EXPECT_THAT(said_to(config.targets.at(0), config), ElementsAre("AUTH", "old"));
  write("passwords.json", R"({"redis://a:6379": "newer"})");
  EXPECT_THAT(said_to(config.targets.at(0), config), ElementsAre("AUTH", "newer"));
}

TEST_F(ExporterFlags, TlsOptionsGoToTheServersOfThePasswordFile) {
  const std::string file = write("passwords.json", R"({"rediss://a": "x"})");
  const config::Config config =
      config_of({"--redis.addr=", "--skip-tls-verification", "--redis.password-file=" + file});
  redis::Target target = config::target_from_url("rediss://a").value();
  apply_credentials(target, config.credentials);
  EXPECT_TRUE(target.tls.insecure_skip_verify);
}

TEST_F(ExporterFlags, APasswordOfTheFileKeepsToItsScheme) {
  const std::string file = write("passwords.json",
                                 R"({"bare": "pb", "redis://both": "plain", "rediss://both": "tls",
                                     "rediss://tls": "pt", "/run/a.sock": "ps"})");
  const auto password_of = [&](const std::string& url) {
    const config::Config config = config_of({"--redis.addr=" + url, "--redis.password-file", file});
    const auto words = said_to(url, config);
    EXPECT_EQ(words, said_to(config.targets.at(0), config)) << url;
    return words.empty() ? std::string() : words.back();
  };
  EXPECT_EQ(password_of("rediss://tls"), "pt");
  EXPECT_EQ(password_of("redis://tls"), "");
  EXPECT_EQ(password_of("tls"), "");
  EXPECT_EQ(password_of("redis://both"), "plain");
  EXPECT_EQ(password_of("rediss://both"), "tls");
  EXPECT_EQ(password_of("redis://bare"), "pb");
  EXPECT_EQ(password_of("unix:///run/a.sock"), "ps");
}

TEST_F(ExporterFlags, APasswordFlagMakesThePasswordFileCountForNothing) {
  const config::Config config =
      config_of({"--redis.password=p", "--redis.password-file=" + path("gone.json")});
  EXPECT_EQ(config.targets.at(0).password.literal, "p");
}

TEST_F(ExporterFlags, CredentialsGoToAllowedPatternsOnly) {
  const config::Config config = config_of({"--redis.addr=", "--redis.password=p",
                                           "--skip-tls-verification", "--web.scrape-allow=a*:*"});
  EXPECT_TRUE(config.targets.empty());
  ASSERT_EQ(config.credentials.size(), 1U);
  EXPECT_EQ(config.credentials[0].match, "a*:*");
  EXPECT_EQ(config.credentials[0].password.literal, "p");
  EXPECT_TRUE(config.credentials[0].tls.insecure_skip_verify);
}

TEST_F(ExporterFlags, TheUrlsOwnUserAndPasswordCount) {
  const config::Config config =
      config_of({"--redis.addr=redis://own:secret@h", "--redis.user=u", "--redis.password=p"});
  EXPECT_EQ(config.targets.at(0).username, "own");
  EXPECT_EQ(config.targets.at(0).password.literal, "secret");
}

TEST_F(ExporterFlags, HelpAndVersionAreRecognised) {
  EXPECT_EQ(exporter_request(Arguments{}), ExporterRequest::kRun);
  EXPECT_EQ(exporter_request(Arguments{"--debug", "-h"}), ExporterRequest::kHelp);
  EXPECT_EQ(exporter_request(Arguments{"--help"}), ExporterRequest::kHelp);
  EXPECT_EQ(exporter_request(Arguments{"-version"}), ExporterRequest::kVersion);
  EXPECT_EQ(exporter_request(Arguments{"--redis.password", "-h"}), ExporterRequest::kRun);
}

TEST_F(ExporterFlags, HelpListsSupportedFlagsOnly) {
  const std::string help = exporter_help();
  for (const ExporterFlag& flag : exporter_flags()) {
    const auto row = HasSubstr("\n  --" + std::string(flag.name) + " ");
    if (flag.support == FlagSupport::kSupported) {
      EXPECT_THAT(help, row);
      EXPECT_FALSE(flag.text.empty());
      EXPECT_NE(flag.apply, nullptr);
    } else {
      EXPECT_THAT(help, Not(row));
    }
  }
}

}  // namespace
}  // namespace hitwatch::cli
