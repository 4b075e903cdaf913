// INFO of real servers, and of servers that do not exist, as metrics.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "collectors/redis/info.h"
#include "collectors/redis/info_fields.h"
#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

std::string with_carriage_returns(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

// A row of data/metrics.tsv: a metric that dashboards know, and the INFO field it comes of.
struct Known {
  std::string metric, type, labels, field, option;
};

std::vector<Known> known_metrics() {
  std::vector<Known> rows;
  std::istringstream table(data_file("metrics.tsv"));
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream cells(line);
    Known row;
    for (std::string* cell : {&row.metric, &row.type, &row.labels, &row.field, &row.option}) {
      std::getline(cells, *cell, '\t');
    }
    rows.push_back(row);
  }
  return rows;
}

std::map<std::string, std::string> fields_of(const std::string& info) {
  std::map<std::string, std::string> fields;
  InfoLines lines(info);
  for (InfoLine line; lines.next(line);) fields.emplace(line.field, line.value);
  return fields;
}

// Whether the text has what `row` is made of, in a form that has a value.
bool is_in(const Known& row, const std::map<std::string, std::string>& fields) {
  if (row.field.ends_with('*')) {
    const std::string start = row.field.substr(0, row.field.size() - 1);
    const auto found = fields.lower_bound(start);
    return found != fields.end() && found->first.starts_with(start);
  }
  const auto found = fields.find(row.field);
  if (found == fields.end()) return false;
  return !row.labels.empty() || parse_info_value(found->second);
}

class RealServer : public testing::TestWithParam<const char*> {};

TEST_P(RealServer, SaysTheSameWithEitherLineEnd) {
  const std::string text = data_file(std::string(GetParam()) + "/info-everything.txt");
  ScriptedPoll unix_lines;
  ScriptedPoll wire_lines;
  unix_lines.info(text);
  wire_lines.info(with_carriage_returns(text));
  unix_lines.run();
  wire_lines.run();
  EXPECT_EQ(unix_lines.samples, wire_lines.samples);
  EXPECT_GT(unix_lines.samples.size(), 60U);
}

TEST_P(RealServer, GivesEveryKnownMetricThatItsInfoHolds) {
  const std::string text = data_file(std::string(GetParam()) + "/info-everything.txt");
  const auto fields = fields_of(text);
  ScriptedPoll poll;
  poll.options.modules = true;
  poll.options.system = true;
  poll.answers["INFO everything"] = text_reply(text);
  poll.run();
  for (const Known& row : known_metrics()) {
    if (row.field == "-" || !is_in(row, fields)) continue;
    ASSERT_TRUE(poll.types.contains(row.metric)) << row.metric << " of " << row.field;
    EXPECT_EQ(metrics::type_word(poll.types[row.metric]), row.type) << row.metric;
    const auto sample =
        std::ranges::find_if(poll.snapshot->samples, [&](const metrics::Sample& candidate) {
          return candidate.series->family->name == row.metric;
        });
    std::set<std::string> names;
    for (const metrics::Label& label : sample->series->labels) names.insert(label.name);
    std::istringstream wanted(row.labels);
    for (std::string label; std::getline(wanted, label, ',');) {
      EXPECT_TRUE(names.contains(label)) << row.metric << " lacks " << label;
    }
    if (row.labels.empty()) {
      EXPECT_TRUE(names.empty()) << row.metric;
    }
  }
}

