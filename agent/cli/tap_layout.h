// The lines that `hitwatch tap` shows while it watches, apart from any terminal.
#pragma once

#include <string>
#include <vector>

#include "agent/cli/tap_text.h"
#include "agent/cli/top_layout.h"

namespace hitwatch::cli {

struct TapView {
  const tap::Report& report;        // of all that was seen
  const std::vector<TapRow>& rows;  // of late
  std::string subject;
  double seconds = 0;  // since the start
};

// At most `size.rows` lines of at most `size.columns` columns: what was seen, the table by pattern
// and, as far as there is room, the hottest keys and the biggest values.
std::vector<Line> lay_out_tap(const TapView& view, const ScreenSize& size);

}  // namespace hitwatch::cli
