// A daemon with all doors for lookups open, on ports and a socket of the test's.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {

class LookupDoors : public testing::Test {
 protected:
  void start(const std::string& more = "") {
    dir_.write("token", "s3cret\n");
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir_.write("hitwatch.yaml",
                   "targets: [{url: \"redis://127.0.0.1:" + std::to_string(free_port()) +
                       "\"}]\nkeys: {patterns: [{match: \"catalog:{tenant}:*\"}]}\n"
                       "apps:\n  statsd: {listen: [\"udp://127.0.0.1:" +
                       std::to_string(port_) + "\", \"unixgram://" + socket_path() +
                       "\", \"tcp://127.0.0.1:" + std::to_string(port_) +
                       "\"]}\n  http: {enabled: true, token_file: token}\n" + more)});
  }

  std::string socket_path() const { return dir_.path("statsd.sock"); }

  httplib::Result post(const std::string& body, const std::string& type = "application/x-ndjson",
                       httplib::Headers headers = {{"Authorization", "Bearer s3cret"}}) const {
    httplib::Client client("127.0.0.1", daemon_->port());
    return client.Post("/v1/lookups", headers, body, type.c_str());
  }

  // Waits until every series of the mixture has its value.
  void expect(const std::map<std::string, double>& wanted) const {
    std::string wrong;
    EXPECT_TRUE(eventually([&] {
      const std::string exposition = daemon_->metrics();
      wrong.clear();
      for (const auto& [series, value] : wanted) {
        const auto found = sample(exposition, series);
        if (found != value) {
          wrong += series + ": " + std::to_string(found.value_or(-1)) + " instead of " +
                   std::to_string(value) + "\n";
        }
      }
      return wrong.empty();
    })) << wrong;
  }

  int port_ = free_port();
  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

}  // namespace hitwatch::test
