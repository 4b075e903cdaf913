// `--shard` and `shard:`, the wrong ones included.
#include "agent/config/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hitwatch::config {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text, std::string_view host = "cache-watch-3") {
  const auto shard = parse_shard(text, host);
  return shard ? "" : shard.error();
}

TEST(ShardText, NamesANumberAndHowManyThereAre) {
  EXPECT_EQ(parse_shard("2/5", "").value(), (Shard{2, 5}));
  EXPECT_EQ(parse_shard("1/1", "").value(), (Shard{1, 1}));
  EXPECT_EQ(shard_text({2, 5}), "2/5");
}

TEST(ShardText, MayTakeTheNumberOfThePod) {
  EXPECT_EQ(parse_shard("pod/5", "hitwatch-0").value(), (Shard{1, 5}));
  EXPECT_EQ(parse_shard("pod/5", "hitwatch-4").value(), (Shard{5, 5}));
  EXPECT_EQ(parse_shard("pod/12", "hitwatch-10.hitwatch.svc.example").value(), (Shard{11, 12}));
}

TEST(ShardText, ThatIsWrongIsExplained) {
  for (const char* text :
       {"", "2", "2/", "/5", "a/b", "2/5/6", "-1/5", "2/5x", " 2/5", "0x2/5", "99999999999/5"}) {
    EXPECT_THAT(error_of(text), HasSubstr("write 2/5 or pod/5")) << text;
  }
  EXPECT_THAT(error_of("0/5"), HasSubstr("1/5 to 5/5"));
  EXPECT_THAT(error_of("6/5"), HasSubstr("1/5 to 5/5"));
  EXPECT_THAT(error_of("1/0"), HasSubstr("1 to 1000 shards"));
  EXPECT_THAT(error_of("1/1001"), HasSubstr("1 to 1000 shards"));
  EXPECT_THAT(error_of("pod/5", "hitwatch"), HasSubstr("this one is called 'hitwatch'"));
  EXPECT_THAT(error_of("pod/5", ""), HasSubstr("ends with a number"));
  EXPECT_THAT(error_of("pod/3", "hitwatch-3"), HasSubstr("numbered from 0 on"));
}

TEST(ShardKey, IsReadOfTheFile) {
  EXPECT_EQ(load_text("shard: 2/5\n", "hitwatch.yaml").value().shard, (Shard{2, 5}));
  EXPECT_EQ(load_text("{}\n", "hitwatch.yaml").value().shard, (Shard{1, 1}));
}

TEST(ShardKey, ThatIsWrongIsAFaultWithAPosition) {
  const auto loaded = load_text("targets: []\nshard: 6/5\n", "hitwatch.yaml");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(to_string(loaded.error().front()), HasSubstr("hitwatch.yaml:2:8"));
  EXPECT_THAT(to_string(loaded.error().front()), HasSubstr("1/5 to 5/5"));
}

}  // namespace
}  // namespace hitwatch::config
