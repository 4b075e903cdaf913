#include "agent/cli/key_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hitwatch::cli {

bool KeyStream::refill() {
  constexpr std::size_t kRoom = 64 << 10;
  buffer_.resize(kRoom);
  ssize_t got = 0;
  do {
    got = read(descriptor_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  buffer_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  at_ = 0;
  return got >= 0;
}

KeyStream::Found KeyStream::next() {
  key_.clear();
  bool began = false;
  bool is_too_long = false;
  while (true) {
    if (would_read()) {
      if (!refill()) return Found::kError;
      if (buffer_.empty()) break;
    }
    if (!began) ++number_;
    began = true;
    const std::size_t end = std::min(buffer_.find(terminator_, at_), buffer_.size());
    is_too_long = is_too_long || key_.size() + end - at_ > kMaxKeyBytes + 1;
    if (!is_too_long) key_.append(buffer_, at_, end - at_);
    at_ = std::min(end + 1, buffer_.size());
    if (end < buffer_.size()) break;
  }
  if (!began) return Found::kEnd;
  if (terminator_ == '\n' && key_.ends_with('\r')) key_.pop_back();
  return is_too_long || key_.size() > kMaxKeyBytes ? Found::kTooLong : Found::kKey;
}

}  // namespace hitwatch::cli
