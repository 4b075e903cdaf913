#include "collectors/keyspace/tally.h"

#include <algorithm>
#include <utility>

#include "collectors/lookups/label_value.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::keyspace {
namespace {

constexpr std::string_view kOverflow = "overflow";
// Past the limit on groups, this many more for what overflows: one for each type.
constexpr std::size_t kOverflowGroups = Tally::kMostTypes + 1;
constexpr std::size_t kLongestSpelling = 64;
constexpr std::string_view kSeparators = ":/.|#";

bool is_smaller(const KeyExample& a, const KeyExample& b) { return a.bytes > b.bytes; }

std::string group_key(std::string_view type, std::string_view tenant) {
  std::string key(type);
  key += '\0';
  key += tenant;
  return key;
}

// A sample may bring the same key twice.
bool has_name(const std::vector<KeyExample>& list, const Seen& key) {
  const std::string_view name = key.name.substr(0, Tally::kLongestExample);
  return std::ranges::any_of(list, [&](const KeyExample& known) { return known.name == name; });
}

}  // namespace

Tally::Tally(int database, std::size_t most_groups)
    : database_(database), most_groups_(most_groups) {}

void Tally::add_page(std::span<const Seen> page) {
  ++page_;
  std::vector<std::size_t> touched;
  for (const Seen& key : page) {
    GroupSums& group = group_of(key.match);
    if (group.page != page_) {
      group.page = page_;
      group.in_page = 0;
      touched.push_back(static_cast<std::size_t>(&group - groups_.data()));
    }
    ++group.in_page;
    add_sums(group, key);
    add_sums(types_[group.type_index], key);
    if (key.bytes) {
      bytes_.add(*key.bytes);
    } else {
      ++unreadable_;
    }
    if (!key.match) ++unclassified_;
    if (key.match.tenant_missing) ++without_tenant_[group.type];
    note_ttl(group, key);
    note_spelling(key.name);
    note_big(group, key, true);
    note_examples(group, key);
  }
  close_page(touched, static_cast<double>(page.size()));
}

void Tally::close_page(std::span<const std::size_t> touched, double keys) {
  sampled_ += keys;
  pages_squared_ += keys * keys;
  for (const std::size_t index : touched) {
    GroupSums& group = groups_[index];
    group.squared_by_page += group.in_page * group.in_page;
    group.weighted_by_page += group.in_page * keys;
  }
}

void Tally::add_certain(const Seen& key) {
  GroupSums& group = group_of(key.match);
  ++certain_;
  ++group.certain_keys;
  group.certain_bytes += key.bytes.value_or(0);
  note_big(group, key, false);
  note_examples(group, key);
}

void Tally::add_sums(GroupSums& sums, const Seen& key) {
  ++sums.keys;
  if (key.bytes) sums.bytes.add(*key.bytes);
  if (!key.has_ttl_reading) return;
  ++sums.ttl_readings;
  if (key.ttl_seconds) {
    sums.ttls.add(*key.ttl_seconds);
  } else {
    ++sums.without_ttl;
  }
}

GroupSums& Tally::group_of(const keys::Match& match) {
  if (!match) return find_or_add(lookups::kUnclassifiedType, "");
  std::string type_scratch;
  const std::string_view type = lookups::label_value(match.type, type_scratch);
  return find_or_add(type, lookups::label_value(match.tenant, scratch_));
}

GroupSums& Tally::find_or_add(std::string_view type, std::string_view tenant) {
  std::string key = group_key(type, tenant);
  if (const auto found = group_index_.find(key); found != group_index_.end()) {
    return groups_[found->second];
  }
  if (groups_.size() >= most_groups_) {
    const bool room = groups_.size() < most_groups_ + kOverflowGroups ||
                      group_index_.contains(group_key(type, kOverflow));
    const std::string_view type_of_rest = room ? type : kOverflow;
    if (tenant != kOverflow || type != type_of_rest) return find_or_add(type_of_rest, kOverflow);
  }
  const std::size_t type_index = type_of(type);
  group_index_.emplace(std::move(key), groups_.size());
  GroupSums& group = groups_.emplace_back();
  group.type = type;
  group.tenant = tenant;
  group.type_index = type_index;
  return group;
}

std::size_t Tally::type_of(std::string_view type) {
  const auto found = type_index_.find(std::string(type));
  if (found != type_index_.end()) return found->second;
  if (types_.size() >= kMostTypes - 1 && type != kOverflow) return type_of(kOverflow);
  type_index_.emplace(type, types_.size());
  types_.emplace_back().type = type;
  return types_.size() - 1;
}

void Tally::note_ttl(const GroupSums& group, const Seen& key) {
  if (!key.has_ttl_reading) return;
  ++ttl_readings_;
  if (!key.ttl_seconds) return;
  ttls_.add(*key.ttl_seconds);
  TypeTtls& ttls = type_ttls_[types_[group.type_index].type];
  const std::vector<double>& bounds = ttl_bounds();
  if (ttls.counts.empty()) {
    ttls.database = database_;
    ttls.type = types_[group.type_index].type;
    ttls.counts.resize(bounds.size() + 1);
  }
  const auto bucket = std::ranges::lower_bound(bounds, *key.ttl_seconds);
  ++ttls.counts[static_cast<std::size_t>(bucket - bounds.begin())];
  ttls.sum_seconds += *key.ttl_seconds;
}

