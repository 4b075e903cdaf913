#include "rules/window/chunk.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace hitwatch::window {

Chunk* make_chunk(std::size_t bytes) { return resize_chunk(nullptr, bytes); }

Chunk* resize_chunk(Chunk* chunk, std::size_t bytes) {
  // A block is never shorter than the structure it is accessed through.
  void* const block = std::realloc(chunk, bytes < sizeof(Chunk) ? sizeof(Chunk) : bytes);
  if (block == nullptr) throw std::bad_alloc();
  if (chunk != nullptr) return static_cast<Chunk*>(block);
  return new (block) Chunk{.references = 1,
                           .span = 0,
                           .first_time = 0,
                           .nibbles = 0,
                           .count = 0,
                           .scale = 0,
                           .data = {}};
}

Chunk* copy_chunk(const Chunk& chunk) {
  Chunk* const copy = make_chunk(chunk.size());
  std::memcpy(static_cast<void*>(copy), &chunk, chunk.size());
  copy->references = 1;
  return copy;
}

void free_chunk(Chunk* chunk) { std::free(chunk); }

std::size_t allocated_for(std::size_t bytes) {
  constexpr std::size_t kOverhead = 8;
  constexpr std::size_t kUnit = 16;
  constexpr std::size_t kLeast = 32;
  const std::size_t block = (bytes + kOverhead + kUnit - 1) / kUnit * kUnit;
  return block < kLeast ? kLeast : block;
}

}  // namespace hitwatch::window
