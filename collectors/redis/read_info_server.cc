// INFO lines with labels that are about the server itself: databases, certificates, threads,
// scripting engines, modules; and the masters of a sentinel.
#include <algorithm>
#include <array>
#include <charconv>

#include "collectors/redis/info_reading.h"

namespace hitwatch::redis {

// db0:keys=53,expires=33,avg_ttl=899812,subexpiry=0; the fields differ between servers.
bool read_database(InfoReading& info, std::string_view name, std::string_view value) {
  int index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (error != std::errc() || end != name.data() + name.size() || !all_digits(name)) return false;
  if (!value.starts_with("keys=")) return false;
  const std::string_view db = info.field;
  InfoPairs pairs(value);
  for (InfoLine pair; pairs.next(pair);) {
    if (pair.field == "keys") {
      info.total_keys += parse_number(pair.value).value_or(0);
      info.add_number(Metric::kDbKeys, pair.value, {{"db", db}});
    } else if (pair.field == "expires") {
      info.add_number(Metric::kDbKeysExpiring, pair.value, {{"db", db}});
    } else if (pair.field == "avg_ttl") {
      info.add_number(Metric::kDbAvgTtl, pair.value, {{"db", db}}, 1000);
    } else if (pair.field == "cached_keys") {
      info.add_number(Metric::kDbKeysCached, pair.value, {{"db", db}});
    } else if (pair.field == "subexpiry" || pair.field == "keys_with_volatile_items") {
      info.add_number(Metric::kDbKeysWithExpiringItems, pair.value, {{"db", db}});
    }
  }
  info.collection.server.seen_databases.push_back(index);
  return true;
}

// Sums what decides whether the ACL log is worth asking for; each count is a field of its own too.
bool read_acl_denials(InfoReading& info, std::string_view, std::string_view value) {
  info.acl_denials = std::max(info.acl_denials, 0.0) + parse_number(value).value_or(0);
  return false;
}

bool read_io_thread(InfoReading& info, std::string_view name, std::string_view value) {
  info.add_number(Metric::kActiveTimeIoThread, value, {{"thread", name}});
  return true;
}

// tls_server_cert_serial:01A2; `none` where no such certificate is set.
bool read_certificate(InfoReading& info, std::string_view name, std::string_view value) {
  constexpr std::string_view kEnd = "_cert_serial";
  if (!name.ends_with(kEnd)) return false;
  if (!value.empty() && value != "none") {
    info.add(Metric::kTlsCertificateInfo, 1,
             {{"certificate", name.substr(0, name.size() - kEnd.size())}, {"serial", value}});
  }
  return true;
}

// engine_0:name=LUA,module=built-in,abi_version=4,used_memory=69632,memory_overhead=56
bool read_scripting_engine(InfoReading& info, std::string_view name, std::string_view value) {
  if (!all_digits(name)) return false;
  const auto [engine, module, abi_version, used, overhead] =
      pair_values(value, {"name", "module", "abi_version", "used_memory", "memory_overhead"});
  const std::array<metrics::LabelView, 3> labels{
      {{"engine", engine}, {"module", module}, {"abi_version", abi_version}}};
  info.add(Metric::kScriptingEngineInfo, 1, labels);
  info.add_number(Metric::kScriptingEngineMemoryUsed, used, labels);
  info.add_number(Metric::kScriptingEngineMemoryOverhead, overhead, labels);
  return true;
}

// module:name=search,ver=20810,api=1,filters=0,usedby=[],using=[],options=[]
bool read_module(InfoReading& info, std::string_view name, std::string_view value) {
  if (!name.empty()) return false;
  info.has_modules = true;
  if (!info.collection.options.modules) return true;
  const auto [module, version, api, filters, used_by, uses] =
      pair_values(value, {"name", "ver", "api", "filters", "usedby", "using"});
  info.add(Metric::kModuleInfo, 1,
           {{"name", module},
            {"ver", version},
            {"api", api},
            {"filters", filters},
            {"usedby", used_by},
            {"using", uses}});
  return true;
}

// master0:name=cachemaster,status=ok,address=127.0.0.1:7530,slaves=1,sentinels=1
bool read_sentinel_master(InfoReading& info, std::string_view name, std::string_view value) {
  if (!all_digits(name) || !value.starts_with("name=")) return false;
  const auto [master, status, address, slaves, sentinels] =
      pair_values(value, {"name", "status", "address", "slaves", "sentinels"});
  info.add(Metric::kSentinelMasterStatus, status == "ok" ? 1 : 0,
           {{"master_name", master}, {"master_address", address}, {"master_status", status}});
  info.add_number(Metric::kSentinelMasterSlaves, slaves,
                  {{"master_name", master}, {"master_address", address}});
  info.add_number(Metric::kSentinelMasterSentinels, sentinels,
                  {{"master_name", master}, {"master_address", address}});
  return true;
}

}  // namespace hitwatch::redis
