// Which connections the tap follows, and which segment belongs to which.
#include "collectors/tap/connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace hitwatch::tap {
namespace {

using packets::Endpoint;
using packets::Segment;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint16_t kServerPort = 6379;
constexpr packets::Time kSecond = 1'000'000'000;

Endpoint at(std::uint8_t host, std::uint16_t port) {
  return {packets::Address::ipv4({10, 0, 0, host}), port};
}

class Keys final : public resp::ExchangeSink {
 public:
  void exchange(const resp::Exchange& exchange) override {
    for (const resp::KeyUse& use : exchange.keys) {
      told.push_back(to_string(exchange.peer->client) + " " + std::string(use.key));
    }
  }
  std::vector<std::string> told;
};

class ConnectionsTest : public testing::Test {
 protected:
  // A client that speaks over TCP, segment by segment.
  class Client {
   public:
    Client(ConnectionsTest& test, Endpoint client, Endpoint server, Origin origin = {})
        : test_(test), client_(client), server_(server), origin_(origin) {}

    void connect() {
      say(true, "", true);
      ++sequence_;
      say(false, "", true);
      ++acknowledgement_;
    }
    void get(const std::string& key) {
      say(true, "*2\r\n$3\r\nGET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n");
      say(false, "$-1\r\n");
    }
    void close() {
      for (const bool from_client : {true, false}) {
        Segment end = segment(from_client, "");
        end.fin = true;
        test_.take(end, origin_);
        ++(from_client ? sequence_ : acknowledgement_);
      }
      say(true, "");  // acknowledges the other's end
    }
    Segment segment(bool from_client, const std::string& payload, bool syn = false) const {
      Segment made;
      made.source = from_client ? client_ : server_;
      made.destination = from_client ? server_ : client_;
      made.sequence = from_client ? sequence_ : acknowledgement_;
      made.acknowledgement = from_client ? acknowledgement_ : sequence_;
      made.syn = syn;
      made.ack = !(syn && from_client);
      made.payload = payload;
      made.payload_length = static_cast<std::uint32_t>(payload.size());
      return made;
    }
    void say(bool from_client, const std::string& payload, bool syn = false) {
      const Segment made = segment(from_client, payload, syn);
      test_.take(made, origin_);
      (from_client ? sequence_ : acknowledgement_) += made.payload_length;
    }
    // It was taken elsewhere.
    void sent(bool from_client, const Segment& made) {
      (from_client ? sequence_ : acknowledgement_) += made.payload_length + (made.syn ? 1 : 0);
    }
    void move(Origin origin) { origin_ = origin; }

   private:
    ConnectionsTest& test_;
    Endpoint client_;
    Endpoint server_;
    Origin origin_;
    std::uint32_t sequence_ = 1000;
    std::uint32_t acknowledgement_ = 5000;
  };

  void take(Segment segment, Origin origin) {
    segment.time = time_ += 1000;
    connections_.take(segment, origin, filter_);
  }

