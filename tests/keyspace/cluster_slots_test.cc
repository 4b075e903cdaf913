#include "collectors/keyspace/cluster_slots.h"

#include <gtest/gtest.h>

#include "tests/keyspace/replies.h"

namespace hitwatch::keyspace {
namespace {

redis::Reply node(const std::string& id) {
  return array_reply({text_reply("127.0.0.1"), number_reply(1), text_reply(id)});
}

TEST(ClusterSlots, AreThoseOfTheSpecification) {
  EXPECT_EQ(slot_of("123456789"), 0x31C3U);  // its own example
  EXPECT_EQ(slot_of(""), 0U);
  EXPECT_EQ(slot_of("foo"), 12182U);
}

TEST(ClusterSlots, OnlyTheFirstTagThatIsNotEmptyCounts) {
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
  EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
  EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
  EXPECT_NE(slot_of("foo{bar"), slot_of("bar"));
}

TEST(ClusterSlots, ANodeHasThoseItServesAlsoAsAReplica) {
  const auto slots = array_reply(
      {array_reply({number_reply(0), number_reply(2), node("a"), node("c")}),
       array_reply({number_reply(10), number_reply(10), node("b"), node("a")}),
       array_reply({number_reply(16383), number_reply(99999), node("b")}), text_reply("nonsense")});
  EXPECT_EQ(slots_of_node(slots, "a").count(), 4U);
  EXPECT_TRUE(slots_of_node(slots, "a").test(10));
  EXPECT_EQ(slots_of_node(slots, "b").count(), 2U);
  EXPECT_EQ(slots_of_node(slots, "c").count(), 3U);
  EXPECT_EQ(slots_of_node(slots, "d").count(), 0U);
}

}  // namespace
}  // namespace hitwatch::keyspace
