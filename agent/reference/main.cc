// hitwatch_reference write|check FOLDER: the documents that are made from tables in the code,
// written to FOLDER or compared with what is there.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "agent/config/json_schema.h"
#include "agent/reference/config_reference.h"
#include "agent/reference/metric_reference.h"

namespace hitwatch::reference {
namespace {

struct Document {
  std::string_view file;
  std::string (*text)();
};

constexpr Document kDocuments[] = {
    {"configuration.md", config_reference},
    {"hitwatch.schema.json", config::json_schema},
    {"metrics.md", metric_reference},
};

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return true;
  fmt::print(stderr, "hitwatch_reference: cannot write {}\n", path.string());
  return false;
}

bool check(const std::filesystem::path& path, const std::string& text) {
  if (read(path) == text) return true;
  fmt::print(stderr, "{} is not what the code says; run ./dev docs and commit it\n", path.string());
  return false;
}

int run(std::string_view command, const std::filesystem::path& folder) {
  const bool writes = command == "write";
  if (!writes && command != "check") return 2;
  bool well = true;
  for (const Document& document : kDocuments) {
    const auto path = folder / document.file;
    well = (writes ? write(path, document.text()) : check(path, document.text())) && well;
  }
  return well ? 0 : 1;
}

}  // namespace
}  // namespace hitwatch::reference

int main(int argc, char** argv) {
  const int status = argc == 3 ? hitwatch::reference::run(argv[1], argv[2]) : 2;
  if (status == 2) fmt::print(stderr, "Usage: hitwatch_reference write|check FOLDER\n");
  return status;
}
