// INFO replication: the replicas of a master, the link of a replica to its master.
#include <algorithm>
#include <array>

#include "collectors/redis/info_reading.h"

namespace hitwatch::redis {
namespace {

struct LinkField {
  std::string_view name;
  Metric metric;
};

constexpr LinkField kLinkFields[] = {
    {"last_io_seconds_ago", Metric::kMasterLastIo},
    {"link_down_since_seconds", Metric::kMasterLinkDownSince},
    {"sync_in_progress", Metric::kMasterSyncInProgress},
    {"sync_total_bytes", Metric::kMasterSyncTotal},
    {"sync_read_bytes", Metric::kMasterSyncRead},
    {"sync_left_bytes", Metric::kMasterSyncLeft},
    {"sync_perc", Metric::kMasterSyncPerc},
    {"sync_last_io_seconds_ago", Metric::kMasterSyncLastIo},
};

std::array<metrics::LabelView, 2> master_labels(const InfoReading& info) {
  return {{{"master_host", info.master_host}, {"master_port", info.master_port}}};
}

}  // namespace

// slave0:ip=127.0.0.1,port=7531,state=online,offset=870,lag=1
bool read_replica(InfoReading& info, std::string_view name, std::string_view value) {
  if (!all_digits(name)) return false;
  const auto [ip, port, state, offset, lag] =
      pair_values(value, {"ip", "port", "state", "offset", "lag"});
  const std::array<metrics::LabelView, 3> labels{
      {{"slave_ip", ip}, {"slave_port", port}, {"slave_state", state}}};
  info.add_number(Metric::kConnectedSlaveOffset, offset, labels);
  info.add_number(Metric::kConnectedSlaveLag, lag, labels);
  return true;
}

// master_link_status:up, or master_1_link_status:up for a further master of KeyDB. The host and
// port of a master come before the rest of its lines.
bool read_master_link(InfoReading& info, std::string_view name, std::string_view value) {
  if (const std::size_t end = name.find('_');
      end != std::string_view::npos && all_digits(name.substr(0, end))) {
    name.remove_prefix(end + 1);
  }
  if (name == "host") {
    info.master_host = value;
    return true;
  }
  if (name == "port") {
    info.master_port = value;
    return true;
  }
  if (name == "link_status") {
    info.add(Metric::kMasterLinkUp, value == "up" ? 1 : 0, master_labels(info));
    return true;
  }
  const auto* found = std::ranges::find(kLinkFields, name, &LinkField::name);
  if (found == std::end(kLinkFields)) return false;
  info.add_number(found->metric, value, master_labels(info));
  return true;
}

bool read_slave_offset(InfoReading& info, std::string_view name, std::string_view value) {
  if (name != "repl_offset" && name != "read_repl_offset") return false;
  info.add_number(name == "repl_offset" ? Metric::kSlaveReplOffset : Metric::kSlaveReadReplOffset,
                  value, master_labels(info));
  return true;
}

}  // namespace hitwatch::redis
