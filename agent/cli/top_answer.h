// What the daemon answers to GET /api/v1/tenants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::cli {

// The stretches of time, up to now, that figures are given for.
enum class Window : std::uint8_t { k1m, k5m, k15m };
constexpr std::size_t kWindows = 3;
constexpr std::array<std::string_view, kWindows> kWindowWords = {"1m", "5m", "15m"};

// Lookups of one tenant and type in one window. Ratios and quantiles are missing without traffic.
struct WindowFigures {
  double hits = 0;
  double misses = 0;
  double errors = 0;
  double lookups = 0;
  std::optional<double> hit_ratio = std::nullopt;  // 0 to 1, as are the ends of its 95 % interval
  std::optional<double> hit_ratio_low = std::nullopt;
  std::optional<double> hit_ratio_high = std::nullopt;
  std::optional<double> p50_seconds = std::nullopt;
  std::optional<double> p95_seconds = std::nullopt;
  std::optional<double> p99_seconds = std::nullopt;
};

struct TenantRow {
  std::string tenant;  // "" for lookups without one; the same for the others
  std::string type;
  std::string layer;
  std::string source;
  std::array<WindowFigures, kWindows> windows;
};

struct TopAnswer {
  std::array<double, kWindows> covered_seconds{};  // less than the window's after a start
  std::size_t total_rows = 0;                      // of which `rows` are the first
  std::vector<TenantRow> rows;
};

// Reads the body of an answer. The error is a sentence for a person: what the daemon complained of,
// or in what the answer is not one of hitwatch's.
std::expected<TopAnswer, std::string> parse_top_answer(std::string_view body);

}  // namespace hitwatch::cli
