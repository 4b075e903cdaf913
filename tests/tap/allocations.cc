#include "tests/tap/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace hitwatch::tap::test {
namespace {

std::atomic<std::uint64_t> allocations_so_far = 0;

void* counted(std::size_t size) {
  ++allocations_so_far;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

std::uint64_t allocations() { return allocations_so_far; }

}  // namespace hitwatch::tap::test

void* operator new(std::size_t size) { return hitwatch::tap::test::counted(size); }
void* operator new[](std::size_t size) { return hitwatch::tap::test::counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
