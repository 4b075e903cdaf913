// The keys with the largest values that passed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "collectors/tap/report.h"

namespace hitwatch::tap {

// At most kMaxBigValues keys, each with its largest value. Most values are smaller than all of
// these and cost one comparison. Not thread-safe.
class BigValues {
 public:
  BigValues();

  void take(std::string_view key, std::string_view operation, std::uint64_t bytes) {
    if (bytes > least_) insert(key, operation, bytes);
  }
  // The largest first.
  std::vector<BigValue> largest() const;

 private:
  static constexpr std::size_t kLongestKey = 1024;  // bytes of a key that are kept

  void insert(std::string_view key, std::string_view operation, std::uint64_t bytes);
  void find_least();

  std::uint64_t hash_key_;
  std::uint64_t least_ = 0;  // what a value must exceed to get in
  std::size_t smallest_ = 0;
  std::vector<std::uint64_t> hashes_;  // of the keys, in the places of values_
  std::vector<BigValue> values_;
};

}  // namespace hitwatch::tap
