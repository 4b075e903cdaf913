#include "rules/promql/query.h"

#include <re2/re2.h>

#include <utility>

namespace hitwatch::promql {
namespace {

constexpr std::size_t kLongestValue = 64U << 10U;  // bytes
constexpr std::int64_t kPatternMemory = 1 << 20;
constexpr std::size_t kMostText = 128U << 20U;

}  // namespace

Query::Query(std::string_view text, const window::Window& window, Timeline timeline,
             const QueryOptions& options)
    : window_(window),
      options_(options),
      timeline_(timeline),
      memory_(std::make_shared<QueryMemory>(window.symbols())),
      labels_(memory_->symbols.name(), memory_->arena),
      annotations_(text) {}

Query::~Query() = default;

const re2::RE2* Query::pattern(std::string_view text) {
  auto& known = patterns_[std::string(text)];
  if (known == nullptr) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    known = std::make_unique<const re2::RE2>("^(?s:" + std::string(text) + ")$", options);
  }
  return known->ok() ? known.get() : nullptr;
}

bool Query::fail(EvalError::Kind kind, std::string text) {
  if (!error_) error_ = EvalError{kind, std::move(text)};
  return false;
}

bool Query::ask() {
  since_asked_ = 0;
  if (error_) return false;
  if (!options_.interrupted) return true;
  const char* reason = options_.interrupted();
  return reason == nullptr || fail(EvalError::Kind::kInterrupted, reason);
}

bool Query::too_many_samples() {
  return fail(EvalError::Kind::kTooLarge,
              "query processing would load too many samples into memory in query execution");
}

bool Query::make_symbol(std::string_view text, window::Symbol& out) {
  if (text.size() > kLongestValue) {
    return fail(EvalError::Kind::kTooLarge, "the value of a label would be too long");
  }
  out = symbols().intern(text);
  return symbols().bytes() <= kMostText ||
         fail(EvalError::Kind::kTooLarge, "the query would make too many values of labels");
}

bool Query::hold(std::size_t samples) {
  held_ += samples;
  return held_ + passing_ <= options_.max_samples || too_many_samples();
}

bool Query::admit(const Vector& vector) {
  passing_ += vector.size();
  if (held_ + passing_ > options_.max_samples) return too_many_samples();
  if (vector.size() > options_.max_series || labels_.size() / 8 > options_.max_series) {
    return fail(EvalError::Kind::kTooLarge,
                "query processing would make more series than a query may have");
  }
  return work(vector.size());
}

}  // namespace hitwatch::promql
