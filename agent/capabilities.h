// What a process may do beyond other processes of its user (capabilities(7)).
#pragma once

#include <cstdint>
#include <span>

namespace hitwatch {

// Gives these up for good (CAP_NET_RAW and its kin, by number), in every set of the calling thread
// and so of the threads that it makes from now on. Those it does not have are left out.
void drop_capabilities(std::span<const int> capabilities);

// Whether the calling thread may use this one now.
bool has_capability(int capability);

}  // namespace hitwatch
