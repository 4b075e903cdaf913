#include "rules/window/window.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace hitwatch::window {
namespace {

// Rules are evaluated some time after the samples they read were taken.
constexpr std::int64_t kSlack = 60'000;
// A call of `trim` looks at one of so many series, or at so many.
constexpr std::size_t kTrimParts = 16;
constexpr std::size_t kTrimLeast = 1024;
// Series are dropped when one of so many is empty, or after so many milliseconds.
constexpr std::size_t kEmptyPart = 8;
constexpr std::uint64_t kDropEvery = 600'000;

// Of an earlier time; times may be as far apart as they can.
std::uint64_t since(std::int64_t earlier, std::int64_t now) {
  return static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(earlier);
}

// No sample up to this time is needed at `time`.
std::int64_t before(std::int64_t time, std::int64_t history) {
  std::int64_t result = 0;
  if (history == kWithoutEnd || __builtin_sub_overflow(time, history, &result) ||
      __builtin_sub_overflow(result, kSlack, &result)) {
    return std::numeric_limits<std::int64_t>::min();
  }
  return result;
}

void sort_by_text(std::vector<Symbol>& symbols) {
  std::ranges::sort(symbols, {}, [](Symbol symbol) -> const std::string& { return *symbol; });
  const auto repeated = std::ranges::unique(symbols);
  symbols.erase(repeated.begin(), repeated.end());
}

}  // namespace

Window::Window(Limits limits) : Window(limits, true) {}
Window::Window(Limits limits, bool has_index) : limits_(limits), index_(symbols_, has_index) {}
Window::~Window() = default;

void Window::want(std::vector<Wanted> wanted) {
  forget_answers();
  ++wanted_generation_;
  wanted_ = WantedSet(std::move(wanted));
  constexpr std::int64_t kUnwanted = -1;
  for (const auto& series : series_) series->history_ = kUnwanted;
  for (WantedSet::Entry& entry : wanted_.entries()) {
    entry.series = look_up(entry.wanted.matchers);
    for (const Series* series : entry.series) {
      std::int64_t& history = series_[series->id_]->history_;
      history = std::max({history, entry.wanted.history, std::int64_t{0}});
    }
  }
  drop_if([](const Series& series) { return series.history_ == kUnwanted; });
}

// Series are mostly looked for in the order of their making: those of a rule's result, again and
// again. So the one after the last is tried before texts are looked up.
Series* Window::find_expected(metrics::LabelViews labels) {
  if (expected_ >= series_.size()) return nullptr;
  Series* const series = series_[expected_].get();
  const auto same = [](const metrics::LabelView& label, const LabelPair& pair) {
    return label.value == *pair.value && label.name == *pair.name;
  };
  if (!std::ranges::equal(labels, series->labels_.pairs(), same)) return nullptr;
  ++expected_;
  return series;
}

Series* Window::find_known(const LabelSet& labels) {
  const std::uint32_t place = table_.find(
      labels.hash(), [&](std::uint32_t other) { return series_[other]->labels_ == labels; });
  if (place == SeriesTable::kNone) return nullptr;
  expected_ = place + 1U;
  return series_[place].get();
}

Series* Window::find_or_make(metrics::LabelViews labels, Refusal* why) {
  if (why != nullptr) *why = Refusal::kNone;
  if (Series* const expected = find_expected(labels)) return expected;
  pairs_.clear();
  std::size_t new_bytes = 0;
  for (const metrics::LabelView& label : labels) {
    if (label.value.empty()) continue;
    const LabelPair pair{symbols_.find(label.name), symbols_.find(label.value)};
    if (pair.name == nullptr) new_bytes += label.name.size();
    if (pair.value == nullptr) new_bytes += label.value.size();
    pairs_.push_back(pair);
  }
  const bool all_known = std::ranges::none_of(
      pairs_, [](const LabelPair& pair) { return pair.name == nullptr || pair.value == nullptr; });
  if (all_known) {
    normalize(pairs_);
    if (Series* const known = find_known(LabelSet(pairs_))) return known;
  }
  const auto& wanted_by = wanted_.match([&](std::string_view name) -> std::string_view {
    const auto found = std::ranges::find(labels, name, &metrics::LabelView::name);
    return found == labels.end() ? std::string_view() : found->value;
  });
  if (wanted_by.empty() || !room_for(new_bytes)) {
    if (why != nullptr) *why = wanted_by.empty() ? Refusal::kUnwanted : Refusal::kNoRoom;
    return nullptr;
  }
  if (!all_known) {
    pairs_.clear();
    for (const metrics::LabelView& label : labels) {
      pairs_.push_back({symbols_.intern(label.name), symbols_.intern(label.value)});
    }
    normalize(pairs_);
  }
  return make(pairs_, history_of(wanted_by), wanted_by);
}

