#include "agent/replication_links.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <unordered_map>
#include <utility>

#include "agent/net/peer_address.h"

namespace hitwatch {
namespace {

using redis::ListedReplica;
using redis::MasterLink;
using redis::Replication;
using Facts = ReplicatedServer::Facts;
using FactsOf = Facts ReplicatedServer::*;

// Of one replication id so many servers that have replicas are considered: one has most of them.
constexpr std::size_t kMostSources = 64;

struct HostPort {
  std::string host;
  int port = 0;
};

std::string address_key(std::string_view host, int port) {
  std::string key(host);
  for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  key += '|';
  key += std::to_string(port);
  return key;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string shown_address(std::string_view host, int port) {
  return host.find(':') == host.npos ? fmt::format("{}:{}", host, port)
                                     : fmt::format("[{}]:{}", host, port);
}

// By which a server is known from elsewhere.
std::vector<HostPort> addresses_of(const ReplicatedServer& server) {
  std::vector<HostPort> all;
  const auto add = [&](std::string_view host, int port) {
    if (!host.empty() && port > 0) all.push_back({std::string(host), port});
  };
  const net::PeerAddress named = net::split_peer_address(server.name);
  add(named.host, named.port);
  add(server.host, server.port);
  add(server.peer, server.port);
  return all;
}

// An address that `speaker` says, as seen from here: its loopback is that of its own host.
std::vector<std::string> keys_of(const ReplicatedServer& speaker, std::string_view host, int port) {
  if (!is_loopback(host)) return {address_key(host, port)};
  std::vector<std::string> keys;
  for (const std::string* own : {&speaker.host, &speaker.peer}) {
    if (!own->empty()) keys.push_back(address_key(*own, port));
  }
  // Where names lead to the loopback here, too, spellings of it are one.
  if (is_loopback(speaker.host) || is_loopback(speaker.peer)) {
    for (const char* spelled : {"127.0.0.1", "localhost", "::1"}) {
      keys.push_back(address_key(spelled, port));
    }
  }
  return keys;
}

// What a master lists, and what of it has been found to be which server.
class Listing {
 public:
  Listing(const ReplicatedServer& master, const Replication& facts) : facts_(facts) {
    taken_.resize(facts.replicas.size());
    for (std::size_t i = 0; i < facts.replicas.size(); ++i) {
      const ListedReplica& listed = facts.replicas[i];
      for (std::string& key : keys_of(master, listed.host, listed.port)) {
        by_key_.emplace(std::move(key), i);
      }
    }
  }

  // Whether there are more than it lists here.
  bool is_cut() const { return facts_.connected > static_cast<std::int64_t>(taken_.size()); }

  // The entry under an address of the server; nullptr if there is none.
  const ListedReplica* take(const ReplicatedServer& server, int tcp_port) {
    for (const HostPort& address : addresses_of(server)) {
      for (const int port : {address.port, tcp_port}) {
        const auto found = by_key_.find(address_key(address.host, port));
        if (found == by_key_.end() || taken_[found->second]) continue;
        return take(found->second);
      }
    }
    return nullptr;
  }

  // To be called after all entries have been taken that can be told by their address.
  void begin_leftovers() {
    for (std::size_t i = taken_.size(); i-- > 0;) {
      if (!taken_[i]) leftover_[facts_.replicas[i].port].push_back(i);
    }
  }
  // One of the rest that has this port.
  const ListedReplica* take_leftover(int port) {
    const auto found = leftover_.find(port);
    if (found == leftover_.end() || found->second.empty()) return nullptr;
    const std::size_t entry = found->second.back();
    found->second.pop_back();
    return take(entry);
  }
  std::size_t leftovers(int port) const {
    const auto found = leftover_.find(port);
    return found == leftover_.end() ? 0 : found->second.size();
  }

  template <typename Visit>
  void for_each_rest(const Visit& visit) const {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (!taken_[i]) visit(facts_.replicas[i]);
    }
  }

 private:
  const ListedReplica* take(std::size_t entry) {
    taken_[entry] = true;
    return &facts_.replicas[entry];
  }

  const Replication& facts_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::vector<bool> taken_;
  std::unordered_map<int, std::vector<std::size_t>> leftover_;  // by port
};

std::int64_t bytes_behind(const Replication& master, const ListedReplica& listed) {
  if (listed.state != "online" || listed.offset < 0 || master.offset < 0) return -1;
  return std::max<std::int64_t>(0, master.offset - listed.offset);
}

class LinkFinder {
 public:
  // `facts`: those of which poll.
  LinkFinder(std::span<const ReplicatedServer> servers, FactsOf facts)
      : servers_(servers), facts_(facts) {
    for (std::size_t i = 0; i < servers_.size(); ++i) index(i);
  }

