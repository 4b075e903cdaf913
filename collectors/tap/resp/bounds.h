// Bounds of what is kept of a connection's requests.
#pragma once

#include <cstddef>

namespace hitwatch::resp {

constexpr std::size_t kMaxOutstanding = 64U << 10;  // bytes of outstanding requests: keys and such
constexpr std::size_t kMaxKeys = 1024;              // of one command that are told one by one
constexpr std::size_t kMaxKeyBytes = 1024;  // of one key; a longer one is not told, its command is

}  // namespace hitwatch::resp
