#include "collectors/keyspace/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace hitwatch::keyspace {
namespace {

// The design effect of a group is looked at by itself from this many of its keys on.
constexpr double kOwnEffect = 20;
// As many TTL readings of a group weigh as much as all of its type.
constexpr double kTtlPrior = 1;
constexpr double kFewTtls = 10;
constexpr double kLeastTypeReadings = 30;
// Sizes grow by no more than that to match what INFO calls the dataset: what is missing then is
// memory that is no key's, or that of big keys which the sample has not met.
constexpr double kMostGrowth = 1.1;
// From this part of the dataset on, what is missing is told; and groups from that part of all
// memory on may well be the ones that it is missing from.
constexpr double kMissing = 0.15;
constexpr double kBigGroup = 0.05;
constexpr double kMostUnreadable = 0.1;  // of the sample
constexpr std::size_t kMostDuplicates = 20;

class Summary {
 public:
  Summary(const Tally& tally, const DatabaseFacts& facts, Report& report)
      : tally_(tally),
        facts_(facts),
        report_(report),
        population_(population()),
        remaining_(remaining()) {}

  void make() {
    pooled_effect_ = pooled_effect();
    for (const GroupSums& sums : tally_.groups()) add_group(sums);
    add_ttls();
    Database database{.index = tally_.database(),
                      .keys = static_cast<std::uint64_t>(facts_.keys),
                      .expires = static_cast<std::uint64_t>(facts_.expires),
                      .sampled = static_cast<std::uint64_t>(tally_.sampled()),
                      .method = facts_.method,
                      .unclassified = count(tally_.unclassified(), pooled_effect_)};
    report_.databases.push_back(database);
    for (const auto& [type, keys] : tally_.without_tenant()) {
      report_.without_tenant.push_back({tally_.database(), type, count(keys, pooled_effect_)});
    }
    for (const auto& [type, ttls] : tally_.type_ttls()) report_.ttls.push_back(ttls);
    add_duplicates();
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(report_.biggest, tally_.biggest());
    append(report_.without_ttl_examples, tally_.without_ttl_examples());
    append(report_.unclassified_examples, tally_.unclassified_examples());
    append(report_.tenantless_examples, tally_.tenantless_examples());
  }

  // Of a group that the sample has not met.
  Estimate unseen() const { return count(0, pooled_effect()); }

 private:
  double population() const {
    if (facts_.every_key) return tally_.sampled();
    const double keys = std::max(facts_.keys - tally_.certain(), 0.0);
    return facts_.with_replacement ? keys : std::max(keys, tally_.sampled());
  }

  // The part of the population that a sample without replacement has not seen: it alone is in
  // doubt.
  double remaining() const {
    if (facts_.every_key) return 0;
    if (facts_.with_replacement || population_ <= 0) return 1;
    return std::max(1 - tally_.sampled() / population_, 0.0);
  }

  // How much more a count varies between pages than if keys were drawn one by one.
  struct Spread {
    double seen = 0;
    double expected = 0;
  };
  Spread spread(const GroupSums& sums) const {
    const double share = sums.keys / tally_.sampled();
    return {.seen = sums.squared_by_page - 2 * share * sums.weighted_by_page +
                    share * share * tally_.pages_squared(),
            .expected = sums.keys * (1 - share)};
  }
  double pooled_effect() const {
    Spread all;
    for (const GroupSums& sums : tally_.groups()) {
      const Spread own = spread(sums);
      all.seen += own.seen;
      all.expected += own.expected;
    }
    return all.expected > 0 ? std::max(all.seen / all.expected, 1.0) : 1;
  }
  double effect(const GroupSums& sums) const {
    if (sums.keys < kOwnEffect) return pooled_effect_;
    const Spread own = spread(sums);
    return own.expected > 0 ? std::max(own.seen / own.expected, pooled_effect_) : pooled_effect_;
  }

  Estimate count(double part, double design_effect) const {
    if (facts_.every_key) return Estimate::exact(part);
    if (!(tally_.sampled() > 0)) return {0, 0, population_};
    return estimate_count(part, tally_.sampled(), population_, design_effect * remaining_);
  }