  ReplicationLinks find() {
    for (std::size_t i = 0; i < servers_.size(); ++i) add_links(i);
    add_placed();
    compare();
    std::ranges::move(only_listed_, std::back_inserter(found_.links));
    std::ranges::stable_sort(found_.links, {}, &ReplicationLink::replica);
    return std::move(found_);
  }

 private:
  const Replication* facts(std::size_t server) const { return (servers_[server].*facts_).get(); }

  void index(std::size_t i) {
    for (const HostPort& address : addresses_of(servers_[i])) {
      auto& there = by_address_[address_key(address.host, address.port)];
      if (there.empty() || there.back() != i) there.push_back(i);
    }
    const Replication* known = facts(i);
    if (known == nullptr || known->id.empty() || known->connected <= 0) return;
    auto& sources = by_id_[known->id];
    if (sources.size() < kMostSources) sources.push_back(i);
  }

  void add_links(std::size_t i) {
    const Replication* known = facts(i);
    if (known == nullptr) return;
    const std::size_t first = found_.links.size();
    for (const MasterLink& said : known->masters) {
      ReplicationLink link;
      link.replica = i;
      link.master = master_of(i, said);
      link.master_address = shown_address(said.host, said.port);
      // By two addresses it is still one.
      const bool known_already = std::any_of(
          found_.links.begin() + static_cast<std::ptrdiff_t>(first), found_.links.end(),
          [&](const ReplicationLink& other) {
            return other.master == link.master && (link.master != ReplicationLink::kNotWatched ||
                                                   other.master_address == link.master_address);
          });
      if (known_already) continue;
      link.up = said.up;
      link.syncing = said.syncing;
      link.down_seconds = said.up ? -1 : said.down_since;
      found_.links.push_back(std::move(link));
    }
  }

  std::size_t master_of(std::size_t replica, const MasterLink& said) const {
    const Replication& own = *facts(replica);
    const auto same_data = [&](std::size_t i) {
      return facts(i) != nullptr && facts(i)->id == own.id;
    };
    for (const std::string& key : keys_of(servers_[replica], said.host, said.port)) {
      const auto found = by_address_.find(key);
      if (found == by_address_.end()) continue;
      const auto same = std::ranges::find_if(found->second, same_data);
      return same == found->second.end() ? found->second.front() : *same;
    }
    return said.up ? master_by_id(replica, said.port) : ReplicationLink::kNotWatched;
  }

  // Behind an address that leads elsewhere from here: who has the same data, listens on that port,
  // and lists the replica, or is the only master.
  std::size_t master_by_id(std::size_t replica, int port) const {
    const auto sources = by_id_.find(facts(replica)->id);
    if (sources == by_id_.end()) return ReplicationLink::kNotWatched;
    std::vector<std::size_t> masters;
    for (const std::size_t i : sources->second) {
      if (i == replica || (facts(i)->tcp_port != port && servers_[i].port != port)) continue;
      if (lists(i, replica)) return i;
      if (facts(i)->role == "master") masters.push_back(i);
    }
    return masters.size() == 1 ? masters.front() : ReplicationLink::kNotWatched;
  }

  bool lists(std::size_t master, std::size_t replica) const {
    for (const HostPort& address : addresses_of(servers_[replica])) {
      for (const ListedReplica& listed : facts(master)->replicas) {
        if (listed.host == address.host && listed.port == address.port) return true;
      }
    }
    return false;
  }

