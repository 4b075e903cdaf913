// What the parts of an evaluation share: the query's bounds, memory, limits and notes.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rules/promql/annotations.h"
#include "rules/promql/engine.h"
#include "rules/promql/label_table.h"
#include "rules/promql/timeline.h"
#include "rules/promql/vector.h"

namespace re2 {
class RE2;
}

namespace hitwatch::promql {

// Symbols and label sets; a result keeps it.
struct QueryMemory {
  explicit QueryMemory(const window::Symbols& base) : symbols(&base) {}
  window::Symbols symbols;
  std::pmr::monotonic_buffer_resource arena{std::size_t{4096}};
};

class Query {
 public:
  Query(std::string_view text, const window::Window& window, Timeline timeline,
        const QueryOptions& options);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  const window::Window& window() const { return window_; }
  const QueryOptions& options() const { return options_; }
  const Timeline& timeline() const { return timeline_; }
  window::Symbols& symbols() { return memory_->symbols; }
  std::shared_ptr<QueryMemory> memory() const { return memory_; }
  LabelTable& labels() { return labels_; }
  Annotations& annotations() { return annotations_; }
  VectorPool& vectors() { return vectors_; }

  // Whatever answers false has failed, and everybody returns. All of these answer false:
  bool fail(std::string text) { return fail(EvalError::Kind::kExecution, std::move(text)); }
  bool fail(EvalError::Kind kind, std::string text);
  bool fail_duplicates() { return fail("vector cannot contain metrics with the same labelset"); }
  const EvalError& error() const { return *error_; }

  // Sets `out` to the symbol of a label's value that was made up, if it is not too long and there
  // are not too many of them: a value put together of itself doubles with every call.
  bool make_symbol(std::string_view text, window::Symbol& out);
  // The regular expression, anchored at both ends; compiled once. nullptr if it is none.
  const re2::RE2* pattern(std::string_view text);
  // So much work was done: asks now and then whether to go on.
  bool work(std::size_t amount) {
    since_asked_ += amount;
    return since_asked_ < kAskEvery || ask();
  }
  // Samples that stay in memory until the query ends, or until they are let go.
  bool hold(std::size_t samples);
  void let_go(std::size_t samples) { held_ -= samples; }
  // A vector of an evaluation at one moment: counted until the innermost Passing ends.
  bool admit(const Vector& vector);

  // Around the evaluation at one moment, whose vectors go when it is over.
  class Passing {
   public:
    explicit Passing(Query& query) : query_(query), before_(query.passing_) {}
    ~Passing() { query_.passing_ = before_; }
    Passing(const Passing&) = delete;
    Passing& operator=(const Passing&) = delete;

   private:
    Query& query_;
    std::size_t before_;
  };

  std::size_t samples_read = 0;
  std::size_t series_read = 0;

 private:
  static constexpr std::size_t kAskEvery = 4096;
  bool ask();
  bool too_many_samples();

  const window::Window& window_;
  const QueryOptions& options_;
  Timeline timeline_;
  std::shared_ptr<QueryMemory> memory_;
  LabelTable labels_;
  Annotations annotations_;
  VectorPool vectors_;
  std::unordered_map<std::string, std::unique_ptr<const re2::RE2>> patterns_;
  std::optional<EvalError> error_;
  std::size_t since_asked_ = 0;
  std::size_t held_ = 0;
  std::size_t passing_ = 0;
};

}  // namespace hitwatch::promql
