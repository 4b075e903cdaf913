// A look at the keys of one page: their memory, and the TTL of some.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/keyspace/remembered.h"
#include "collectors/keyspace/tally.h"
#include "collectors/redis/reply.h"
#include "collectors/redis/session.h"

namespace hitwatch::keyspace {

struct LookCounts {
  std::uint64_t vanished = 0;
  std::uint64_t ttls_read = 0;   // keyspace hits that were added
  std::uint64_t ttl_misses = 0;  // keyspace misses that were added
  std::uint64_t ttls_refused = 0;
};

class PageLook {
 public:
  // Names this long were cut by the session: such keys cannot be asked about.
  static constexpr std::size_t kCutName = std::size_t{64} << 10;

  // `wants_ttl` says for each key whether its TTL is to be read. What is refused is not asked.
  PageLook(std::vector<std::string> names, keys::Matcher& matcher, const Refusals& refusals,
           const std::function<bool()>& wants_ttl);

  const redis::Batch& batch() const { return batch_; }
  std::size_t ttls_asked() const { return ttls_asked_; }
  // Keys for another look, after this one was read: whether their groups may be read at all one key
  // of each is to find out first. They are fewer each time.
  std::vector<std::string> take_put_off() { return std::move(put_off_); }

  // Reads the replies to the batch: what was seen of the keys that are still there. The views in
  // the answer are of this object.
  std::vector<Seen> read(std::span<const redis::Reply> replies, Refusals& refusals,
                         LookCounts& counts) const;

 private:
  struct Key {
    std::string name;
    keys::Match match;
    bool memory = false;
    bool ttl = false;
  };

  bool read_memory(const redis::Reply& reply, const Key& key, Seen& seen, Refusals& refusals) const;
  bool read_ttl(const redis::Reply& reply, const Key& key, Seen& seen, Refusals& refusals,
                LookCounts& counts) const;

  std::vector<Key> keys_;
  std::vector<std::string> put_off_;
  redis::Batch batch_;
  std::size_t ttls_asked_ = 0;
};

}  // namespace hitwatch::keyspace