  // Replicas that never answered, and former masters that do not, below the master that is said to
  // be theirs.
  void add_placed() {
    std::unordered_map<std::string, std::size_t> masters;
    const auto place = [](const ReplicatedServer& server) {
      return server.source + '\n' + server.group + '\n' + server.shard;
    };
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      if (servers_[i].role == "master") masters.emplace(place(servers_[i]), i);
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      if (servers_[i].role != "replica") continue;
      if (facts(i) != nullptr && (servers_[i].up() || !facts(i)->masters.empty())) continue;
      const auto master = masters.find(place(servers_[i]));
      if (master == masters.end()) continue;
      ReplicationLink link;
      link.replica = i;
      link.master = master->second;
      link.master_address = servers_[master->second].name;
      link.told = false;
      found_.links.push_back(std::move(link));
    }
  }

  // Both sides of each link.
  void compare() {
    std::unordered_map<std::size_t, std::vector<ReplicationLink*>> followers;
    for (ReplicationLink& link : found_.links) {
      if (link.master == ReplicationLink::kNotWatched) {
        note_own_word(link);
      } else {
        followers[link.master].push_back(&link);
      }
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const auto found = followers.find(i);
      const std::vector<ReplicationLink*> none;
      compare_with_list(i, found == followers.end() ? none : found->second);
    }
  }

  // The links of one server, which is watched under several names or with several databases.
  using Namesakes = std::vector<ReplicationLink*>;

  std::vector<Namesakes> by_server(const std::vector<ReplicationLink*>& followers) const {
    std::vector<Namesakes> all;
    std::unordered_map<std::string, std::size_t> known;
    for (ReplicationLink* link : followers) {
      std::size_t at = all.size();
      const std::vector<HostPort> addresses = addresses_of(servers_[link->replica]);
      for (const HostPort& address : addresses) {
        const auto found = known.find(address_key(address.host, address.port));
        if (found != known.end()) at = std::min(at, found->second);
      }
      for (const HostPort& address : addresses) {
        known.try_emplace(address_key(address.host, address.port), at);
      }
      if (at == all.size()) all.emplace_back();
      all[at].push_back(link);
    }
    return all;
  }

  void compare_with_list(std::size_t master, const std::vector<ReplicationLink*>& followers) {
    for (ReplicationLink* link : followers) note_own_word(*link);
    const Replication* known = servers_[master].up() ? facts(master) : nullptr;
    if (known == nullptr) return;
    Listing listing(servers_[master], *known);
    std::vector<Namesakes> missing;
    for (Namesakes& links : by_server(followers)) {
      const ListedReplica* entry = nullptr;
      for (const ReplicationLink* link : links) {
        entry = listing.take(servers_[link->replica], tcp_port(link->replica));
        if (entry != nullptr) break;
      }
      if (entry == nullptr) {
        missing.push_back(std::move(links));
        continue;
      }
      for (ReplicationLink* link : links) note_listed(*link, *known, *entry);
    }
    find_elsewhere(listing, missing, *known);
    listing.for_each_rest([&](const ListedReplica& listed) { add_rest(master, *known, listed); });
  }

  // An entry of a list that no follower is.
  void add_rest(std::size_t master, const Replication& known, const ListedReplica& listed) {
    for (const std::string& key : keys_of(servers_[master], listed.host, listed.port)) {
      const auto found = by_address_.find(key);
      if (found == by_address_.end()) continue;
      // One that says that it follows another, or nobody, has gone, and its master has yet to
      // notice.
      const std::size_t replica = found->second.front();
      if (facts(replica) != nullptr || servers_[replica].role == "replica" ||
          !only_listed_by_.emplace(replica, master).second) {
        return;
      }
      ReplicationLink link;
      link.replica = replica;
      link.master = master;
      link.master_address = servers_[master].name;
      link.told = false;
      note_listed(link, known, listed);
      only_listed_.push_back(std::move(link));
      return;
    }
    found_.unwatched.push_back(
        {master, shown_address(listed.host, listed.port), listed, bytes_behind(known, listed)});
  }

  // Those that the master lists under an address that is not known here: a link that works, to a
  // master that lists somebody else of the same port, is held for that.
  void find_elsewhere(Listing& listing, const std::vector<Namesakes>& missing,
                      const Replication& known) {
    listing.begin_leftovers();
    const auto port_of = [&](const Namesakes& links) { return tcp_port(links.front()->replica); };
    std::unordered_map<int, std::size_t> claimants;
    for (const Namesakes& links : missing) ++claimants[port_of(links)];
    for (const Namesakes& links : missing) {
      const int port = port_of(links);
      const bool certain = claimants[port] == 1 && listing.leftovers(port) == 1;
      const bool up = std::ranges::any_of(links, &ReplicationLink::up);
      const ListedReplica* entry = up ? listing.take_leftover(port) : nullptr;
      for (ReplicationLink* link : links) note_elsewhere(*link, entry, certain, listing, known);
    }
  }