TEST_P(RealServer, ShowsItsTraffic) {
  ScriptedPoll poll;
  poll.info(data_file(std::string(GetParam()) + "/info-everything.txt"));
  poll.run();
  const bool cluster = std::string(GetParam()).ends_with("-cluster");
  EXPECT_EQ(poll.value("redis_keyspace_hits_total"), cluster ? 0 : 51);
  EXPECT_EQ(poll.value("redis_keyspace_misses_total"), cluster ? 0 : 31);
  EXPECT_EQ(poll.value("redis_commands_total{cmd=\"get\"}"), cluster ? 0 : 82);
  EXPECT_EQ(poll.value("redis_commands_rejected_calls_total{cmd=\"get\"}"), cluster ? 82 : 0);
  EXPECT_EQ(poll.value("redis_db_keys{db=\"db0\"}"), cluster ? 0 : 53);
  EXPECT_EQ(poll.value("redis_rdb_last_bgsave_status"), 1);
  EXPECT_EQ(poll.value("redis_cluster_enabled"), cluster ? 1 : 0);
  EXPECT_EQ(poll.value("redis_memory_max_bytes"), 104857600);
  EXPECT_EQ(poll.server.keyspace_hits, cluster ? 0 : 51);
  EXPECT_EQ(poll.server.total_keys, cluster ? 0 : 54);
  EXPECT_EQ(poll.server.role, "master");
  EXPECT_EQ(poll.server.mode, cluster ? "cluster" : "standalone");
  EXPECT_EQ(poll.server.run_id.size(), 40U);
}

INSTANTIATE_TEST_SUITE_P(Servers, RealServer,
                         testing::Values("redis-6.2.16", "redis-7.0.15", "redis-7.2.6",
                                         "redis-7.4.1", "redis-7.4.1-cluster", "redis-8.0-m01",
                                         "valkey-8.0.1", "valkey-8.0.1-cluster",
                                         "valkey-unstable-2024-10", "keydb-6.3.4"),
                         [](const auto& server) {
                           std::string name = server.param;
                           std::ranges::replace_if(
                               name, [](char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

TEST(KnownMetrics, AreAllRegisteredUnderTheirType) {
  ScriptedPoll poll;
  std::size_t rows = 0;
  for (const Known& row : known_metrics()) {
    ++rows;
    // Fields that pass through are registered when first met, as gauges.
    const metrics::Family* family =
        poll.registry().get(row.metric, metrics::Type::kGauge, "not registered");
    ASSERT_NE(family, nullptr);
    EXPECT_EQ(metrics::type_word(family->type), row.type) << row.metric;
    if (!row.metric.starts_with("redis_cluster_")) {
      EXPECT_NE(family->help, "not registered") << row.metric;
    }
  }
  EXPECT_GT(rows, 350U);
}

TEST(InfoFields, NameEveryFieldAndEveryMetricOnce) {
  std::set<std::string_view> fields;
  std::set<std::string_view> names;
  for (const InfoField& row : info_fields()) {
    EXPECT_TRUE(fields.insert(row.field).second) << row.field;
    EXPECT_TRUE(names.insert(row.metric).second) << row.metric;
    EXPECT_TRUE(metrics::is_metric_name(row.metric)) << row.metric;
  }
}

TEST(Info, ExportsOnlyMappedFieldsAndThoseThatPassThrough) {
  ScriptedPoll poll;
  poll.info("made_up:1\nused_memory_human:1\ncluster_made_up:2\ndb_made_up:3\nused_memory:4\n");
  poll.options.empty_databases = false;
  poll.run();
  EXPECT_EQ(poll.value("redis_cluster_made_up"), 2);
  EXPECT_EQ(poll.value("redis_db_made_up"), 3);
  EXPECT_EQ(poll.value("redis_memory_used_bytes"), 4);
  EXPECT_FALSE(poll.has("redis_made_up"));
  EXPECT_FALSE(poll.has("redis_used_memory_human"));
}

TEST(Info, StatusWordsAreNumbersAndOtherWordsAreLeftOut) {
  ScriptedPoll poll;
  poll.info("aof_last_write_status:err\nrdb_last_bgsave_status:ok\nconnected_clients:many\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_aof_last_write_status"), 0);
  EXPECT_EQ(poll.value("redis_rdb_last_bgsave_status"), 1);
  EXPECT_FALSE(poll.has("redis_connected_clients"));
}

TEST(Info, TheLatestForkIsInSeconds) {
  ScriptedPoll poll;
  poll.info("latest_fork_usec:255\ntotal_active_defrag_time:1500\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_latest_fork_seconds"), 0.000255);
  EXPECT_EQ(poll.value("redis_total_active_defrag_time_seconds"), 1.5);
}

TEST(Info, TypesComeFromTheTableNotFromTheName) {
  ScriptedPoll poll;
  poll.info(
      "migrate_cached_sockets:1\nrdb_saves:1\ncluster_stats_messages_sent:1\n"
      "unexpected_error_replies:1\ntotal_error_replies:1\nio_threaded_reads_processed:1\n");
  poll.run();
  for (const char* gauge : {"redis_migrate_cached_sockets_total", "redis_rdb_saves_total",
                            "redis_cluster_messages_sent_total"}) {
    EXPECT_EQ(poll.types[gauge], metrics::Type::kGauge) << gauge;
  }
  for (const char* counter : {"redis_unexpected_error_replies", "redis_total_error_replies",
                              "redis_io_threaded_reads_processed"}) {
    EXPECT_EQ(poll.types[counter], metrics::Type::kCounter) << counter;
  }
}

TEST(Info, KeyspaceLinesAreReadByNameNotByPosition) {
  ScriptedPoll poll;
  poll.info(
      "db0:keys=5,subexpiry=2,avg_ttl=1500,expires=3\n"
      "db1:keys=7,expires=1,avg_ttl=0,cached_keys=4\n"
      "db2:keys=9,expires=1,avg_ttl=0,keys_with_volatile_items=6,new_field=1\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_db_keys{db=\"db0\"}"), 5);
  EXPECT_EQ(poll.value("redis_db_keys_expiring{db=\"db0\"}"), 3);
  EXPECT_EQ(poll.value("redis_db_avg_ttl_seconds{db=\"db0\"}"), 1.5);
  EXPECT_EQ(poll.value("redis_db_keys_with_expiring_items{db=\"db0\"}"), 2);
  EXPECT_FALSE(poll.has("redis_db_keys_cached{db=\"db0\"}"));
  EXPECT_EQ(poll.value("redis_db_keys_cached{db=\"db1\"}"), 4);
  EXPECT_EQ(poll.value("redis_db_keys_with_expiring_items{db=\"db2\"}"), 6);
  EXPECT_EQ(poll.server.total_keys, 21);
}

TEST(Info, EmptyDatabasesHaveNoKeysRatherThanNoSeries) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\ndb3:keys=1,expires=0,avg_ttl=0\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_db_keys{db=\"db0\"}"), 0);
  EXPECT_EQ(poll.value("redis_db_keys_expiring{db=\"db15\"}"), 0);
  EXPECT_EQ(poll.value("redis_db_keys{db=\"db3\"}"), 1);
  EXPECT_FALSE(poll.has("redis_db_keys{db=\"db16\"}")) << "16 where CONFIG is refused";
}

