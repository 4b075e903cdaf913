// The samples of a series, in the order of their times: full chunks and the one that grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rules/window/chunk.h"
#include "rules/window/chunk_writer.h"
#include "rules/window/point.h"

namespace hitwatch::window {

class Samples {
 public:
  bool empty() const { return open_.chunk() == nullptr && full_.empty(); }

  enum class Appended : std::uint8_t { kNo, kYes, kInNewChunk };
  // kNo if `time` is not after the newest sample. A chunk is full when it spans a third of
  // `history` (milliseconds), but it has 16 samples at least and 120 at most: what is dropped chunk
  // by chunk shall not be kept much longer than that.
  Appended append(std::int64_t time, double value, std::int64_t history);

  // See Series.
  bool last(std::int64_t after, std::int64_t at, Point& out) const;
  void read(std::int64_t after, std::int64_t until, std::vector<Point>& out) const;
  void read_marked(std::int64_t after, std::int64_t until, std::vector<Point>& out) const;
  bool any(std::int64_t after, std::int64_t until) const;

  // Drops the chunks all of whose samples are of `time` or before.
  void drop_until(std::int64_t time);
  // All samples with after < time <= until, and maybe some around them, to be read. Shares full
  // chunks with this.
  Samples share(std::int64_t after, std::int64_t until) const;

  std::size_t count() const;
  // What chunks take, with what they reserve and what the allocator adds.
  std::size_t bytes() const;

 private:
  std::vector<ChunkRef> full_;
  ChunkWriter open_;
};

}  // namespace hitwatch::window