  void add_group(const GroupSums& sums) {
    Group group;
    group.database = tally_.database();
    group.type = sums.type;
    group.tenant = sums.tenant;
    group.sampled = static_cast<std::uint64_t>(sums.keys + sums.certain_keys);
    group.keys = count(sums.keys, effect(sums));
    group.memory_usage_bytes = memory(sums);
    for (double* part : {&group.keys.value, &group.keys.low, &group.keys.high}) {
      *part += sums.certain_keys;
    }
    report_.groups.push_back(std::move(group));
  }

  std::optional<Estimate> memory(const GroupSums& sums) const {
    const Moments& own = sums.bytes;
    if (own.count == 0) {
      if (sums.certain_bytes == 0) return std::nullopt;
      return Estimate::exact(sums.certain_bytes);
    }
    if (facts_.every_key && own.count == sums.keys) {
      return Estimate::exact(own.sum + sums.certain_bytes);
    }
    const double value = population_ * sums.keys / tally_.sampled() * own.mean();
    // Of the number of keys, and of their mean size.
    const double share = sums.keys / tally_.sampled();
    const double of_count = (1 - share) / sums.keys * effect(sums);
    const double of_mean = pooled_variation(own, tally_.types()[sums.type_index].bytes) / own.count;
    const double unread = std::max(1 - own.count / sums.keys, remaining_);
    Estimate bytes =
        around(value, std::sqrt(of_count * remaining_ + of_mean * unread), own.count + 14);
    for (double* part : {&bytes.value, &bytes.low, &bytes.high}) *part += sums.certain_bytes;
    return bytes;
  }

  // Raked to what the server says of the whole database.
  void add_ttls() {
    const double all_keys = facts_.keys;
    if (tally_.ttl_readings() == 0 || !(all_keys > 0)) {
      if (facts_.expires == 0) each_without_ttl(1);
      if (all_keys > 0 && facts_.expires >= all_keys) each_without_ttl(0);
      return;
    }
    const double known = std::clamp(1 - facts_.expires / all_keys, 0.0, 1.0);
    const std::size_t first = report_.groups.size() - tally_.groups().size();
    double in_doubt = all_keys - facts_.expires;
    std::vector<Raked> cells;
    for (std::size_t i = 0; i < tally_.groups().size(); ++i) {
      const GroupSums& sums = tally_.groups()[i];
      if (knows_every_ttl(sums)) {
        in_doubt -= sums.without_ttl;
        cells.push_back({0, 0});
        continue;
      }
      const GroupSums& type = tally_.types()[sums.type_index];
      // A few readings of a tenant say less than those of all tenants' keys of the type.
      const double of_type = (type.without_ttl + known) / (type.ttl_readings + 1);
      const double share =
          (sums.without_ttl + kTtlPrior * of_type) / (sums.ttl_readings + kTtlPrior);
      cells.push_back({report_.groups[first + i].keys.value, share});
    }
    const double factor = raking_factor(cells, in_doubt);
    for (std::size_t i = 0; i < tally_.groups().size(); ++i) {
      const GroupSums& sums = tally_.groups()[i];
      Group& group = report_.groups[first + i];
      group.keys_without_ttl =
          knows_every_ttl(sums)
              ? Estimate::exact(sums.without_ttl)
              : without_ttl(sums, group.keys, with_odds(cells[i].share, factor), known);
      group.mean_ttl_seconds = mean_ttl(sums);
    }
  }

  bool knows_every_ttl(const GroupSums& sums) const {
    return facts_.every_key && sums.ttl_readings == sums.keys;
  }

  void each_without_ttl(double share) {
    const std::size_t first = report_.groups.size() - tally_.groups().size();
    for (std::size_t i = first; i < report_.groups.size(); ++i) {
      const Estimate& keys = report_.groups[i].keys;
      report_.groups[i].keys_without_ttl =
          Estimate{keys.value * share, keys.low * share, keys.high * share};
    }
  }

