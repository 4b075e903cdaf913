#include "agent/trace/wire_writer.h"

#include <algorithm>

namespace hitwatch::trace {

void WireWriter::make_room(std::size_t size) {
  constexpr std::size_t kFirst = 64 << 10;
  const std::size_t filled = this->size();
  const std::size_t capacity = std::max({kFirst, 2 * capacity_, filled + size});
  auto buffer = std::make_unique_for_overwrite<char[]>(capacity);
  if (filled > 0) std::memcpy(buffer.get() + capacity - filled, buffer_.get() + start_, filled);
  buffer_ = std::move(buffer);
  capacity_ = capacity;
  start_ = capacity - filled;
}

}  // namespace hitwatch::trace