Series* Window::find_or_make(std::span<const LabelPair> labels, Refusal* why) {
  if (why != nullptr) *why = Refusal::kNone;
  pairs_.assign(labels.begin(), labels.end());
  normalize(pairs_);
  const LabelSet set(pairs_);
  if (Series* const known = find_known(set)) return known;
  const auto& wanted_by = wanted_.match([&](std::string_view name) -> std::string_view {
    const Symbol symbol = symbols_.find(name);
    const Symbol value = symbol == nullptr ? nullptr : set.get(symbol);
    return value == nullptr ? std::string_view() : *value;
  });
  if (wanted_by.empty() || !room_for(0)) {
    if (why != nullptr) *why = wanted_by.empty() ? Refusal::kUnwanted : Refusal::kNoRoom;
    return nullptr;
  }
  return make(pairs_, history_of(wanted_by), wanted_by);
}

std::int64_t Window::history_of(std::span<const std::uint32_t> wanted_by) const {
  std::int64_t history = 0;
  for (const std::uint32_t place : wanted_by) {
    history = std::max(history, wanted_.entries()[place].wanted.history);
  }
  return history;
}

bool Window::room_for(std::size_t label_bytes) {
  if (series_.size() < limits_.series && symbols_.bytes() + label_bytes <= limits_.label_bytes) {
    return true;
  }
  ++refused_;
  return false;
}

Series* Window::make(std::vector<LabelPair>& pairs, std::int64_t history,
                     std::span<const std::uint32_t> wanted_by) {
  forget_answers();
  const auto id = static_cast<std::uint32_t>(series_.size());
  Series& made = *series_.emplace_back(std::make_unique<Series>(pairs, history));
  made.id_ = id;
  ++empty_;
  table_.insert(id, [&](std::uint32_t place) { return series_[place]->labels_.hash(); });
  index_.add(id, made.labels_);
  for (const std::uint32_t place : wanted_by) {
    wanted_.entries()[place].series.push_back(&made);
  }
  return &made;
}

bool Window::append(Series& series, std::int64_t time, double value) {
  const bool was_empty = series.samples_.empty();
  const auto appended = series.samples_.append(time, value, series.history_);
  if (appended == Samples::Appended::kNo) return false;
  if (appended == Samples::Appended::kInNewChunk) {
    empty_ -= was_empty;
    series.samples_.drop_until(before(time, series.history_));
  }
  return true;
}

bool Window::trim(std::int64_t now) {
  forget_answers();
  const std::size_t part = std::max(kTrimLeast, series_.size() / kTrimParts);
  for (std::size_t i = 0; i < std::min(part, series_.size()); ++i) {
    if (next_trim_ >= series_.size()) next_trim_ = 0;
    Series& series = *series_[next_trim_++];
    if (series.samples_.empty()) continue;
    series.samples_.drop_until(before(now, series.history_));
    if (series.samples_.empty()) ++empty_;
  }
  if (last_drop_ == INT64_MIN || last_drop_ > now) last_drop_ = now;
  const bool full = series_.size() >= limits_.series || symbols_.bytes() >= limits_.label_bytes;
  if (empty_ == 0 || !(full || empty_ == series_.size() || since(last_drop_, now) >= kDropEvery ||
                       empty_ > 64 + series_.size() / kEmptyPart)) {
    return false;
  }
  last_drop_ = now;
  drop_if([](const Series& series) { return series.samples_.empty(); });
  return true;
}

void Window::drop_if(const auto& unwanted) {
  std::vector<LabelIndex::Id> new_ids;
  new_ids.reserve(series_.size());
  LabelIndex::Id kept = 0;
  for (const auto& series : series_) {
    new_ids.push_back(unwanted(*series) ? LabelIndex::kGone : kept++);
  }
  if (kept == series_.size()) return;
  ++series_generation_;
  forget_answers();
  index_.renumber(new_ids);
  for (WantedSet::Entry& entry : wanted_.entries()) {
    std::erase_if(entry.series, [&](const Series* series) { return unwanted(*series); });
  }
  std::erase_if(series_, [&](const auto& series) { return unwanted(*series); });
  table_.clear();
  empty_ = 0;
  next_trim_ = 0;
  for (LabelIndex::Id id = 0; id < series_.size(); ++id) {
    series_[id]->id_ = id;
    empty_ += series_[id]->samples_.empty();
    table_.insert(id, [&](std::uint32_t place) { return series_[place]->labels_.hash(); });
  }
  symbols_.sweep(index_.symbols());
}

void Window::forget_answers() {
  const std::scoped_lock lock(answers_mutex_);
  answers_.clear();
}

Window::SeriesList Window::look_up(const Matchers& matchers) const {
  SeriesList found;
  for (const LabelIndex::Id id : index_.match(
           matchers,
           [&](LabelIndex::Id place) -> const LabelSet& { return series_[place]->labels_; })) {
    found.push_back(series_[id].get());
  }
  return found;
}

