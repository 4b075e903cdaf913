#include "collectors/tap/capture_reading.h"

#include <utility>

#include "collectors/tap/analyzer.h"
#include "collectors/tap/packets/capture_file.h"

namespace hitwatch::tap {

std::expected<Report, std::string> read_capture(const std::string& path,
                                                const packets::PortFilter& filter,
                                                std::vector<keys::Rule> rules) {
  auto file = packets::CaptureFile::open(path);
  if (!file) return std::unexpected(file.error());
  Analyzer analyzer(filter, std::move(rules), nullptr);
  std::vector<std::string> faults;
  while (true) {
    const auto frame = file->next();
    if (!frame) faults.push_back(frame.error());
    if (!frame || !*frame) break;
    analyzer.take(**frame, {});
  }
  Report report = analyzer.report();
  report.counters.faults = std::move(faults);
  return report;
}

}  // namespace hitwatch::tap
