#include "agent/cli/tap_layout.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

constexpr std::size_t kTableFrame = 2;    // the titles, and how many more rows there are
constexpr std::size_t kDetailsFrame = 2;  // a blank line and the titles
constexpr std::size_t kLeastDetails = 3;  // rows of details, else there are none
constexpr std::size_t kMostDetails = 10;
constexpr std::size_t kDetailsShare = 3;  // details may take one of so many lines

// Puts lines of text one below the other until the screen is full.
class Page {
 public:
  explicit Page(const ScreenSize& size) : size_(size) {}

  // The first line that is not empty is a title.
  void add(std::string_view text, Style title) {
    while (!text.empty() && room() > 0) {
      const std::size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      const Style style = line.empty() ? Style::kPlain : std::exchange(title, Style::kPlain);
      lines_.push_back({Span{cut(line, size_.columns), style}});
      if (end == text.npos) return;
      text.remove_prefix(end + 1);
    }
  }
  std::size_t room() const { return size_.rows - std::min(size_.rows, lines_.size()); }
  std::vector<Line> take() { return std::move(lines_); }

 private:
  ScreenSize size_;
  std::vector<Line> lines_;
};

// How many rows of details fit into so many lines.
std::size_t details_in(std::size_t lines) {
  if (lines < kDetailsFrame + kLeastDetails) return 0;
  return std::min(lines - kDetailsFrame, kMostDetails);
}

}  // namespace

std::vector<Line> lay_out_tap(const TapView& view, const ScreenSize& size) {
  Page page(size);
  page.add(tap_heading(view.report, view.subject, view.seconds, size.columns), Style::kTitle);
  page.add("\n", Style::kPlain);
  const std::size_t room = page.room();
  const std::size_t reserved = details_in(room / kDetailsShare) == 0 ? 0 : room / kDetailsShare;
  const std::size_t most = room - std::min(room, reserved + kTableFrame);
  page.add(tap_table(view.rows, std::max<std::size_t>(most, 1), size.columns), Style::kHeader);
  const std::size_t left = page.room();
  const std::size_t big_values = details_in(left / 2);
  const std::size_t for_big_values = big_values == 0 ? 0 : big_values + kDetailsFrame;
  page.add(tap_hot_keys(view.report, details_in(left - for_big_values), size.columns),
           Style::kHeader);
  page.add(tap_big_values(view.report, details_in(page.room()), size.columns), Style::kHeader);
  return page.take();
}

}  // namespace hitwatch::cli
