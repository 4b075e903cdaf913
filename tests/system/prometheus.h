// A real Prometheus.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/system/harness.h"

namespace hitwatch::test {

// A real Prometheus with its data in a temporary folder.
class Prometheus {
 public:
  explicit Prometheus(const std::string& configuration, const std::string& feature = "")
      : process_({"prometheus", "--enable-feature=" + feature,
                  "--config.file=" + dir_.write("prometheus.yml", configuration),
                  "--storage.tsdb.path=" + dir_.path("data"),
                  "--web.listen-address=127.0.0.1:" + std::to_string(port_)}) {}

  nlohmann::json get(const std::string& path, const httplib::Params& parameters = {}) const {
    httplib::Client client("127.0.0.1", port_);
    const auto answer = client.Get(path, parameters, httplib::Headers{});
    if (!answer || answer->status != 200) return {};
    return nlohmann::json::parse(answer->body, nullptr, false).value("data", nlohmann::json{});
  }
  // The only value of an instant query; nothing if it selects none or several series.
  std::optional<double> value(const std::string& query) const {
    const nlohmann::json data = get("/api/v1/query", {{"query", query}});
    if (!data.is_object() || data["result"].size() != 1) return {};
    return std::stod(data["result"][0]["value"][1].get<std::string>());
  }
  const Process& process() const { return process_; }

 private:
  TempDir dir_;
  int port_ = free_port();
  Process process_;
};

}  // namespace hitwatch::test