void Tally::note_spelling(std::string_view name) {
  // The same as redacted_key() takes for the end of the first segment.
  std::size_t end = name.npos;
  for (const char separator : kSeparators) {
    if (end == name.npos) end = name.substr(0, kLongestSpelling).find(separator);
  }
  if (end == name.npos || end == 0) return;
  scratch_ = name.substr(0, end + 1);
  if (const auto found = spellings_.find(scratch_); found != spellings_.end()) {
    ++found->second;
  } else if (spellings_.size() < kMostSpellings) {
    spellings_.emplace(scratch_, 1);
  }
}

KeyExample Tally::example(const GroupSums& group, const Seen& key) const {
  return {.database = database_,
          .name = std::string(key.name.substr(0, kLongestExample)),
          .type = group.type,
          .tenant = group.tenant,
          .bytes = static_cast<std::uint64_t>(key.bytes.value_or(0))};
}

void Tally::note_big(const GroupSums& group, const Seen& key, bool sampled) {
  const auto bytes = static_cast<std::uint64_t>(key.bytes.value_or(0));
  if (!key.bytes || (biggest_.size() >= kBiggest && bytes <= biggest_.front().key.bytes)) return;
  const std::string_view name = key.name.substr(0, kLongestExample);
  const auto known =
      std::ranges::find_if(biggest_, [name](const BigKey& big) { return big.key.name == name; });
  if (known != biggest_.end()) {
    // A sample may bring the same key twice.
    if (sampled) ++known->times;
    return;
  }
  if (biggest_.size() == kBiggest) {
    std::ranges::pop_heap(biggest_, is_smaller, &BigKey::key);
    biggest_.pop_back();
  }
  biggest_.push_back({example(group, key), sampled ? 1.0 : 0.0});
  std::ranges::push_heap(biggest_, is_smaller, &BigKey::key);
}

void Tally::note_without_ttl(const GroupSums& group, const Seen& key, std::uint64_t bytes) {
  std::vector<KeyExample>& list = without_ttl_examples_;
  if ((list.size() == kExamples && bytes <= list.back().bytes) || has_name(list, key)) return;
  if (list.size() == kExamples) list.pop_back();
  const KeyExample made = example(group, key);
  list.insert(std::ranges::upper_bound(list, made, is_smaller), made);
}

void Tally::note_examples(const GroupSums& group, const Seen& key) {
  const auto bytes = static_cast<std::uint64_t>(key.bytes.value_or(0));
  if (key.has_ttl_reading && !key.ttl_seconds) note_without_ttl(group, key, bytes);
  if (!key.match && unclassified_examples_.size() < kExamples) {
    unclassified_examples_.try_emplace(redacted_key(key.name), example(group, key));
  }
  if (key.match.tenant_missing && tenantless_examples_.size() < kExamples &&
      !has_name(tenantless_examples_, key)) {
    tenantless_examples_.push_back(example(group, key));
  }
}

std::vector<ConventionDuplicate::Spelling> Tally::spellings() const {
  std::vector<ConventionDuplicate::Spelling> all;
  for (const auto& [text, count] : spellings_) all.push_back({text, Estimate::exact(count)});
  return all;
}

std::vector<KeyExample> Tally::biggest() const {
  std::vector<KeyExample> sorted;
  for (const BigKey& big : biggest_) sorted.push_back(big.key);
  std::ranges::sort(sorted, is_smaller);
  return sorted;
}

std::optional<Tally::Expanded> Tally::biggest_expanded() const {
  const BigKey* biggest = nullptr;
  for (const BigKey& big : biggest_) {
    if (big.times > 0 && (biggest == nullptr || big.key.bytes > biggest->key.bytes)) biggest = &big;
  }
  if (biggest == nullptr) return std::nullopt;
  return Expanded{static_cast<double>(biggest->key.bytes), biggest->times};
}

void Tally::count_alone() {
  const auto expanded = biggest_expanded();
  if (!expanded) return;
  const auto big = std::ranges::find_if(biggest_, [&](const BigKey& key) {
    return key.times > 0 && static_cast<double>(key.key.bytes) == expanded->bytes;
  });
  GroupSums& group = find_or_add(big->key.type, big->key.tenant);
  for (Moments* moments : {&group.bytes, &types_[group.type_index].bytes, &bytes_}) {
    moments->count -= big->times;
    moments->sum -= big->times * expanded->bytes;
    moments->sum_of_squares -= big->times * expanded->bytes * expanded->bytes;
  }
  group.certain_bytes += expanded->bytes;
  big->times = 0;
}

void Tally::fold_tenants(const std::set<std::string>& kept) {
  const std::vector<GroupSums> before = std::exchange(groups_, {});
  group_index_.clear();
  for (const GroupSums& sums : before) {
    const bool stays =
        sums.tenant.empty() || sums.tenant == kOverflow || kept.contains(sums.tenant);
    GroupSums& into = find_or_add(sums.type, stays ? sums.tenant : kOverflow);
    into.keys += sums.keys;
    into.squared_by_page += sums.squared_by_page;
    into.weighted_by_page += sums.weighted_by_page;
    into.bytes.add(sums.bytes);
    into.ttl_readings += sums.ttl_readings;
    into.without_ttl += sums.without_ttl;
    into.ttls.add(sums.ttls);
    into.certain_keys += sums.certain_keys;
    into.certain_bytes += sums.certain_bytes;
  }
}

std::vector<KeyExample> Tally::unclassified_examples() const {
  std::vector<KeyExample> all;
  for (const auto& [shape, key] : unclassified_examples_) all.push_back(key);
  return all;
}

}  // namespace hitwatch::keyspace