  Keys keys_;
  packets::BufferPool pool_{1U << 20};
  resp::Surroundings surroundings_{.sink = keys_, .pool = pool_};
  Connections connections_{8, surroundings_};
  packets::PortFilter filter_{.ports = {kServerPort}};
  packets::Time time_ = kSecond;
};

TEST_F(ConnectionsTest, AreToldApartByTheirAddressesAndPorts) {
  Client one(*this, at(1, 40'000), at(9, kServerPort));
  Client two(*this, at(1, 40'001), at(9, kServerPort));
  Client three(*this, at(2, 40'000), at(9, kServerPort));
  for (Client* client : {&one, &two, &three}) client->connect();
  one.get("a");
  two.get("b");
  three.get("c");
  one.get("d");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:40000 a", "10.0.0.1:40001 b", "10.0.0.2:40000 c",
                                      "10.0.0.1:40000 d"));
  EXPECT_EQ(connections_.counters().now, 3U);
}

TEST_F(ConnectionsTest, EndWithTheirLastSegmentAndDoNotComeBackForAnAcknowledgement) {
  Client client(*this, at(1, 40'000), at(9, kServerPort));
  client.connect();
  client.get("a");
  client.close();
  EXPECT_EQ(connections_.counters().now, 0U);
  EXPECT_EQ(connections_.counters().seen, 1U);
}

TEST_F(ConnectionsTest, APortThatIsUsedAgainIsAnotherConnection) {
  Client first(*this, at(1, 40'000), at(9, kServerPort));
  first.connect();
  first.get("a");
  Client second(*this, at(1, 40'000), at(9, kServerPort));
  Segment syn = second.segment(true, "");
  syn.syn = true;
  syn.ack = false;
  syn.sequence = 777'000;
  take(syn, {});
  EXPECT_EQ(connections_.counters().now, 1U);
  EXPECT_EQ(connections_.counters().seen, 2U);
}

TEST_F(ConnectionsTest, OneThatIsMetInItsMiddleIsFollowedFromItsFirstBytes) {
  Client client(*this, at(1, 40'000), at(9, kServerPort));
  client.say(true, "");  // an acknowledgement only
  EXPECT_EQ(connections_.counters().now, 0U);
  client.get("a");
  EXPECT_EQ(connections_.counters().now, 1U);
  EXPECT_THAT(keys_.told, IsEmpty());  // not trusted yet
}

TEST_F(ConnectionsTest, TheSameAddressesAreOthersInAnotherNamespace) {
  Client here(*this, at(1, 40'000), at(9, kServerPort), {.network_namespace = 0, .interface = 0});
  Client there(*this, at(1, 40'000), at(9, kServerPort), {.network_namespace = 1, .interface = 1});
  here.connect();
  there.connect();
  here.get("a");
  there.get("b");
  EXPECT_EQ(connections_.counters().now, 2U);
  EXPECT_EQ(keys_.told.size(), 2U);
}

TEST_F(ConnectionsTest, WhatPassesTwoInterfacesIsReadOnTheFirst) {
  Client outside(*this, at(1, 40'000), at(9, kServerPort),
                 {.network_namespace = 0, .interface = 1});
  Client inside(*this, at(1, 40'000), at(9, kServerPort), {.network_namespace = 0, .interface = 2});
  outside.connect();
  inside.connect();
  outside.get("a");
  inside.get("a");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:40000 a"));
  EXPECT_EQ(connections_.counters().elsewhere, 4U);
}

TEST_F(ConnectionsTest, WhatHasAnotherWayNowIsReadThere) {
  Client before(*this, at(1, 40'000), at(9, kServerPort), {.network_namespace = 0, .interface = 1});
  before.connect();
  before.get("a");
  time_ += 60 * kSecond;
  Client after(*this, at(1, 40'000), at(9, kServerPort), {.network_namespace = 0, .interface = 2});
  after.connect();
  after.get("b");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:40000 a", "10.0.0.1:40000 b"));
  EXPECT_EQ(connections_.counters().now, 1U);
}

// Whichever copy is read first after a silence, none of them ends the connection.
TEST_F(ConnectionsTest, WhatPassesTwoInterfacesIsOneWhicheverIsReadFirst) {
  Client client(*this, at(1, 40'000), at(9, kServerPort));
  const auto pass = [&](bool from_client, const std::string& payload, bool syn, bool swapped) {
    const Segment made = client.segment(from_client, payload, syn);
    for (const bool second : {swapped, !swapped}) take(made, {.interface = second ? 1U : 0U});
    client.sent(from_client, made);
  };
  pass(true, "", true, false);
  pass(false, "", true, false);
  for (int i = 0; i < 20; ++i) {
    time_ += 3 * kSecond;
    const bool swapped = i % 3 == 1 || i % 5 == 2;
    pass(true, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n", false, swapped);
    pass(false, "$-1\r\n", false, i % 2 == 0);
    pass(true, "", false, !swapped);
    time_ += 3 * kSecond;
    pass(i % 2 == 0, "", false, !swapped);  // asks whether the other one is still there
  }
  EXPECT_EQ(keys_.told.size(), 20U);
  EXPECT_EQ(connections_.counters().seen, 1U);
  EXPECT_EQ(surroundings_.doubts.gaps + surroundings_.doubts.contradictions, 0U);
}

TEST_F(ConnectionsTest, OneThatGoesOnByAnotherWayIsFollowedThere) {
  Client client(*this, at(1, 40'000), at(9, kServerPort), {.interface = 1});
  client.connect();
  client.get("a");
  time_ += 3 * kSecond;
  client.move({.interface = 2});
  client.get("b");
  client.get("c");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:40000 a", "10.0.0.1:40000 b", "10.0.0.1:40000 c"));
  client.close();
  EXPECT_EQ(connections_.counters().now, 0U);
  EXPECT_EQ(connections_.counters().seen, 1U);
}

TEST_F(ConnectionsTest, AFloodOfSynsTakesNoRoomFromThoseThatSpeak) {
  Client lively(*this, at(1, 40'000), at(9, kServerPort));
  lively.connect();
  lively.get("a");
  for (std::uint16_t i = 0; i < 100; ++i) {
    Client(*this, at(2, static_cast<std::uint16_t>(50'000 + i)), at(9, kServerPort)).connect();
  }
  lively.get("b");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:40000 a", "10.0.0.1:40000 b"));
}

TEST_F(ConnectionsTest, BetweenTwoServersWhoBeginsIsTheClient) {
  Client client(*this, at(1, kServerPort), at(9, kServerPort));
  client.connect();
  client.get("a");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:6379 a"));
}

TEST_F(ConnectionsTest, PastTheBoundTheOneThatIsSilentForLongestMakesRoom) {
  std::vector<Client> clients;
  for (std::uint16_t i = 0; i < 8; ++i) {
    clients.emplace_back(*this, at(1, static_cast<std::uint16_t>(40'000 + i)), at(9, kServerPort));
    clients.back().connect();
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i != 3) clients[i].get("again");
  }
  Client another(*this, at(2, 50'000), at(9, kServerPort));
  another.connect();
  another.get("new");
  EXPECT_EQ(connections_.counters().now, 8U);
  EXPECT_EQ(connections_.counters().evicted, 1U);
  keys_.told.clear();
  clients[3].get("gone");  // begins anew, and is not trusted
  clients[4].get("stays");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:40004 stays"));
}

TEST_F(ConnectionsTest, ManyComeAndGo) {
  std::map<std::uint16_t, Client> open;
  for (int round = 0; round < 5000; ++round) {
    const auto port = static_cast<std::uint16_t>(40'000 + (round * 7919) % 61);
    const auto known = open.find(port);
    if (known != open.end() && round % 3 == 0) {
      known->second.close();
      open.erase(known);
    } else if (known != open.end()) {
      known->second.get("k");
    } else if (open.size() < 8) {
      open.emplace(port, Client(*this, at(1, port), at(9, kServerPort))).first->second.connect();
    }
    ASSERT_EQ(connections_.counters().now, open.size());
  }
  EXPECT_EQ(connections_.counters().evicted, 0U);
  EXPECT_EQ(surroundings_.doubts.gaps + surroundings_.doubts.contradictions, 0U);
}

TEST_F(ConnectionsTest, AreForgottenAfterAnHourOfSilence) {
  Client quiet(*this, at(1, 40'000), at(9, kServerPort));
  quiet.connect();
  time_ += 3500 * kSecond;
  Client lively(*this, at(1, 40'001), at(9, kServerPort));
  lively.connect();
  connections_.forget_silent(time_ + 200 * kSecond);
  EXPECT_EQ(connections_.counters().now, 1U);
  connections_.forget_silent(time_ + 3700 * kSecond);
  EXPECT_EQ(connections_.counters().now, 0U);
}

TEST_F(ConnectionsTest, OfPortsThatAreNotWatchedAnyMoreAreForgotten) {
  filter_.ports = {kServerPort, 7000};
  Client one(*this, at(1, 40'000), at(9, kServerPort));
  Client two(*this, at(1, 40'001), at(9, 7000));
  one.connect();
  two.connect();
  filter_.ports = {7000};
  connections_.keep_only(filter_);
  EXPECT_EQ(connections_.counters().now, 1U);
  two.get("a");
  EXPECT_THAT(keys_.told, ElementsAre("10.0.0.1:40001 a"));
}

}  // namespace
}  // namespace hitwatch::tap