  void note_elsewhere(ReplicationLink& link, const ListedReplica* entry, bool certain,
                      const Listing& listing, const Replication& known) const {
    if (entry != nullptr) {
      link.listed_as = certain ? shown_address(entry->host, entry->port) : "another address";
      if (certain) note_listed(link, known, *entry);
    } else {
      link.unlisted = link.told && servers_[link.replica].up() && !listing.is_cut();
    }
    if (link.lag_bytes < 0) note_offsets(link, known);
  }

  int tcp_port(std::size_t server) const {
    const Replication* known = facts(server);
    return known != nullptr && known->tcp_port > 0 ? known->tcp_port : servers_[server].port;
  }

  const MasterLink* said_by(const ReplicationLink& link) const {
    const Replication* known = servers_[link.replica].up() ? facts(link.replica) : nullptr;
    if (known == nullptr) return nullptr;
    const auto same = std::ranges::find_if(known->masters, [&](const MasterLink& said) {
      return shown_address(said.host, said.port) == link.master_address;
    });
    return same == known->masters.end() ? nullptr : &*same;
  }

  void note_own_word(ReplicationLink& link) const {
    const MasterLink* said = said_by(link);
    if (said == nullptr) return;
    const double seconds = said->up ? said->last_io : said->down_since;
    if (seconds < 0) return;
    link.lag_seconds = seconds;
    link.lag_seconds_from = LagSource::kReplica;
  }

  void note_listed(ReplicationLink& link, const Replication& known,
                   const ListedReplica& entry) const {
    link.listed_state = entry.state;
    link.lag_bytes = bytes_behind(known, entry);
    if (link.lag_bytes >= 0) link.lag_bytes_from = LagSource::kMaster;
    // A replica knows better than its master that the link is broken.
    const bool broken = servers_[link.replica].up() && !link.up;
    if (broken || entry.lag < 0) return;
    link.lag_seconds = entry.lag;
    link.lag_seconds_from = LagSource::kMaster;
  }

  void note_offsets(ReplicationLink& link, const Replication& known) const {
    const MasterLink* said = said_by(link);
    if (said == nullptr || !said->up || said->offset < 0 || known.offset < 0) return;
    if (known.id != facts(link.replica)->id) return;
    link.lag_bytes = std::max<std::int64_t>(0, known.offset - said->offset);
    link.lag_bytes_from = LagSource::kPolls;
  }

  const std::span<const ReplicatedServer> servers_;
  const FactsOf facts_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_address_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_id_;  // of those with replicas
  ReplicationLinks found_;
  std::vector<ReplicationLink> only_listed_;  // of servers that never answered
  std::set<std::pair<std::size_t, std::size_t>> only_listed_by_;
};

// One poll may fall between what the replica and what the master have noticed of each other.
void confirm_unlisted(std::span<const ReplicatedServer> servers,
                      std::vector<ReplicationLink>& links) {
  if (std::ranges::none_of(links, &ReplicationLink::unlisted)) return;
  std::set<std::pair<std::size_t, std::size_t>> before;
  for (const ReplicationLink& link : LinkFinder(servers, &ReplicatedServer::earlier).find().links) {
    if (link.unlisted) before.emplace(link.replica, link.master);
  }
  for (ReplicationLink& link : links) {
    link.unlisted = link.unlisted && before.contains({link.replica, link.master});
  }
}

}  // namespace

std::string_view lag_source_word(LagSource source) {
  switch (source) {
    case LagSource::kNobody:
      return "";
    case LagSource::kMaster:
      return "master";
    case LagSource::kReplica:
      return "replica";
    case LagSource::kPolls:
      return "polls";
  }
  return "";
}

ReplicationLinks replication_links(std::span<const ReplicatedServer> servers) {
  ReplicationLinks found = LinkFinder(servers, &ReplicatedServer::known).find();
  confirm_unlisted(servers, found.links);
  return found;
}

}  // namespace hitwatch
