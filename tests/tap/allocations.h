// How often this program has asked for memory.
#pragma once

#include <cstdint>

namespace hitwatch::tap::test {

std::uint64_t allocations();

}  // namespace hitwatch::tap::test
