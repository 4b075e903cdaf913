// Cuts what a TCP connection sends into StatsD lines, in bounded memory: of a line that is longer
// than a line may be only the fact is kept, and what follows its end is read as usual.
#pragma once

#include <string>
#include <string_view>

#include "collectors/apps/statsd_counting.h"

namespace hitwatch::apps {

class StatsdStream {
 public:
  // The bytes that come next, cut anywhere.
  template <typename Recorder>
  void feed(std::string_view bytes, StatsdCounting& counting, StatsdNames& names,
            Recorder& recorder) {
    if (skipping_ || !unfinished_.empty()) {
      const std::size_t end = bytes.find('\n');
      keep(bytes.substr(0, end), counting);
      if (end == std::string_view::npos) return;
      finish(counting, names, recorder);
      bytes.remove_prefix(end + 1);
    }
    const std::size_t whole = bytes.rfind('\n') + 1;  // 0 if no line ends here
    counting.take_lines(bytes.substr(0, whole), names, recorder);
    keep(bytes.substr(whole), counting);
  }

  // The peer has ended the stream: the last line needs no end.
  template <typename Recorder>
  void finish(StatsdCounting& counting, StatsdNames& names, Recorder& recorder) {
    counting.take_line(unfinished_, names, recorder);
    forget();
  }

  // The stream has ended otherwise: what there is of a last line cannot be trusted.
  void abandon(StatsdCounting& counting) {
    if (!unfinished_.empty()) counting.reject_line(Rejection::kMalformed);
    forget();
  }

 private:
  void keep(std::string_view bytes, StatsdCounting& counting) {
    constexpr std::size_t kMost = kMaxLineBytes + 1;  // with a "\r"
    if (skipping_) return;
    if (unfinished_.size() + bytes.size() > kMost) {
      counting.reject_line(Rejection::kTooLong);
      forget();
      skipping_ = true;
      return;
    }
    unfinished_.append(bytes);
  }

  void forget() {
    constexpr std::size_t kKeptRoom = 4096;
    if (unfinished_.capacity() > kKeptRoom) unfinished_ = std::string();
    unfinished_.clear();
    skipping_ = false;
  }

  std::string unfinished_;
  bool skipping_ = false;
};

}  // namespace hitwatch::apps
