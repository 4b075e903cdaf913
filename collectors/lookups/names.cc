#include "collectors/lookups/names.h"

#include <random>

#include "collectors/lookups/hash.h"

namespace hitwatch::lookups {
namespace {

constexpr std::size_t kLeastCells = 64;

}  // namespace

std::uint64_t random_hash_key() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

Names::Names() : key_(random_hash_key()), cells_(kLeastCells) {}

std::uint64_t Names::hash_of(std::string_view name) const { return hash_bytes(name, key_); }

std::optional<std::uint32_t> Names::find(std::string_view name) const {
  const std::uint64_t hash = hash_of(name);
  const auto short_hash = static_cast<std::uint32_t>(hash);
  const std::size_t mask = cells_.size() - 1;
  for (std::size_t at = (hash >> 32U) & mask;; at = (at + 1) & mask) {
    const Cell& cell = cells_[at];
    if (cell.number == kNone) return std::nullopt;
    if (cell.hash == short_hash && names_[cell.number].text == name) return cell.number;
  }
}

std::uint32_t Names::add(std::string_view name) {
  std::uint32_t number = end();
  if (free_.empty()) {
    names_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  names_[number] = {.text = std::string(name),
                    .is_special = name.find_first_of("\\\"\n") != name.npos};
  if (2 * size() > cells_.size()) {
    rebuild(2 * cells_.size());
  } else {
    place(hash_of(name), number);
  }
  return number;
}

void Names::remove(const std::vector<std::uint32_t>& numbers) {
  for (const std::uint32_t number : numbers) {
    names_[number] = {.text = {}, .is_free = true};
    free_.push_back(number);
  }
  rebuild(cells_.size());
}

void Names::place(std::uint64_t hash, std::uint32_t number) {
  const std::size_t mask = cells_.size() - 1;
  std::size_t at = (hash >> 32U) & mask;
  while (cells_[at].number != kNone) at = (at + 1) & mask;
  cells_[at] = {.hash = static_cast<std::uint32_t>(hash), .number = number};
}

void Names::rebuild(std::size_t cells) {
  cells_.assign(cells, {});
  for (std::uint32_t number = 0; number < end(); ++number) {
    if (!names_[number].is_free) place(hash_of(names_[number].text), number);
  }
}

}  // namespace hitwatch::lookups
