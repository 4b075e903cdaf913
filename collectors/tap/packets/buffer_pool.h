// Buffers that connections need now and then: many connections, few of them busy at once.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace hitwatch::packets {

// Sizes are powers of two from 256 bytes to 64 KiB. What is given back is kept for the next, so
// that nothing is allocated in the steady state; all together are bounded. Not thread-safe; must
// outlive its buffers.
class BufferPool {
 public:
  static constexpr std::size_t kSmallest = 256;
  static constexpr std::size_t kLargest = 64U << 10;

  explicit BufferPool(std::size_t most_bytes);

  // Owns a piece of memory; empty if the pool has given out all it may.
  class Buffer {
   public:
    Buffer() = default;
    ~Buffer();
    Buffer(Buffer&& other) noexcept;
    Buffer& operator=(Buffer&& other) noexcept;

    char* data() const { return data_; }
    std::size_t size() const { return data_ == nullptr ? 0 : size_; }
    explicit operator bool() const { return data_ != nullptr; }

   private:
    friend class BufferPool;
    Buffer(BufferPool& pool, char* data, std::uint32_t size);
    BufferPool* pool_ = nullptr;
    char* data_ = nullptr;
    std::uint32_t size_ = 0;
  };
  // At least `size` bytes; an empty one if `size` is above kLargest or memory is used up.
  Buffer take(std::size_t size);

  std::size_t bytes() const { return bytes_; }  // of all that was allocated, also what is kept

 private:
  static constexpr std::size_t kSizes = 9;

  bool free_kept(std::size_t size);
  void give_back(char* data, std::size_t size);

  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::array<std::vector<std::unique_ptr<char[]>>, kSizes> kept_;
};

}  // namespace hitwatch::packets
