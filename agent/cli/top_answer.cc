#include "agent/cli/top_answer.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxComplaint = 300;  // bytes of the daemon's text that are repeated

// The member, or null where there is none or `object` is no object.
const json& member(const json& object, std::string_view name) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

// Nothing for null; counts and ratios are never negative.
std::optional<double> number(const json& object, std::string_view name) {
  const json& value = member(object, name);
  if (!value.is_number()) return std::nullopt;
  const double as_double = value.get<double>();
  if (!std::isfinite(as_double) || as_double < 0) return std::nullopt;
  return as_double;
}

std::string text(const json& object, std::string_view name) {
  const json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

WindowFigures read_figures(const json& window) {
  return {.hits = number(window, "hits").value_or(0),
          .misses = number(window, "misses").value_or(0),
          .errors = number(window, "errors").value_or(0),
          .lookups = number(window, "lookups").value_or(0),
          .hit_ratio = number(window, "hit_ratio"),
          .hit_ratio_low = number(window, "hit_ratio_low"),
          .hit_ratio_high = number(window, "hit_ratio_high"),
          .p50_seconds = number(window, "p50_seconds"),
          .p95_seconds = number(window, "p95_seconds"),
          .p99_seconds = number(window, "p99_seconds")};
}

TenantRow read_row(const json& row) {
  TenantRow result{.tenant = text(row, "tenant"),
                   .type = text(row, "type"),
                   .layer = text(row, "layer"),
                   .source = text(row, "source"),
                   .windows = {}};
  for (std::size_t i = 0; i < kWindows; ++i) {
    result.windows[i] = read_figures(member(member(row, "windows"), kWindowWords[i]));
  }
  return result;
}

}  // namespace

std::expected<TopAnswer, std::string> parse_top_answer(std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  const std::string status = text(document, "status");
  if (status == "error") {
    return std::unexpected(printable(text(document, "error").substr(0, kMaxComplaint)));
  }
  const json& data = member(document, "data");
  const json& rows = member(data, "rows");
  if (status != "success" || !rows.is_array()) {
    return std::unexpected("the answer is not one of hitwatch's: is this the right URL?");
  }
  TopAnswer answer;
  for (std::size_t i = 0; i < kWindows; ++i) {
    const json& window = member(member(data, "windows"), kWindowWords[i]);
    answer.covered_seconds[i] = number(window, "covered_seconds").value_or(0);
  }
  answer.rows.reserve(rows.size());
  for (const json& row : rows) answer.rows.push_back(read_row(row));
  const double total = number(data, "total_rows").value_or(0);
  answer.total_rows = std::max(answer.rows.size(), static_cast<std::size_t>(std::min(total, 1e15)));
  return answer;
}

}  // namespace hitwatch::cli
