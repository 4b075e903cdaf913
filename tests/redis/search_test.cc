#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

class Search : public testing::Test {
 protected:
  void SetUp() override {
    poll.info("redis_version:8.0.0\n");
    poll.options.search_indexes = true;
    poll.answers["FT._LIST"] = array_of({"catalog", "scratch"});
    poll.answers["FT.INFO catalog"] = array_reply(
        {text_reply("index_name"), text_reply("catalog"), text_reply("num_docs"), integer_reply(3),
         text_reply("inverted_sz_mb"), text_reply("0.5"), text_reply("records_per_doc_avg"),
         text_reply("-nan"), text_reply("number_of_uses"), integer_reply(9),
         text_reply("attributes"), array_reply({array_of({"identifier", "x"})})});
  }
  ScriptedPoll poll;
};

TEST_F(Search, EachIndexHasItsFigures) {
  poll.run();
  EXPECT_EQ(poll.value("redis_search_index_num_docs{index_name=\"catalog\"}"), 3);
  EXPECT_EQ(poll.value("redis_search_index_inverted_size_bytes{index_name=\"catalog\"}"), 524288);
  EXPECT_EQ(poll.value("redis_search_index_number_of_uses_total{index_name=\"catalog\"}"), 9);
  EXPECT_FALSE(poll.has("redis_search_index_avg_per_doc_records{index_name=\"catalog\"}"))
      << "an average over nothing is no number";
}

TEST_F(Search, OnlyMatchingIndexesAreAsked) {
  poll.options.search_index_match = "^cat";
  poll.run();
  EXPECT_TRUE(poll.was_sent("FT.INFO catalog"));
  EXPECT_FALSE(poll.was_sent("FT.INFO scratch"));
}

TEST_F(Search, IsAnOptIn) {
  poll.options.search_indexes = false;
  poll.run();
  EXPECT_FALSE(poll.was_sent_like("FT."));
}

}  // namespace
}  // namespace hitwatch::redis
