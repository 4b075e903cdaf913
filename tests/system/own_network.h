// A network in which a test may capture packets: the machine's where the user may, else one of the
// test program's own, with nothing but a loopback.
#pragma once

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace hitwatch::test {

// Before the program has threads. Servers and clients that it starts are in that network, too.
inline bool enter_capturable_network() {
  const int raw = ::socket(AF_PACKET, SOCK_RAW, 0);
  if (raw >= 0) return ::close(raw) == 0;
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " + std::to_string(user) + " 1";
  std::ofstream("/proc/self/gid_map") << "0 " + std::to_string(group) + " 1";
  const int any = ::socket(AF_INET, SOCK_DGRAM, 0);
  ifreq loopback{};
  std::strncpy(loopback.ifr_name, "lo", IFNAMSIZ - 1);
  loopback.ifr_flags = IFF_UP | IFF_LOOPBACK;
  const bool is_up = ::ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
  ::close(any);
  return is_up;
}

inline const bool kMayCapture = enter_capturable_network();

}  // namespace hitwatch::test
