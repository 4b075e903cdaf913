// Which addresses are this machine's.
#include "agent/local_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch {
namespace {

using testing::IsSupersetOf;

TEST(LocalAddresses, HaveTheLoopbacksInAnyCase) {
  EXPECT_THAT(local_addresses(), IsSupersetOf({"127.0.0.1", "::1"}));
}

TEST(LocalAddresses, NamesAndAddressesMeanThisMachineOrAnother) {
  const std::set<std::string> local{"127.0.0.1", "::1", "10.0.0.5", "fd00::5"};
  for (const char* here : {"localhost", "127.0.0.1", "127.8.9.10", "::1", "10.0.0.5", "fd00::5"}) {
    EXPECT_TRUE(means_this_machine(here, local)) << here;
  }
  for (const char* elsewhere : {"cache-1", "10.0.0.50", "128.0.0.1", "fd00::6", ""}) {
    EXPECT_FALSE(means_this_machine(elsewhere, local)) << elsewhere;
  }
}

}  // namespace
}  // namespace hitwatch
