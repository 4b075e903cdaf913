// libpcap, loaded when a capture file is read: it needs ten further libraries, which would cost
// every start of the daemon time and memory that it never uses.
#pragma once

#include <pcap/pcap.h>

#include <expected>
#include <string>

namespace hitwatch::packets {

// Its functions, by their names without "pcap_".
struct Libpcap {
  decltype(&pcap_fopen_offline_with_tstamp_precision) open_with_precision = nullptr;
  decltype(&pcap_datalink) datalink = nullptr;
  decltype(&pcap_datalink_val_to_name) datalink_name = nullptr;
  decltype(&pcap_next_ex) next = nullptr;
  decltype(&pcap_geterr) error = nullptr;
  decltype(&pcap_close) close = nullptr;
};

// Loads it, the first time; it stays until the program ends. Fails with a sentence that says how to
// install it.
std::expected<const Libpcap*, std::string> load_libpcap();

}  // namespace hitwatch::packets