TEST(Info, AClusterHasOneDatabase) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\ncluster_enabled:1\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_db_keys{db=\"db0\"}"), 0);
  EXPECT_FALSE(poll.has("redis_db_keys{db=\"db1\"}"));
}

TEST(Info, EmptyDatabasesCanBeLeftOut) {
  ScriptedPoll poll;
  poll.options.empty_databases = false;
  poll.info("redis_version:7.0.15\n");
  poll.run();
  EXPECT_FALSE(poll.has("redis_db_keys{db=\"db0\"}"));
}

TEST(Info, PercentilesKeepTheServersOwnQuantilesAndTakeSumAndCountFromCommandstats) {
  ScriptedPoll poll;
  poll.info(
      "cmdstat_get:calls=82,usec=231,usec_per_call=2.82,rejected_calls=0,failed_calls=1\n"
      "latency_percentiles_usec_get:p50=3.007,p99=6.015,p99.9=7.5\n"
      "latency_percentiles_usec_lost:p50=1\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_latency_percentiles_usec{cmd=\"get\",quantile=\"50\"}"), 3.007);
  EXPECT_EQ(poll.value("redis_latency_percentiles_usec{cmd=\"get\",quantile=\"99.9\"}"), 7.5);
  EXPECT_EQ(poll.value("redis_latency_percentiles_usec_sum{cmd=\"get\"}"), 231);
  EXPECT_EQ(poll.value("redis_latency_percentiles_usec_count{cmd=\"get\"}"), 82);
  EXPECT_FALSE(poll.has("redis_latency_percentiles_usec_count{cmd=\"lost\"}"));
}

