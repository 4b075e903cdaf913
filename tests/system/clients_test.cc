// The examples for applications, with the client libraries that applications use: what they report
// is what the daemon counts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

// The sum over the series of a family that have all of these labels.
double sum(const std::string& exposition, const std::string& family,
           const std::vector<std::string>& labels) {
  double total = 0;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(family + "{")) continue;
    bool has_all = true;
    for (const std::string& label : labels) has_all = has_all && line.contains(label);
    if (has_all) total += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return total;
}

class Clients : public testing::Test {
 protected:
  // Runs an example, which takes the ports of Redis and StatsD as its last arguments, and checks
  // what the daemon says about the lookups that each of the examples makes.
  void check(std::vector<std::string> example) const {
    example.push_back(std::to_string(redis_.port()));
    example.push_back(std::to_string(statsd_port_));
    const Finished finished = run_to_end(example);
    ASSERT_EQ(finished.code, 0) << finished.output;
    EXPECT_TRUE(finished.output.contains("without Redis that cost 60: 60")) << finished.output;

    const auto count = [this](const std::string& family, const std::vector<std::string>& labels) {
      return sum(daemon_.metrics(), family, labels);
    };
    // What a tag cannot hold is the same character of every client.
    for (const std::string tenant : {R"(tenant="acme")", R"(tenant="globex_eu")"}) {
      const std::vector<std::string> labels = {tenant, R"(type="catalog")", R"(source="statsd")"};
      EXPECT_TRUE(eventually([&] { return count("cache_hits_total", labels) == 5; }))
          << daemon_.metrics();
      EXPECT_TRUE(eventually([&] { return count("cache_misses_total", labels) == 5; }));
    }
    EXPECT_TRUE(eventually([&] {
      return count("cache_latency_seconds_count", {R"(operation="get")", R"(type="catalog")"}) ==
             20;
    })) << "the one that failed has none";
    EXPECT_TRUE(eventually([&] {
      return count("cache_errors_total", {R"(tenant="acme")", R"(operation="get")"}) == 1 &&
             count("cache_errors_total", {R"(tenant="acme")", R"(operation="set")"}) == 1;
    }));
    EXPECT_EQ(count("hitwatch_statsd_lines_rejected_total", {}), 0);
  }

  static std::string examples() { return HITWATCH_EXAMPLES; }

 private:
  const RedisServer redis_;
  const int statsd_port_ = free_port();
  const TempDir folder_;
  const Hitwatch daemon_{
      {"run", "--config",
       folder_.write("hitwatch.yaml", "apps:\n  statsd:\n    listen: [\"udp://127.0.0.1:" +
                                          std::to_string(statsd_port_) +
                                          "\"]\nstorage: {path: " + folder_.path() + "}\n"),
       redis_.url()}};
};

TEST_F(Clients, NodeWithIoredisAndHotShots) {
  const std::string modules = HITWATCH_NODE_MODULES;
  ASSERT_TRUE(std::filesystem::exists(modules + "/hot-shots"))
      << "the clients are not in " << modules << ": './dev test' installs them";
  // Modules are searched beside the file that wants them.
  const TempDir folder;
  for (const std::string file : {"cache.mjs", "example.mjs"}) {
    std::filesystem::copy_file(examples() + "/node/" + file, folder.path(file));
  }
  std::filesystem::create_directory_symlink(modules, folder.path("node_modules"));
  check({"node", folder.path("example.mjs")});
}

TEST_F(Clients, PythonWithRedisPy) {
  check({"/usr/bin/python3", "-B", examples() + "/python/cache.py"});
}

TEST_F(Clients, CppWithHiredis) { check({HITWATCH_EXAMPLE_CACHE}); }

}  // namespace
}  // namespace hitwatch::test
