// The runbooks that the daemon shows, and how an alert leads to its own.
#include "agent/runbooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/rules/load.h"
#include "agent/runbook_html.h"

namespace hitwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string annotation(const alerting::Rule& rule, const std::string& name) {
  for (const auto& [key, value] : rule.annotations) {
    if (key == name) return value;
  }
  return "";
}

TEST(Runbooks, EveryBundledAlertLeadsToItsPage) {
  config::Rules rules;
  rules.external_url = "https://cache-watch.example";
  const auto loaded = rules::load_rules(rules);
  ASSERT_TRUE(loaded);
  const std::string pages = rules.external_url + "/runbooks/";
  int alerts = 0;
  for (const alerting::GroupSpec& group : *loaded) {
    for (const alerting::Rule& rule : group.rules) {
      if (rule.kind != alerting::Rule::Kind::kAlerting) continue;
      ++alerts;
      const std::string url = annotation(rule, "runbook_url");
      ASSERT_TRUE(url.starts_with(pages)) << rule.name << ": " << url;
      const web::Response page = answer_runbook(url.substr(pages.size()));
      EXPECT_EQ(page.status, 200) << rule.name;
      EXPECT_THAT(page.body, HasSubstr("<h1>" + rule.name + "</h1>"));
      for (const char* part : {"Means", "Costs", "Look at", "Do"}) {
        EXPECT_THAT(page.body, HasSubstr("<strong>" + std::string(part) + "</strong>"))
            << rule.name;
      }
      EXPECT_THAT(page.body, Not(HasSubstr("```"))) << rule.name;
      EXPECT_THAT(answer_runbook("").body, HasSubstr("<a href=\"" + rule.name + "\">"));
    }
  }
  EXPECT_EQ(alerts, 90);
}

TEST(Runbooks, WithoutAnExternalUrlTheLinkIsAPathOfTheDaemon) {
  const auto loaded = rules::load_rules({});
  ASSERT_TRUE(loaded);
  for (const alerting::Rule& rule : loaded->front().rules) {
    if (rule.name != "Watchdog") continue;
    EXPECT_EQ(annotation(rule, "runbook_url"), "/runbooks/watchdog");
  }
}

TEST(Runbooks, WhatThereIsNotIsNotFound) {
  EXPECT_EQ(answer_runbook("NoSuchAlert").status, 404);
  EXPECT_EQ(answer_runbook("RedisDow").status, 404);
  EXPECT_EQ(answer_runbook("Thresholds").status, 404);
  EXPECT_THAT(answer_runbook("<script>").body, Not(HasSubstr("<script>")));
}

TEST(RunbookHtml, ParagraphsListsAndBlocks) {
  EXPECT_EQ(html_of_markdown("one\nline\n\nanother\n"), "<p>one line</p>\n<p>another</p>\n");
  EXPECT_EQ(html_of_markdown("- one\n  goes on\n- two\n\nafter\n"),
            "<ul>\n<li>one goes on</li>\n<li>two</li>\n</ul>\n<p>after</p>\n");
  EXPECT_EQ(html_of_markdown("before\n```sh\na < b\n\n**c**\n```\nafter\n"),
            "<p>before</p>\n<pre><code>a &lt; b\n\n**c**\n</code></pre>\n<p>after</p>\n");
}

TEST(RunbookHtml, WordsAreMarkedAndEscaped) {
  EXPECT_EQ(
      html_of_markdown("**Do** `a*b*[c](d)` <now> & \"then\"\n"),
      "<p><strong>Do</strong> <code>a*b*[c](d)</code> &lt;now&gt; &amp; &quot;then&quot;</p>\n");
  EXPECT_EQ(html_of_markdown("3 * 4 [a] `open\n"), "<p>3 * 4 [a] <code>open</code></p>\n");
}

TEST(RunbookHtml, LinksLeadToPagesAndTheWebOnly) {
  EXPECT_EQ(html_of_markdown("[see](#redisdown)\n"), "<p><a href=\"redisdown\">see</a></p>\n");
  EXPECT_EQ(html_of_markdown("[a](https://a.example/\"b)\n"),
            "<p><a href=\"https://a.example/&quot;b\">a</a></p>\n");
  EXPECT_EQ(html_of_markdown("[`b`](tracing.md#c)\n"), "<p><code>b</code></p>\n");
}

}  // namespace
}  // namespace hitwatch
