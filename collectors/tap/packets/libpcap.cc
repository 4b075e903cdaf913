#include "collectors/tap/packets/libpcap.h"

#include <dlfcn.h>

namespace hitwatch::packets {
namespace {

constexpr const char* kLibrary = "libpcap.so.0.8";  // Debian's name of its interface

template <typename Function>
bool find_function(void* library, const char* name, Function& out) {
  out = reinterpret_cast<Function>(dlsym(library, name));
  return out != nullptr;
}

std::expected<Libpcap, std::string> load_now() {
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  Libpcap functions;
  const bool is_there =
      library != nullptr &&
      find_function(library, "pcap_fopen_offline_with_tstamp_precision",
                    functions.open_with_precision) &&
      find_function(library, "pcap_datalink", functions.datalink) &&
      find_function(library, "pcap_datalink_val_to_name", functions.datalink_name) &&
      find_function(library, "pcap_next_ex", functions.next) &&
      find_function(library, "pcap_geterr", functions.error) &&
      find_function(library, "pcap_close", functions.close);
  if (is_there) return functions;
  return std::unexpected(
      "captures are read by libpcap, which is not installed: apt install libpcap0.8");
}

}  // namespace

std::expected<const Libpcap*, std::string> load_libpcap() {
  static const std::expected<Libpcap, std::string> loaded = load_now();
  if (!loaded) return std::unexpected(loaded.error());
  return &*loaded;
}

}  // namespace hitwatch::packets
