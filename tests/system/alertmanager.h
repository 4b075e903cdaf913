// A real Alertmanager.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {

// A real Alertmanager, alone, with its data in a temporary folder. Ready when constructed.
class Alertmanager {
 public:
  // The path of the external address comes before that of every request.
  explicit Alertmanager(const std::string& configuration, const std::string& external_url = "")
      : path_(external_url.substr(std::min(external_url.find('/', 8), external_url.size()))),
        process_(command(configuration, external_url)),
        client_("127.0.0.1", port_) {
    EXPECT_TRUE(eventually([this] {
      const auto answer = client_.Get(path_ + "/-/ready");
      return answer && answer->status == 200;
    })) << process_.output();
  }

  int port() const { return port_; }
  const Process& process() const { return process_; }
  httplib::Result get(const std::string& path) { return client_.Get(path_ + path); }
  httplib::Result post(const std::string& path, const std::string& json) {
    return client_.Post(path_ + path, json, "application/json");
  }

 private:
  std::vector<std::string> command(const std::string& configuration,
                                   const std::string& external_url) {
    std::vector<std::string> words{
        "prometheus-alertmanager", "--config.file=" + dir_.write("alertmanager.yml", configuration),
        "--storage.path=" + dir_.path("data"),
        "--cluster.listen-address=", "--web.listen-address=127.0.0.1:" + std::to_string(port_)};
    if (!external_url.empty()) words.push_back("--web.external-url=" + external_url + "/");
    return words;
  }

  std::string path_;
  TempDir dir_;
  int port_ = free_port();
  Process process_;
  httplib::Client client_;
};

}  // namespace hitwatch::test
