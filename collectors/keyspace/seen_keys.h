// Which keys a SCAN has already given: it may give one several times while tables are resized.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hitwatch::keyspace {

// Remembers keys by a hash of 64 bits, up to a bound. A new key is taken for a known one with a
// probability of at most bound / 2^64.
class SeenKeys {
 public:
  explicit SeenKeys(std::size_t most) : most_(most) {}

  // Whether `key` is new. Once the bound is reached every key that is not remembered is.
  bool insert(std::string_view key);
  // Whether keys were not remembered because of the bound.
  bool overflowed() const { return overflowed_; }

 private:
  std::size_t place_of(std::uint64_t hash) const;
  void grow();

  std::size_t most_;
  std::size_t size_ = 0;
  bool overflowed_ = false;
  std::vector<std::uint64_t> hashes_;  // 0: free; a power of two, at most half full
};

}  // namespace hitwatch::keyspace
