// INFO replication: the replicas of a master, the link of a replica to its master.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

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

int port_of(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port > 0 && port <= 65535 ? port : 0;
}

std::string kept_text(std::string_view text) {
  return std::string(text.substr(0, Replication::kLongestText));
}

std::int64_t count_of(std::string_view text) {
  constexpr double kMost = 9e18;
  const auto number = parse_number(text);
  return number && *number >= 0 && *number < kMost ? static_cast<std::int64_t>(*number) : -1;
}

double seconds_of_field(std::string_view text) {
  const double seconds = parse_number(text).value_or(-1);
  return std::isfinite(seconds) ? seconds : -1;
}

// Of the master that the lines are about now; null past the bound.
MasterLink* master_link(InfoReading& info) {
  auto& masters = info.replication.masters;
  return masters.empty() || info.master_past_bound ? nullptr : &masters.back();
}

void begin_master(InfoReading& info, std::string_view host) {
  auto& masters = info.replication.masters;
  info.master_past_bound = masters.size() >= Replication::kMostMasters;
  if (info.master_past_bound) return;
  masters.emplace_back().host = kept_text(host);
}

void note_link(MasterLink& link, std::string_view name, std::string_view value) {
  if (name == "link_status") {
    link.up = value == "up";
  } else if (name == "sync_in_progress") {
    link.syncing = value == "1";
  } else if (name == "last_io_seconds_ago") {
    link.last_io = seconds_of_field(value);
  } else if (name == "link_down_since_seconds") {
    link.down_since = seconds_of_field(value);
  }
}

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
  auto& replicas = info.replication.replicas;
  if (replicas.size() < Replication::kMostReplicas) {
    replicas.push_back(
        {kept_text(ip), port_of(port), kept_text(state), count_of(offset), seconds_of_field(lag)});
  }
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
    begin_master(info, value);
    return true;
  }
  if (name == "port") {
    info.master_port = value;
    if (MasterLink* link = master_link(info)) link->port = port_of(value);
    return true;
  }
  if (MasterLink* link = master_link(info)) note_link(*link, name, value);
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
  if (MasterLink* link = master_link(info); link != nullptr && name == "repl_offset") {
    link->offset = count_of(value);
  }
  return true;
}

Replication take_replication(InfoReading& info) {
  Replication replication = std::move(info.replication);
  replication.role = kept_text(info.role);
  replication.tcp_port = port_of(info.tcp_port);
  replication.id = kept_text(info.master_replid);
  replication.former_id = kept_text(info.former_replid);
  replication.offset = count_of(info.repl_offset);
  replication.former_offset = count_of(info.former_repl_offset);
  replication.connected = count_of(info.connected_replicas);
  replication.full_syncs = count_of(info.full_syncs);
  replication.partial_syncs = count_of(info.partial_syncs);
  replication.partial_syncs_denied = count_of(info.partial_syncs_denied);
  if (replication.role == "master") replication.masters.clear();
  return replication;
}

}  // namespace hitwatch::redis
