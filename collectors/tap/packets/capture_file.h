// Reads files of captured packets, as tcpdump and Wireshark write them: pcap and pcapng.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "collectors/tap/packets/frame.h"

namespace hitwatch::packets {

class CaptureFile {
 public:
  // "-" is standard input. Fails with a sentence: no such file, no capture, or a link type that is
  // not read.
  static std::expected<CaptureFile, std::string> open(const std::string& path);
  ~CaptureFile();
  CaptureFile(CaptureFile&&) noexcept;
  CaptureFile& operator=(CaptureFile&&) noexcept;

  // The next frame, whose bytes stand until the next call; nothing at the end. A file that breaks
  // off fails with a sentence after its last whole frame.
  std::expected<std::optional<Frame>, std::string> next();

 private:
  struct Impl;
  explicit CaptureFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::packets
