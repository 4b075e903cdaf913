#include "agent/keyspace_peers.h"

namespace hitwatch {
namespace {

template <typename Index, typename Key>
void collect(const Index& index, const Key& key, std::set<std::size_t>& found) {
  if (const auto known = index.find(key); known != index.end()) {
    found.insert(known->second.begin(), known->second.end());
  }
}

}  // namespace

void KeyspacePeers::add(const redis::Target& target, const Replication* said) {
  const std::size_t number = known_.size();
  known_.push_back({{target.place.group, target.place.shard}, ""});
  if (!target.place.group.empty()) by_shard_[known_.back().shard].insert(number);
  by_address_[target.url.address()].insert(number);
  note(number, said);
}

void KeyspacePeers::note(std::size_t number, const Replication* said) {
  std::string& id = known_[number].id;
  const std::string now = said == nullptr ? "" : said->id;
  if (id == now) return;
  if (const auto former = by_id_.find(id); former != by_id_.end()) {
    former->second.erase(number);
    if (former->second.empty()) by_id_.erase(former);
  }
  id = now;
  if (!id.empty()) by_id_[id].insert(number);
}

std::vector<std::size_t> KeyspacePeers::of(std::size_t number, const Replication* said) const {
  std::set<std::size_t> found;
  collect(by_shard_, known_[number].shard, found);
  if (said != nullptr) {
    collect(by_id_, said->id, found);
    for (const Replication::Replica& replica : said->replicas) {
      net::RedisUrl url;
      url.host = replica.host;
      url.port = replica.port;
      collect(by_address_, url.address(), found);
    }
  }
  found.erase(number);
  return {found.begin(), found.end()};
}

}  // namespace hitwatch
