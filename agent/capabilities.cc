#include "agent/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace hitwatch {
namespace {

// The sets of a thread, 64 bits in two halves. glibc has no functions for these two system calls.
struct Sets {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> halves{};

  bool read() { return syscall(SYS_capget, &header, halves.data()) == 0; }
  void write() { static_cast<void>(syscall(SYS_capset, &header, halves.data())); }
};

constexpr unsigned kBitsOfHalf = 32;

__user_cap_data_struct& half_of(Sets& sets, int capability) {
  return sets.halves[static_cast<unsigned>(capability) / kBitsOfHalf];
}

std::uint32_t bit_of(int capability) {
  return 1U << (static_cast<unsigned>(capability) % kBitsOfHalf);
}

}  // namespace

void drop_capabilities(std::span<const int> capabilities) {
  Sets sets;
  if (!sets.read()) return;
  for (const int capability : capabilities) {
    const std::uint32_t others = ~bit_of(capability);
    __user_cap_data_struct& half = half_of(sets, capability);
    half.effective &= others;
    half.permitted &= others;
    half.inheritable &= others;  // and so it leaves the ambient set
  }
  sets.write();
}

bool has_capability(int capability) {
  Sets sets;
  return sets.read() && (half_of(sets, capability).effective & bit_of(capability)) != 0;
}

}  // namespace hitwatch
