#include "agent/metrics/labels.h"

#include <gtest/gtest.h>

namespace hitwatch::metrics {
namespace {

std::string rendered(std::string_view value) {
  std::string out;
  const LabelView label{"l", value};
  append_label_text(out, LabelViews(&label, 1));
  return out;
}

TEST(LabelText, EscapesWhatTheFormatsEscape) {
  EXPECT_EQ(rendered("a\\b\"c\nd"), R"(l="a\\b\"c\nd")");
}

TEST(LabelText, KeepsWellFormedUtf8) {
  EXPECT_EQ(rendered("Zürich 東京 🙂"), "l=\"Zürich 東京 🙂\"");
}

TEST(LabelText, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(rendered("a\xff"
                     "b"),
            "l=\"a\xEF\xBF\xBD"
            "b\"");
  // A truncated sequence, an overlong one, a surrogate, and one past U+10FFFF.
  for (const char* bad : {"\xE6\x9D", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    const std::string text = rendered(bad);
    EXPECT_EQ(text.find(bad), std::string::npos);
    EXPECT_NE(text.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(LabelText, SeparatesPairsByCommas) {
  std::string out;
  append_label_text(out, Labels{{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(out, R"(a="1",b="2")");
}

TEST(Names, AreThoseOfTheDataModel) {
  EXPECT_TRUE(is_label_name("tenant_1"));
  for (const char* bad : {"", "1a", "__name__", "a-b", "a:b", "é"}) {
    EXPECT_FALSE(is_label_name(bad)) << bad;
  }
  EXPECT_TRUE(is_metric_name("job:redis_up:sum"));
  for (const char* bad : {"", "1a", "a-b", "a b"}) EXPECT_FALSE(is_metric_name(bad)) << bad;
}

}  // namespace
}  // namespace hitwatch::metrics