std::shared_ptr<const Window::SeriesList> Window::listed(const Matchers& matchers) const {
  if (const WantedSet::Entry* const wanted = wanted_.find(matchers)) {
    return {std::shared_ptr<const void>(), &wanted->series};
  }
  return std::make_shared<const SeriesList>(look_up(matchers));
}

const std::vector<const Series*>& Window::select(const Matchers& matchers) const {
  if (const WantedSet::Entry* const wanted = wanted_.find(matchers)) return wanted->series;
  const std::scoped_lock lock(answers_mutex_);
  auto& answer = answers_[matchers];
  if (answer == nullptr) answer = std::make_unique<const SeriesList>(look_up(matchers));
  return *answer;
}

std::vector<const Series*> Window::find(std::span<const Matchers> selectors, std::int64_t after,
                                        std::int64_t until) const {
  SeriesList found;
  const auto add = [&](const Series* series) {
    if (series->any(after, until)) found.push_back(series);
  };
  if (selectors.empty()) {
    for (const auto& series : series_) add(series.get());
  }
  for (const Matchers& matchers : selectors) {
    const auto list = listed(matchers);
    std::ranges::for_each(*list, add);
  }
  if (selectors.size() > 1) {
    std::ranges::sort(found, {}, [](const Series* series) { return series->id_; });
    const auto repeated = std::ranges::unique(found);
    found.erase(repeated.begin(), repeated.end());
  }
  return found;
}

std::vector<Symbol> Window::label_names(std::span<const Matchers> selectors, std::int64_t after,
                                        std::int64_t until) const {
  std::vector<Symbol> names;
  if (selectors.empty() && index_.has_lists()) {
    names = index_.names();
  } else {
    for (const Series* series : find(selectors, after, until)) {
      for (const LabelPair& pair : series->labels().pairs()) names.push_back(pair.name);
    }
  }
  sort_by_text(names);
  return names;
}

std::vector<Symbol> Window::label_values(std::string_view name, std::span<const Matchers> selectors,
                                         std::int64_t after, std::int64_t until) const {
  std::vector<Symbol> values;
  if (selectors.empty() && index_.has_lists()) {
    values = index_.values(name);
  } else if (const Symbol symbol = symbols_.find(name)) {
    for (const Series* series : find(selectors, after, until)) {
      if (const Symbol value = series->labels().get(symbol)) values.push_back(value);
    }
  }
  sort_by_text(values);
  return values;
}

std::unique_ptr<const Window> Window::extract(std::span<const Matchers> selectors,
                                              std::int64_t after, std::int64_t until) const {
  std::unique_ptr<Window> copy(new Window(limits_, false));
  std::vector<Wanted> wanted;
  for (const Matchers& matchers : selectors) wanted.push_back({matchers, 0});
  copy->wanted_ = WantedSet(std::move(wanted));
  std::vector<const Series*> copies(series_.size());
  std::unordered_map<Symbol, Symbol> translated;
  const auto translate = [&](Symbol symbol) {
    Symbol& own = translated[symbol];
    if (own == nullptr) own = copy->symbols_.intern(*symbol);
    return own;
  };
  if (!selectors.empty()) {
    for (const Series* series : find(selectors, after, until)) {
      std::vector<LabelPair>& pairs = copy->pairs_;
      pairs.clear();
      for (const LabelPair& pair : series->labels_.pairs()) {
        pairs.push_back({translate(pair.name), translate(pair.value)});
      }
      Series& copied = *copy->series_.emplace_back(std::make_unique<Series>(pairs, 0));
      copied.id_ = static_cast<std::uint32_t>(copy->series_.size() - 1);
      copy->index_.add(copied.id_, copied.labels_);
      copied.samples_ = series->samples_.share(after, until);
      copies[series->id_] = &copied;
    }
  }
  for (WantedSet::Entry& entry : copy->wanted_.entries()) {
    const auto list = listed(entry.wanted.matchers);
    for (const Series* series : *list) {
      if (copies[series->id_] != nullptr) entry.series.push_back(copies[series->id_]);
    }
  }
  return copy;
}

Window::Figures Window::figures() const {
  Figures figures;
  figures.series = series_.size();
  figures.refused_series = refused_;
  constexpr std::size_t kAllocation = 16;  // the allocator's part, and what it rounds up
  constexpr std::size_t kSymbol = 96;      // a string in a node of a hash table
  for (const auto& series : series_) {
    figures.samples += series->samples_.count();
    figures.sample_bytes += series->samples_.bytes();
    figures.bytes += series->labels_.pairs().size_bytes();
  }
  figures.bytes += figures.sample_bytes + series_.capacity() * sizeof(void*) +
                   series_.size() * (sizeof(Series) + 2 * kAllocation) + table_.bytes() +
                   index_.bytes() + symbols_.bytes() + symbols_.size() * kSymbol;
  for (const WantedSet::Entry& entry : wanted_.entries()) {
    figures.bytes += entry.series.capacity() * sizeof(void*);
  }
  return figures;
}

}  // namespace hitwatch::window
