// What the kernel says of a network interface, in the network namespace of a socket.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "collectors/tap/packets/frame.h"

namespace hitwatch::packets {

struct Interface {
  int index = 0;
  bool is_loopback = false;
  LinkType link = LinkType::kEthernet;  // of its frames
};

// Fails with a sentence: there is none (and which there are), it is down, or its frames are of a
// kind that is not read.
std::expected<Interface, std::string> find_interface(int socket, const std::string& name);

// Whether an interface is there and up, whatever its name is by now.
bool is_interface_up(int socket, int index);

}  // namespace hitwatch::packets