TEST(Info, CommandstatsOfAnEarlierPollDoNotLinger) {
  ScriptedPoll poll;
  poll.info("cmdstat_get:calls=1,usec=2\n");
  poll.run();
  EXPECT_NE(poll.server.commands.find("get"), nullptr);
  poll.info("cmdstat_set:calls=1,usec=2\n");
  poll.run();
  EXPECT_EQ(poll.server.commands.find("get"), nullptr);
}

TEST(Info, SystemMemoryAndModulesAreOptIns) {
  ScriptedPoll poll;
  const std::string text =
      "total_system_memory:5\nsearch_number_of_indexes:2\n"
      "module:name=search,ver=20810,api=1,filters=0,usedby=[],using=[ReJSON],options=[]\n";
  poll.info(text);
  poll.run();
  EXPECT_FALSE(poll.has("redis_total_system_memory_bytes"));
  EXPECT_FALSE(poll.has("redis_search_number_of_indexes"));
  poll.options.system = true;
  poll.options.modules = true;
  poll.answers["INFO everything"] = text_reply(text);
  poll.run();
  EXPECT_EQ(poll.value("redis_total_system_memory_bytes"), 5);
  EXPECT_EQ(poll.value("redis_search_number_of_indexes"), 2);
  EXPECT_EQ(poll.value("redis_module_info{name=\"search\",ver=\"20810\",api=\"1\",filters=\"0\","
                       "usedby=\"[]\",using=\"[ReJSON]\"}"),
            1);
}

TEST(Info, IdentityNamesValkeyOnlyWhereItIsValkey) {
  ScriptedPoll poll;
  poll.info(
      "redis_version:7.2.4\nserver_mode:standalone\nos:Linux\nvalkey_version:9.0.0\n"
      "valkey_release_stage:ga\navailability_zone:a-1\nrole:master\ntcp_port:1\nrun_id:r\n"
      "process_id:2\nmaster_replid:m\nredis_build_id:b\nmaxmemory_policy:noeviction\n");
  poll.run();
  EXPECT_TRUE(poll.has(
      "redis_instance_info{role=\"master\",redis_version=\"7.2.4\",redis_build_id=\"b\","
      "redis_mode=\"standalone\",os=\"Linux\",maxmemory_policy=\"noeviction\",tcp_port=\"1\","
      "run_id=\"r\",process_id=\"2\",master_replid=\"m\",valkey_version=\"9.0.0\","
      "valkey_release_stage=\"ga\",availability_zone=\"a-1\"}"));
  EXPECT_EQ(poll.server.valkey_number, 90000);
  poll.info("redis_version:7.0.15\nrole:master\navailability_zone:\n");
  poll.run();
  for (const auto& [name, value] : poll.samples) {
    if (!name.starts_with("redis_instance_info")) continue;
    EXPECT_EQ(name.find("valkey"), std::string::npos);
    EXPECT_EQ(name.find("availability_zone"), std::string::npos);
  }
}

TEST(Info, TheStartTimeDoesNotMoveBetweenPolls) {
  ScriptedPoll poll;
  poll.info("server_time_usec:1795253185876009\nuptime_in_seconds:2\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_start_time_seconds"), 1795253183);
  poll.info("uptime_in_seconds:100\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_start_time_seconds"), 1'800'000'000 - 100);
}