  static Estimate without_ttl(const GroupSums& sums, const Estimate& keys, double share,
                              double known) {
    if (known == 0) return Estimate::exact(0);
    if (known == 1) return keys;
    if (sums.ttl_readings == 0) return {keys.value * share, 0, keys.high};
    const Interval shares = wilson_interval(sums.without_ttl, sums.ttl_readings);
    if (sums.ttl_readings < kFewTtls) {
      // The share leans on those of others: what its own readings allow is all that is sure.
      return {keys.value * share, std::min(keys.low * shares.low, keys.value * share),
              std::max(keys.high * shares.high, keys.value * share)};
    }
    const Estimate of_keys{share, std::min(shares.low, share), std::max(shares.high, share)};
    Estimate result = product(keys, of_keys);
    result.high = std::min(result.high, keys.high);
    return result;
  }

  std::optional<Estimate> mean_ttl(const GroupSums& sums) const {
    if (sums.ttls.count == 0) return std::nullopt;
    if (knows_every_ttl(sums)) return Estimate::exact(sums.ttls.mean());
    const Moments& type = tally_.types()[sums.type_index].ttls;
    const Moments& many = type.count >= kLeastTypeReadings ? type : tally_.ttls();
    const double variation = pooled_variation(sums.ttls, many);
    return around(sums.ttls.mean(), std::sqrt(variation / sums.ttls.count), sums.ttls.count + 14);
  }

