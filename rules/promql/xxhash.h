// XXH64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), seed 0.
#pragma once

#include <cstdint>
#include <string_view>

namespace hitwatch::promql {

std::uint64_t xxhash64(std::string_view text);

}  // namespace hitwatch::promql