TEST(Info, KnowsTheFieldsOfValkeyNine) {
  ScriptedPoll poll;
  poll.info(
      "used_active_time_main_thread:1.5\nused_active_time_io_thread_1:0.25\n"
      "tls_server_cert_serial:01A2\ntls_ca_cert_serial:none\n"
      "tls_server_cert_expires_in_seconds:47\nexpired_fields:40\nacl_access_denied_db:44\n"
      "engines_count:1\nengines_total_used_memory:50\n"
      "engine_0:name=LUA,module=lua,abi_version=4,used_memory=20,memory_overhead=21\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_active_time_main_thread_seconds_total"), 1.5);
  EXPECT_EQ(poll.value("redis_active_time_io_thread_seconds_total{thread=\"1\"}"), 0.25);
  EXPECT_EQ(poll.value("redis_tls_certificate_info{certificate=\"server\",serial=\"01A2\"}"), 1);
  EXPECT_FALSE(poll.has("redis_tls_certificate_info{certificate=\"ca\",serial=\"none\"}"));
  EXPECT_EQ(poll.value("redis_tls_server_cert_expires_in_seconds"), 47);
  EXPECT_EQ(poll.value("redis_expired_fields_total"), 40);
  EXPECT_EQ(poll.value("redis_acl_access_denied_db_total"), 44);
  EXPECT_EQ(poll.value("redis_scripting_engines_count"), 1);
  const std::string engine = "{engine=\"LUA\",module=\"lua\",abi_version=\"4\"}";
  EXPECT_EQ(poll.value("redis_scripting_engine_info" + engine), 1);
  EXPECT_EQ(poll.value("redis_scripting_engine_memory_used_bytes" + engine), 20);
  EXPECT_EQ(poll.value("redis_scripting_engine_memory_overhead_bytes" + engine), 21);
}

TEST(Info, ExportsWhatTheUsualExporterLeavesOut) {
  ScriptedPoll poll;
  poll.info(
      "instantaneous_ops_per_sec:87\ninstantaneous_input_kbps:4.26\ntotal_forks:3\n"
      "aof_rewrites:2\ncurrent_cow_size:4096\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_instantaneous_ops_per_sec"), 87);
  EXPECT_EQ(poll.value("redis_instantaneous_input_kbps"), 4.26);
  EXPECT_EQ(poll.value("redis_total_forks_total"), 3);
  EXPECT_EQ(poll.value("redis_aof_rewrites_total"), 2);
  EXPECT_EQ(poll.value("redis_current_cow_size_bytes"), 4096);
}

TEST(Info, KeyGroupsTakeNoTimeWhereThereAreNone) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_last_key_groups_scrape_duration_milliseconds"), 0);
}

TEST(Info, KeyGroupsTellTheirTimeThemselves) {
  ScriptedPoll poll;
  poll.options.no_key_groups = false;
  poll.info("redis_version:7.0.15\n");
  poll.run();
  EXPECT_FALSE(poll.has("redis_last_key_groups_scrape_duration_milliseconds"));
}

TEST(Info, NonsenseAddsNothingAndBreaksNothing) {
  for (const char* text :
       {"cmdstat_:calls=,usec=x\ncmdstat_get\ncmdstat_a:b\n",
        "db0:keys\ndb:1,2\ndb99999999999:keys=1", "slave0:10.0.0.1,6379,online\nslave:x\n",
        "errorstat_X:count=\nengine_0:\nmaster0:name\n",
        "uptime_in_seconds:1e300\nserver_time_usec:inf\nused_memory:\n", "\r\n\r\n:::\n#"}) {
    ScriptedPoll poll;
    poll.info(text);
    poll.run();
    EXPECT_FALSE(poll.has("redis_memory_used_bytes")) << text;
  }
}

// Under the name that caches of all kinds share.
TEST(InfoMetrics, EvictionsOfTheCacheByReason) {
  ScriptedPoll poll;
  poll.info("# Stats\r\nexpired_keys:7\r\nevicted_keys:3\r\n");
  poll.run();
  EXPECT_EQ(poll.value("cache_evictions_total{layer=\"redis\",reason=\"maxmemory\"}"), 3);
  EXPECT_EQ(poll.value("cache_evictions_total{layer=\"redis\",reason=\"expired\"}"), 7);
}

}  // namespace
}  // namespace hitwatch::redis
