#include "collectors/tap/big_values.h"

#include <algorithm>
#include <functional>

#include "collectors/lookups/hash.h"

namespace hitwatch::tap {

BigValues::BigValues() : hash_key_(lookups::random_hash_key()) {
  hashes_.reserve(kMaxBigValues);
  values_.reserve(kMaxBigValues);
}

void BigValues::insert(std::string_view key, std::string_view operation, std::uint64_t bytes) {
  key = key.substr(0, kLongestKey);
  const std::uint64_t hash = lookups::hash_bytes(key, hash_key_);
  auto at = static_cast<std::size_t>(std::ranges::find(hashes_, hash) - hashes_.begin());
  const bool is_known = at < values_.size();
  if (is_known && values_[at].bytes >= bytes) return;
  if (!is_known && values_.size() < kMaxBigValues) {
    hashes_.emplace_back();
    values_.emplace_back();
  } else if (!is_known) {
    at = smallest_;
  }
  hashes_[at] = hash;
  if (!is_known) values_[at].key = key;
  values_[at].operation = operation;
  values_[at].bytes = bytes;
  find_least();
}

void BigValues::find_least() {
  if (values_.size() < kMaxBigValues) return;
  const auto smallest = std::ranges::min_element(values_, {}, &BigValue::bytes);
  smallest_ = static_cast<std::size_t>(smallest - values_.begin());
  least_ = smallest->bytes;
}

std::vector<BigValue> BigValues::largest() const {
  std::vector<BigValue> sorted = values_;
  std::ranges::stable_sort(sorted, std::greater(), &BigValue::bytes);
  return sorted;
}

}  // namespace hitwatch::tap