  // "session:", "Sessions:" and "session." are one convention.
  static std::string normal_form(std::string_view spelling) {
    std::string form;
    for (const char c : spelling.substr(0, spelling.size() - 1)) {
      if (c == '-' || c == '_') continue;
      form += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    if (form.size() > 3 && form.ends_with('s') && !form.ends_with("ss")) form.pop_back();
    return form;
  }

  void add_duplicates() {
    std::map<std::string, ConventionDuplicate> by_form;
    for (ConventionDuplicate::Spelling& spelling : tally_.spellings()) {
      ConventionDuplicate& duplicate = by_form[normal_form(spelling.text)];
      duplicate.database = tally_.database();
      spelling.keys = count(spelling.keys.value, pooled_effect_);
      duplicate.spellings.push_back(std::move(spelling));
    }
    for (auto& [form, duplicate] : by_form) {
      if (form.empty() || duplicate.spellings.size() < 2) continue;
      std::ranges::sort(duplicate.spellings, [](const auto& a, const auto& b) {
        return a.keys.value != b.keys.value ? a.keys.value > b.keys.value : a.text < b.text;
      });
      report_.duplicates.push_back(std::move(duplicate));
    }
  }

  const Tally& tally_;
  const DatabaseFacts& facts_;
  Report& report_;
  const double population_;  // of the sample: without the keys that are known for certain
  const double remaining_;
  double pooled_effect_ = 1;
};

// What INFO says of the memory of all keys that were looked at; nothing if that cannot be said.
std::optional<double> known_memory(bool whole_server, Report& report) {
  if (report.full || !report.complete || !report.used_memory_dataset) return std::nullopt;
  std::string why_not;
  if (static_cast<double>(report.unreadable) >
      kMostUnreadable * static_cast<double>(report.sampled)) {
    why_not = "too many keys could not be measured";
  } else if (!whole_server) {
    why_not = "not all databases were looked at";
  }
  if (why_not.empty()) return static_cast<double>(*report.used_memory_dataset);
  report.notes.push_back("sizes are not scaled to used_memory_dataset: " + why_not);
  return std::nullopt;
}

// The variance of a sum of sizes, from its interval on the scale of logarithms.
double variance_of(const Estimate& bytes) {
  if (!(bytes.value > 0)) return 0;
  const double reach = bytes.low > 0 ? std::log(bytes.high / bytes.low) / 2 / 1.96
                                     : std::log(bytes.high / bytes.value) / 1.96;
  return bytes.value * bytes.value * reach * reach;
}

}  // namespace

void summarize(const Tally& tally, const DatabaseFacts& facts, Report& report) {
  Summary(tally, facts, report).make();
}

void add_unseen(const std::vector<std::pair<std::string, std::string>>& groups, const Tally& tally,
                const DatabaseFacts& facts, Report& report) {
  if (!(tally.sampled() > 0) || facts.every_key) return;
  const Estimate keys = unseen(tally, facts, report);
  for (const auto& [type, tenant] : groups) {
    Group& group = report.groups.emplace_back();
    group.database = tally.database();
    group.type = type;
    group.tenant = tenant;
    group.keys = keys;
    if (tally.bytes().count > 0) {
      group.memory_usage_bytes = Estimate{0, 0, keys.high * tally.bytes().mean()};
    }
    if (tally.ttl_readings() > 0) group.keys_without_ttl = keys;
  }
}

Estimate unseen(const Tally& tally, const DatabaseFacts& facts, Report& report) {
  return Summary(tally, facts, report).unseen();
}

void calibrate(bool whole_server, Report& report) {
  double total = 0;
  double variance = 0;
  bool any = false;
  for (const Group& group : report.groups) {
    if (!group.memory_usage_bytes) continue;
    any = true;
    total += group.memory_usage_bytes->value;
    variance += variance_of(*group.memory_usage_bytes);
  }
  if (!any) return;
  report.memory_usage_bytes =
      total > 0 ? around(total, std::sqrt(variance) / total, HUGE_VAL) : Estimate::exact(total);
  const auto known = known_memory(whole_server, report);
  // What is known of every key is not made more of.
  const double most = variance > 0 ? kMostGrowth : 1;
  if (known && total > 0) report.calibration = std::min(*known / total, most);
  const double whole = total * report.calibration;
  const double missing = known ? std::max(*known - whole, 0.0) : 0;
  const bool much_missing = variance > 0 && known && missing > kMissing * *known;
  if (much_missing) {
    report.notes.push_back(fmt::format(
        "{:.0f} % of used_memory_dataset are not found in the sampled keys: memory that "
        "is no key's, or that of big keys which the sample has not met",
        100 * missing / *known));
  }
  for (Group& group : report.groups) {
    if (!group.memory_usage_bytes) continue;
    const Estimate& memory = *group.memory_usage_bytes;
    const double share = total > 0 ? memory.value / total : 0;
    if (!known || !(share > 0)) {
      group.size_bytes = {memory.value, memory.low, memory.high};
      continue;
    }
    // Of a share: what is known better by the others' sizes varies less than the group's own.
    const double own = variance_of(memory);
    const double others = variance - own;
    const double of_share =
        ((1 - share) * (1 - share) * own + share * share * others) / (total * total);
    group.size_bytes = share_of(whole, share, of_share, static_cast<double>(group.sampled) + 14);
    if (much_missing && share > kBigGroup) group.size_bytes->high += missing;
  }
}

void arrange(Report& report) {
  const auto bytes = [](const Group& group) {
    return group.size_bytes ? group.size_bytes->value : -1;
  };
  std::ranges::sort(report.groups, [&](const Group& a, const Group& b) {
    if (a.database != b.database) return a.database < b.database;
    if (bytes(a) != bytes(b)) return bytes(a) > bytes(b);
    if (a.keys.value != b.keys.value) return a.keys.value > b.keys.value;
    return std::tie(a.type, a.tenant) < std::tie(b.type, b.tenant);
  });
  const auto by_bytes = [](const KeyExample& a, const KeyExample& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes
                              : std::tie(a.database, a.name) < std::tie(b.database, b.name);
  };
  std::ranges::sort(report.biggest, by_bytes);
  std::ranges::sort(report.without_ttl_examples, by_bytes);
  const auto cut = [](auto& list, std::size_t most) {
    if (list.size() > most) list.resize(most);
  };
  cut(report.biggest, Tally::kBiggest);
  cut(report.without_ttl_examples, Tally::kExamples);
  cut(report.unclassified_examples, Tally::kExamples);
  cut(report.tenantless_examples, Tally::kExamples);
  std::ranges::sort(report.duplicates, [](const auto& a, const auto& b) {
    const double keys_a = a.spellings[1].keys.value;
    const double keys_b = b.spellings[1].keys.value;
    return keys_a != keys_b ? keys_a > keys_b : a.spellings[0].text < b.spellings[0].text;
  });
  cut(report.duplicates, kMostDuplicates);
}

}  // namespace hitwatch::keyspace
