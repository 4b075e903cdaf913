// The samples that a script has loaded so far.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "rules/scripts/script.h"
#include "rules/window/window.h"

namespace hitwatch::scripts {

// What cannot be evaluated here lies among the samples that an expression reads.
enum class Unreadable : std::uint8_t { kNone, kHistogram, kStartTimes };

class Storage {
 public:
  // Adds to what is there. Of two lines for one series the last one counts; of two samples for one
  // time the first one loaded.
  void load(const Load& load);
  void clear();

  // Everything, however old. Valid until the next load.
  const window::Window& window();

  // Whether a series that all `matchers` match has a native histogram after < t <= until, or start
  // times of its counters at all.
  Unreadable unreadable(const window::Matchers& matchers, std::int64_t after,
                        std::int64_t until) const;

 private:
  struct Series {
    metrics::Labels labels;
    std::map<std::int64_t, SequenceValue> samples;  // no missing ones
    bool start_times = false;
  };
  Series& series(const metrics::Labels& labels);

  std::map<std::string, Series> series_;    // by the text of the labels
  std::unique_ptr<window::Window> window_;  // null: to be made
};

}  // namespace hitwatch::scripts
