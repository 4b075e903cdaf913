#include "agent/notify/text_check.h"

#include <gmock/gmock.h>

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST(NotifyTextCheck, NamesTheTextThatDoesNotParse) {
  const auto templates = NoticeTemplates::load({});
  ASSERT_TRUE(templates) << templates.error();
  WebhookSettings webhook;
  webhook.payload = "{{ .Status";
  SlackSettings slack;
  slack.title = "{{ template \"slack.default.title\" . }}";
  SlackSettings broken = slack;
  broken.fields = {{"a", "b", {}}, {"c", "{{ end }}", {}}};
  PagerDutySettings pagerduty;
  pagerduty.details = {{"x", "{{ nofunction }}"}};
  Settings settings;
  settings.receivers = {{"a", {Integration{true, {}, slack}}}};
  EXPECT_THAT(wrong_texts(settings, **templates), IsEmpty());
  settings.receivers = {{"a",
                         {Integration{true, {}, slack}, Integration{true, {}, webhook},
                          Integration{true, {}, broken}}},
                        {"b", {Integration{true, {}, pagerduty}}}};
  EXPECT_THAT(wrong_texts(settings, **templates),
              ElementsAre(StartsWith("receiver 'a': webhook[0].payload: "),
                          StartsWith("receiver 'a': slack[1].fields[1].value: "),
                          StartsWith("receiver 'b': pagerduty[0].details.x: ")));
}

}  // namespace
}  // namespace hitwatch::notify
