#include "collectors/tap/packets/buffer_pool.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace hitwatch::packets {
namespace {

std::size_t size_index(std::size_t size) {
  return static_cast<std::size_t>(std::countr_zero(size / BufferPool::kSmallest));
}

}  // namespace

BufferPool::BufferPool(std::size_t most_bytes) : most_bytes_(most_bytes) {}

BufferPool::Buffer BufferPool::take(std::size_t size) {
  if (size > kLargest) return {};
  const std::size_t rounded = std::bit_ceil(std::max(size, kSmallest));
  auto& kept = kept_[size_index(rounded)];
  if (kept.empty()) {
    if (bytes_ + rounded > most_bytes_ && !free_kept(rounded)) return {};
    bytes_ += rounded;
    return {*this, new char[rounded], static_cast<std::uint32_t>(rounded)};
  }
  char* data = kept.back().release();
  kept.pop_back();
  return {*this, data, static_cast<std::uint32_t>(rounded)};
}

// Makes room for `size` bytes of what is kept in other sizes.
bool BufferPool::free_kept(std::size_t size) {
  for (std::size_t i = kSizes; i-- > 0 && bytes_ + size > most_bytes_;) {
    while (!kept_[i].empty() && bytes_ + size > most_bytes_) {
      kept_[i].pop_back();
      bytes_ -= kSmallest << i;
    }
  }
  return bytes_ + size <= most_bytes_;
}

void BufferPool::give_back(char* data, std::size_t size) {
  kept_[size_index(size)].emplace_back(data);
}

BufferPool::Buffer::Buffer(BufferPool& pool, char* data, std::uint32_t size)
    : pool_(&pool), data_(data), size_(size) {}

BufferPool::Buffer::~Buffer() {
  if (data_ != nullptr) pool_->give_back(data_, size_);
}

BufferPool::Buffer::Buffer(Buffer&& other) noexcept
    : pool_(other.pool_), data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

BufferPool::Buffer& BufferPool::Buffer::operator=(Buffer&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace hitwatch::packets
