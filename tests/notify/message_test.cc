// Messages as text and back.
#include "agent/notify/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;

Message full_message() {
  Message message;
  message.id = "msg_1";
  message.destination = {"team \"X\"", "webhook", 2};
  message.group_key = "{}/{severity=\"page\"}:{alertname=\"Down\"}";
  message.group_labels = {{"alertname", "Down"}};
  message.reason = Reason::kSomeResolved;
  message.created_at = 1'700'000'000'123;
  MessageAlert firing;
  firing.alert.labels = {{"alertname", "Down"}, {"instance", "ä\n\"\\"}};
  firing.alert.annotations = {{"summary", "<b>&"}};
  firing.alert.starts_at = -5;
  firing.alert.generator_url = "http://localhost/graph?g0.expr=up";
  firing.alert.updated_at = 9'000'000'000'000;
  MessageAlert resolved = firing;
  resolved.firing = false;
  resolved.alert.ends_at = 0;
  message.alerts = {firing, resolved};
  return message;
}

TEST(Message, IsReadAsItWasWritten) {
  for (const Message& message : {full_message(), Message()}) {
    const auto read = message_from_json(to_json(message));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, message);
  }
}

TEST(Message, EveryReasonIsReadAsItWasWritten) {
  for (const Reason reason : {Reason::kFirst, Reason::kNewAlerts, Reason::kSomeResolved,
                              Reason::kAllResolved, Reason::kRepeat, Reason::kUnknown}) {
    Message message;
    message.reason = reason;
    EXPECT_EQ(message_from_json(to_json(message))->reason, reason) << reason_text(reason);
  }
  EXPECT_EQ(reason_text(Reason::kRepeat), "repeat interval elapsed");
}

TEST(Message, AReasonOfALaterVersionIsUnknown) {
  std::string text = to_json(full_message());
  const std::string known = "some alerts resolved";
  text.replace(text.find(known), known.size(), "some of tomorrow");
  const auto read = message_from_json(text);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->reason, Reason::kUnknown);
}

TEST(Message, BytesThatAreNoTextAreReplaced) {
  Message message;
  message.group_key = "a\xff";
  const auto read = message_from_json(to_json(message));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->group_key, "a\xef\xbf\xbd");
}

TEST(Message, AnErrorNamesTheField) {
  const auto error_without = [](const std::string& from, const std::string& to) {
    std::string text = to_json(full_message());
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto read = message_from_json(text);
    return read ? std::string("read") : read.error();
  };
  EXPECT_THAT(error_without("\"id\":", "\"di\":"), HasSubstr("'id' is missing"));
  EXPECT_THAT(error_without("\"id\":\"msg_1\"", "\"id\":1"), HasSubstr("'id' is not a text"));
  EXPECT_THAT(error_without("\"index\":2", "\"index\":-2"), HasSubstr("'index'"));
  EXPECT_THAT(error_without("\"index\":2", "\"index\":18446744073709551615"),
              HasSubstr("'index' is not an integer"));
  EXPECT_THAT(error_without("\"group_labels\":{\"alertname\":\"Down\"}", "\"group_labels\":[]"),
              HasSubstr("'group_labels'"));
  EXPECT_THAT(error_without("\"starts_at\":-5", "\"starts_at\":\"\""),
              HasSubstr("an alert: 'starts_at'"));
}

TEST(Message, WhatIsNoMessageIsAnError) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{"), std::string("null"),
        std::string(100'000, '['), std::string(R"({"alerts":{}})")}) {
    EXPECT_FALSE(message_from_json(text)) << text.substr(0, 20);
  }
}

TEST(Message, FiresWhileAnyAlertFires) {
  Message message = full_message();
  EXPECT_TRUE(message.firing());
  message.alerts.erase(message.alerts.begin());
  EXPECT_FALSE(message.firing());
  EXPECT_EQ(message.destination.text(), "team \"X\"/webhook[2]");
}

}  // namespace
}  // namespace hitwatch::notify
