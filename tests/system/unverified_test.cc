// Who switches the check of certificates off reads in the log for which targets, however they came.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/system/certificates.h"
#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

constexpr const char* kCareless = "tls: {insecure_skip_verify: true}";

class UnverifiedTest : public DaemonTest {
 protected:
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "rediss://" + address(); }
  // How often the log warns of that target, or of any.
  int warnings(const std::string& target = "") const {
    return occurrences(daemon_->process().output(),
                       "the certificate of a target is not verified\" target=" + target);
  }

  Authority authority_;
  // For another name than the one it is asked for.
  Authority::Certificate certificate_ = authority_.issue("cache.example");
  int port_ = free_port();
  RedisServer server_{{"--port", "0", "--tls-port", std::to_string(port_), "--tls-cert-file",
                       certificate_.cert_file, "--tls-key-file", certificate_.key_file,
                       "--tls-ca-cert-file", authority_.ca_file(), "--tls-auth-clients", "no"}};
};

TEST_F(UnverifiedTest, OnlyThoseOfTheConfigurationThatAreNotVerifiedAreNamed) {
  start("targets:\n  - {alias: careless, url: '" + url() + "', " + kCareless +
        "}\n  - {alias: careful, url: '" + url() + "/1'}\n  - {alias: plain, url: 'redis://" +
        address() + "/2'}");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"careless\"} 1"));
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"careful\"} 0"));
  EXPECT_EQ(warnings("careless"), 1) << daemon_->process().output();
  EXPECT_EQ(warnings(), 1);
}

TEST_F(UnverifiedTest, ATargetThatOnlyScrapeNamesIsNamedOnce) {
  start("targets: []\ncredentials: [{match: '127.0.0.1:*', " + std::string(kCareless) +
        "}]\nweb: {scrape_allow: ['127.0.0.1:*']}");
  EXPECT_EQ(warnings(), 0);
  for (int scrapes = 0; scrapes < 3; ++scrapes) {
    EXPECT_EQ(sample(scrape(url()).body, "redis_up"), 1) << daemon_->process().output();
  }
  EXPECT_EQ(warnings(address()), 1) << daemon_->process().output();
}

TEST_F(UnverifiedTest, ATargetThatOnlyScrapeNamesIsVerifiedUnlessAskedOtherwise) {
  start("targets: []\nweb: {scrape_allow: ['127.0.0.1:*']}");
  EXPECT_EQ(sample(scrape(url()).body, "redis_up"), 0);
  EXPECT_EQ(warnings(), 0);
}

TEST_F(UnverifiedTest, ATargetThatComesWithAListIsNamed) {
  std::filesystem::create_directory(dir_.path("lists"));
  start("targets: [{file: 'lists/*.json'}]\ncredentials: [{match: '127.0.0.1:*', " +
        std::string(kCareless) + "}]");
  EXPECT_EQ(warnings(), 0);
  dir_.write("list", R"([{"targets": [")" + url() + R"("]}])");
  std::filesystem::rename(dir_.path("list"), dir_.path("lists/a.json"));
  EXPECT_TRUE(eventually([&] { return warnings(address()) == 1; })) << daemon_->process().output();
  EXPECT_TRUE(daemon_->shows("redis_up 1"));
}

TEST_F(UnverifiedTest, AReloadNamesNewOnesOnly) {
  const std::string entry = "  - {alias: a, url: '" + url() + "', " + kCareless + "}\n";
  start("web: {admin_api: true}\ntargets:\n" + entry);
  EXPECT_EQ(warnings(), 1);
  dir_.write("hitwatch.yaml", "web: {admin_api: true}\ntargets:\n" + entry +
                                  "  - {alias: b, url: '" + url() + "/1', " + kCareless + "}\n");
  const HttpResponse reloaded = daemon_->post("/-/reload");
  EXPECT_EQ(reloaded.status, 200) << reloaded.body;
  EXPECT_EQ(warnings("b"), 1);
  EXPECT_EQ(warnings(), 2);
}

}  // namespace
}  // namespace hitwatch::test
