// What a client gets that does not keep to HTTP, or to the limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/web/server.h"
#include "tests/web/raw_client.h"

namespace hitwatch::web {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class BrokenRequests : public testing::Test {
 protected:
  BrokenRequests() {
    auto server = Server::start(
        {.listen_address = "127.0.0.1:0", .max_body = 100'000},
        [](const Request& request, const Reply& reply) { reply({.body = request.path}); });
    server_ = std::move(server.value());
  }

  ~BrokenRequests() override {
    RawClient next(server_->port());
    next.send("GET /still-serving HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(next.response(), EndsWith("/still-serving"));
  }

  // Everything the server says before it ends the connection.
  std::string answer_to(std::string_view bytes) {
    RawClient client(server_->port());
    client.send(bytes);
    return client.until_closed();
  }

  std::unique_ptr<Server> server_;
};

TEST_F(BrokenRequests, GarbageIsRefused) {
  EXPECT_THAT(answer_to("\x01\x02\x03 garbage"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nno colon\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("*1\r\n$4\r\nPING\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(BrokenRequests, TlsOnThePlainPortDoesNotHang) {
  // The first bytes of a ClientHello, which contain no line end.
  EXPECT_THAT(answer_to(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(BrokenRequests, TwoLengthsAreRefused) {
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                        "Content-Length: 4\r\n\r\nabcd"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(BrokenRequests, LengthTogetherWithChunksIsRefused) {
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        "Content-Length: 3\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(BrokenRequests, ThereIsOneHost) {
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(BrokenRequests, OtherVersionsAreRefused) {
  EXPECT_THAT(answer_to("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
}

TEST_F(BrokenRequests, APathThatCannotBeDecodedIsRefused) {
  EXPECT_THAT(answer_to("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(BrokenRequests, AHeadAbove16KiBIsRefused) {
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  // One line without end, and very many short ones.
  EXPECT_THAT(answer_to("GET /" + std::string(500'000, 'a')), StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 20'000; ++i) many += "a: b\r\n";
  EXPECT_THAT(answer_to(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(BrokenRequests, AHeadJustBelow16KiBIsTaken) {
  RawClient client(server_->port());
  client.send("GET /ok HTTP/1.1\r\nHost: a\r\nX: " + std::string(16'000, 'x') + "\r\n\r\n");
  EXPECT_THAT(client.response(), EndsWith("/ok"));
}

TEST_F(BrokenRequests, ABodyAboveTheLimitIsRefusedBeforeItIsRead) {
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(BrokenRequests, TheAnswerReachesAClientThatKeepsSending) {
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" +
                        std::string(3'000'000, 'x')),
              HasSubstr("larger than 100000 bytes"));
}

TEST_F(BrokenRequests, AChunkedBodyIsLimitedToo) {
  std::string request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) request += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  EXPECT_THAT(answer_to(request), StartsWith("HTTP/1.1 413 "));
}

TEST_F(BrokenRequests, AChunkLineWithoutEndIsRefused) {
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;" +
                        std::string(100'000, 'x')),
              StartsWith("HTTP/1.1 4"));
}

TEST_F(BrokenRequests, BrokenChunksAreRefused) {
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(BrokenRequests, AClientThatLeavesHalfwayIsForgotten) {
  {
    RawClient client(server_->port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  }
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
  EXPECT_EQ(server_->counters().requests, 0U);
}

}  // namespace
}  // namespace hitwatch::web
