// gzip for bodies that are sent.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace hitwatch::net {

// One gzip stream at a time. At level 1 text of metrics shrinks to about an eighth already, and
// higher levels cost several times the CPU: they are for what is compressed once. The states, a few
// hundred KB, are made when first needed and reused from stream to stream. Throws std::bad_alloc
// only.
class Gzip {
 public:
  static constexpr int kSmallest = 9;

  explicit Gzip(int level = 1);
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  // Appends to `out` what the stream has to give after `slice`; `last` ends the stream, and the
  // next call starts a new one.
  void add(std::string_view slice, bool last, std::string& out);
  // A whole stream in one go, for half the CPU.
  std::string compress(std::string_view body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hitwatch::net
