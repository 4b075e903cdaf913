#include "collectors/tap/packets/capture_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/packets/frames.h"

namespace hitwatch::packets {
namespace {

using test::ipv4_host;
using test::MadeFrame;
using test::make_frame;
using ::testing::HasSubstr;

class CaptureFileTest : public ::testing::Test {
 protected:
  static MadeFrame made(LinkType link, std::string_view payload, Time time) {
    const Segment segment{.source = {ipv4_host(1), 40'000},
                          .destination = {ipv4_host(2), 6379},
                          .payload = payload,
                          .payload_length = static_cast<std::uint32_t>(payload.size()),
                          .time = time};
    return make_frame(segment, {.link = link});
  }
  void write(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
  std::string content() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void expect_frames(CaptureFile& file, const std::vector<MadeFrame>& frames) {
    for (const MadeFrame& expected : frames) {
      const auto frame = file.next();
      ASSERT_TRUE(frame) << frame.error();
      ASSERT_TRUE(*frame);
      EXPECT_EQ((*frame)->link, expected.link);
      EXPECT_EQ((*frame)->bytes, expected.bytes);
      EXPECT_EQ((*frame)->wire_length, expected.wire_length);
      EXPECT_EQ((*frame)->time, expected.time);
    }
  }
  void TearDown() override { std::filesystem::remove(path); }

  const std::string path = ::testing::TempDir() + "capture_file_test_" + std::to_string(::getpid());
};

constexpr Time kTime = 1'700'000'000'123'456'789;

TEST_F(CaptureFileTest, FramesOfEveryLinkTypeAreReadWithTheirTimes) {
  for (const LinkType link : {LinkType::kEthernet, LinkType::kLinuxCooked, LinkType::kLinuxCooked2,
                              LinkType::kIp, LinkType::kLoopback}) {
    const std::vector<MadeFrame> frames{made(link, "GET a", kTime),
                                        made(link, "GET b", kTime + 1).cut(60)};
    test::write_pcap(path, frames);
    auto file = CaptureFile::open(path);
    ASSERT_TRUE(file) << file.error();
    expect_frames(*file, frames);
    const auto end = file->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
  }
}

// A section header, an interface of Ethernet with nanoseconds, and a packet.
std::string pcapng(const MadeFrame& frame) {
  std::string out;
  const auto put = [&out](std::uint32_t value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  for (const std::uint32_t value :
       {0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 1U, 0xffffffffU, 0xffffffffU, 28U}) {
    put(value);
  }
  // if_tsresol is 10^-9.
  for (const std::uint32_t value : {1U, 32U, 1U, 0U, 9U | 1U << 16, 9U, 0U, 32U}) put(value);
  const std::size_t padded = (frame.bytes.size() + 3) / 4 * 4;
  const auto block = static_cast<std::uint32_t>(32 + padded);
  const auto time = static_cast<std::uint64_t>(frame.time);
  for (const std::uint32_t value :
       {6U, block, 0U, static_cast<std::uint32_t>(time >> 32), static_cast<std::uint32_t>(time),
        static_cast<std::uint32_t>(frame.bytes.size()), frame.wire_length}) {
    put(value);
  }
  out += frame.bytes;
  out.append(padded - frame.bytes.size(), '\0');
  put(block);
  return out;
}

TEST_F(CaptureFileTest, TheNewerFormatIsReadToo) {
  const MadeFrame frame = made(LinkType::kEthernet, "GET a", kTime);
  write(pcapng(frame));
  auto file = CaptureFile::open(path);
  ASSERT_TRUE(file) << file.error();
  expect_frames(*file, {frame});
  EXPECT_FALSE(file->next().value());
}

TEST_F(CaptureFileTest, StandardInputIsRead) {
  const std::vector<MadeFrame> frames{made(LinkType::kEthernet, "GET a", kTime)};
  test::write_pcap(path, frames);
  ASSERT_NE(std::freopen(path.c_str(), "rb", stdin), nullptr);
  auto file = CaptureFile::open("-");
  ASSERT_TRUE(file) << file.error();
  expect_frames(*file, frames);
}

TEST_F(CaptureFileTest, AFileThatBreaksOffFailsAfterItsLastWholeFrame) {
  const std::vector<MadeFrame> frames{made(LinkType::kEthernet, "GET a", kTime),
                                      made(LinkType::kEthernet, "GET b", kTime)};
  test::write_pcap(path, frames);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  auto file = CaptureFile::open(path);
  ASSERT_TRUE(file);
  expect_frames(*file, {frames[0]});
  const auto next = file->next();
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error(), HasSubstr("cannot read on in " + path));
}

TEST_F(CaptureFileTest, AFileThatIsNotThereIsToldOf) {
  EXPECT_EQ(CaptureFile::open("/no/such.pcap").error(),
            "cannot read /no/such.pcap: No such file or directory");
}

TEST_F(CaptureFileTest, OtherFilesAreNoCaptures) {
  write("GET a\r\n and more that is no capture at all");
  EXPECT_THAT(CaptureFile::open(path).error(), HasSubstr(path + " is no capture file"));
  write("");
  EXPECT_THAT(CaptureFile::open(path).error(), HasSubstr(path + " is empty"));
  EXPECT_THAT(CaptureFile::open("/tmp").error(), HasSubstr("cannot read /tmp: "));
}

TEST_F(CaptureFileTest, ALinkTypeThatIsNotReadIsNamed) {
  test::write_pcap(path, {made(LinkType::kEthernet, "GET a", kTime)});
  std::string bytes = content();
  bytes[20] = 105;  // the link type
  write(bytes);
  EXPECT_EQ(CaptureFile::open(path).error(),
            path + " is of a link type that is not read: IEEE802_11");
}

TEST_F(CaptureFileTest, OfACompressedOneItIsSaidHowToReadIt) {
  write("\x1f\x8b\x08 and so on");
  EXPECT_EQ(CaptureFile::open(path).error(),
            path + " is compressed: zcat " + path + " | hitwatch tap --read -");
  write("\x1f");
  EXPECT_THAT(CaptureFile::open(path).error(), HasSubstr("is no capture file"));
}

}  // namespace
}  // namespace hitwatch::packets
