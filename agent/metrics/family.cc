#include "agent/metrics/family.h"

#include "agent/metrics/labels.h"
#include "agent/metrics/series.h"

namespace hitwatch::metrics {
namespace {

constexpr std::string_view kTotal = "_total";

// Help is escaped for backslash and newline in both formats; OpenMetrics also escapes quotes.
void append_help(std::string& out, Format format, std::string_view help) {
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && format == Format::kOpenMetrics) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string_view type_word(Type type) {
  switch (type) {
    case Type::kCounter:
      return "counter";
    case Type::kGauge:
      return "gauge";
    case Type::kHistogram:
      return "histogram";
    case Type::kSummary:
      return "summary";
    case Type::kUnknown:
      break;
  }
  return "untyped";
}

void append_head(std::string& out, Format format, std::string_view name, std::string_view type,
                 std::string_view help) {
  out += "# HELP ";
  out += name;
  out += ' ';
  append_help(out, format, help);
  out += "\n# TYPE ";
  out += name;
  out += ' ';
  out += type;
  out += '\n';
}

void append_head(std::string& out, Format format, std::string_view name, Type type,
                 std::string_view help) {
  std::string_view word = type_word(type);
  if (format == Format::kOpenMetrics) {
    if (type == Type::kUnknown) word = "unknown";
    if (type == Type::kCounter) {
      if (name.ends_with(kTotal)) {
        name.remove_suffix(kTotal.size());
      } else {
        word = "unknown";
      }
    }
  }
  append_head(out, format, name, word, help);
}

const Family* FamilyRegistry::get(std::string_view name, Type type, std::string_view help) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  if (families_.size() >= kMaxFamilies || !is_metric_name(name)) return nullptr;
  const auto id = static_cast<std::uint32_t>(families_.size());
  Family& made = families_.emplace_back(
      Family{id, std::string(name), type, std::string(help), std::make_shared<SeriesPool>(), {}});
  for (const Format format : {Format::kText, Format::kOpenMetrics}) {
    append_head(made.heads[static_cast<std::size_t>(format)], format, name, type, help);
  }
  by_name_.emplace(made.name, &made);
  return &made;
}

}  // namespace hitwatch::metrics
