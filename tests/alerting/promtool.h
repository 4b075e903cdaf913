// Runs Debian's promtool on files of a folder of its own.
#pragma once

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace hitwatch::alerting {

class Promtool {
 public:
  Promtool() {
    std::string name = (std::filesystem::temp_directory_path() / "promtool-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Promtool() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Promtool(const Promtool&) = delete;
  Promtool& operator=(const Promtool&) = delete;

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  struct Result {
    int code = -1;
    std::string errors;  // the standard error
  };
  // `command`: "test rules" or "check rules".
  Result run(const std::string& command, const std::string& file) const {
    const std::string line = "promtool " + command + " '" + file + "' 2>&1 >/dev/null";
    Result result;
    FILE* output = ::popen(line.c_str(), "r");
    if (output == nullptr) return result;
    char buffer[4096];
    std::size_t count = 0;
    while ((count = std::fread(buffer, 1, sizeof(buffer), output)) > 0) {
      result.errors.append(buffer, count);
    }
    const int status = ::pclose(output);
    if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
    return result;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace hitwatch::alerting
