// Reads a whole capture file as the live tap reads packets.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/tap/packets/port_filter.h"
#include "collectors/tap/report.h"

namespace hitwatch::tap {

// "-" is standard input. Fails with a sentence. A file that breaks off in its middle is a fault in
// the report, which has all that stood before.
std::expected<Report, std::string> read_capture(const std::string& path,
                                                const packets::PortFilter& filter,
                                                std::vector<keys::Rule> rules);

}  // namespace hitwatch::tap
