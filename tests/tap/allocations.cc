#include "tests/tap/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace hitwatch::tap::test {
namespace {

std::atomic<std::uint64_t> allocations_so_far = 0;

void* counted(std::size_t size) noexcept {
  ++allocations_so_far;
  return std::malloc(size);
}

void* counted_or_thrown(std::size_t size) {
  if (void* memory = counted(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

std::uint64_t allocations() { return allocations_so_far; }

}  // namespace hitwatch::tap::test

void* operator new(std::size_t size) { return hitwatch::tap::test::counted_or_thrown(size); }
void* operator new[](std::size_t size) { return hitwatch::tap::test::counted_or_thrown(size); }
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return hitwatch::tap::test::counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return hitwatch::tap::test::counted(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
