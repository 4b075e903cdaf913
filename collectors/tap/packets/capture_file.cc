#include "collectors/tap/packets/capture_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "collectors/tap/packets/libpcap.h"

namespace hitwatch::packets {
namespace {

constexpr std::array kGzip = {0x1f, 0x8b};  // the first bytes

std::optional<LinkType> link_of_capture(int number) {
  switch (number) {
    case DLT_EN10MB:
      return LinkType::kEthernet;
    case DLT_LINUX_SLL:
      return LinkType::kLinuxCooked;
    case DLT_LINUX_SLL2:
      return LinkType::kLinuxCooked2;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return LinkType::kIp;
    case DLT_NULL:
    case DLT_LOOP:
      return LinkType::kLoopback;
    default:
      return std::nullopt;
  }
}

std::string link_name(const Libpcap& pcap, int number) {
  const char* name = pcap.datalink_name(number);
  return name != nullptr ? name : fmt::format("type {}", number);
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

}  // namespace

struct CaptureFile::Impl {
  struct CloseCapture {
    void operator()(pcap_t* opened) const { pcap->close(opened); }  // and the file, except stdin
    const Libpcap* pcap;
  };

  Impl(const Libpcap& loaded, std::string its_name)
      : pcap(loaded), name(std::move(its_name)), capture(nullptr, CloseCapture{&loaded}) {}

  const Libpcap& pcap;
  std::string name;
  std::unique_ptr<pcap_t, CloseCapture> capture;
  LinkType link = LinkType::kEthernet;
};

CaptureFile::CaptureFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CaptureFile::~CaptureFile() = default;
CaptureFile::CaptureFile(CaptureFile&&) noexcept = default;
CaptureFile& CaptureFile::operator=(CaptureFile&&) noexcept = default;

std::expected<CaptureFile, std::string> CaptureFile::open(const std::string& path) {
  const auto pcap = load_libpcap();
  if (!pcap) return std::unexpected(pcap.error());
  auto impl = std::make_unique<Impl>(**pcap, path == "-" ? "standard input" : path);
  std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    return std::unexpected(fmt::format("cannot read {}: {}", impl->name, std::strerror(errno)));
  }
  const int first = std::fgetc(file.get());
  if (first == EOF) {
    return std::unexpected(std::ferror(file.get()) != 0
                               ? fmt::format("cannot read {}: {}", impl->name, std::strerror(errno))
                               : fmt::format("{} is empty", impl->name));
  }
  // No capture begins so, and libpcap would only say that it is none.
  if (first == kGzip[0] && std::fgetc(file.get()) == kGzip[1]) {
    return std::unexpected(fmt::format("{} is compressed: zcat {} | hitwatch tap --read -",
                                       impl->name, path == "-" ? "FILE" : path));
  }
  std::ungetc(first, file.get());
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  impl->capture.reset(
      (*pcap)->open_with_precision(file.get(), PCAP_TSTAMP_PRECISION_NANO, error.data()));
  if (impl->capture == nullptr) {
    return std::unexpected(
        fmt::format("{} is no capture file (pcap, pcapng): {}", impl->name, error.data()));
  }
  static_cast<void>(file.release());
  const int number = (*pcap)->datalink(impl->capture.get());
  const auto link = link_of_capture(number);
  if (!link) {
    return std::unexpected(fmt::format("{} is of a link type that is not read: {}", impl->name,
                                       link_name(**pcap, number)));
  }
  impl->link = *link;
  return CaptureFile(std::move(impl));
}

std::expected<std::optional<Frame>, std::string> CaptureFile::next() {
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int result = impl_->pcap.next(impl_->capture.get(), &header, &bytes);
  if (result == PCAP_ERROR_BREAK) return std::nullopt;  // the end
  if (result != 1) {
    return std::unexpected(fmt::format("cannot read on in {}: {}", impl_->name,
                                       impl_->pcap.error(impl_->capture.get())));
  }
  constexpr Time kSecond = 1'000'000'000;
  constexpr Time kLastSecond = 4'000'000'000;  // of any use; files may say anything
  const Time seconds = std::clamp<Time>(header->ts.tv_sec, 0, kLastSecond);
  return Frame{.link = impl_->link,
               .bytes = {reinterpret_cast<const char*>(bytes), header->caplen},
               .wire_length = std::max(header->len, header->caplen),
               // Nanoseconds, as it was opened for them.
               .time = seconds * kSecond + std::clamp<Time>(header->ts.tv_usec, 0, kSecond)};
}

}  // namespace hitwatch::packets
