#include "collectors/keyspace/cluster_slots.h"

#include <gtest/gtest.h>

namespace hitwatch::keyspace {
namespace {

redis::Reply text(std::string value) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kString;
  reply.text = std::move(value);
  return reply;
}
redis::Reply number(std::int64_t value) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kInteger;
  reply.integer = value;
  return reply;
}
redis::Reply array(std::vector<redis::Reply> elements) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kArray;
  reply.elements = std::move(elements);
  return reply;
}
redis::Reply node(const std::string& id) { return array({text("127.0.0.1"), number(1), text(id)}); }

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
  const auto slots = array({array({number(0), number(2), node("a"), node("c")}),
                            array({number(10), number(10), node("b"), node("a")}),
                            array({number(16383), number(99999), node("b")}), text("nonsense")});
  EXPECT_EQ(slots_of_node(slots, "a").count(), 4U);
  EXPECT_TRUE(slots_of_node(slots, "a").test(10));
  EXPECT_EQ(slots_of_node(slots, "b").count(), 2U);
  EXPECT_EQ(slots_of_node(slots, "c").count(), 3U);
  EXPECT_EQ(slots_of_node(slots, "d").count(), 0U);
}

}  // namespace
}  // namespace hitwatch::keyspace
