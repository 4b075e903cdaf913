// What is wrong with an alertmanager.yml, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// The faults of an alertmanager.yml.
class AlertmanagerKeys : public TestFolder {
 protected:
  std::vector<std::string> faults(const std::string& text) const {
    const std::string prefix = write("am.yml", text) + ":";
    write("h.yaml", "notify: {file: am.yml}\n");
    std::vector<std::string> found;
    const auto config = load_file(path("h.yaml"));
    if (config) return {};
    for (const Fault& fault : config.error()) {
      const std::string line = to_string(fault);
      EXPECT_TRUE(line.starts_with(prefix)) << line;
      found.push_back(line.substr(std::min(prefix.size(), line.size())));
    }
    return found;
  }
  // With the receivers "a" and "b" and the time interval "nights".
  std::vector<std::string> route_faults(const std::string& route) const {
    return faults("route: " + route + "\nreceivers: [{name: a}, {name: b}]\n" +
                  "time_intervals: [{name: nights, time_intervals: [{}]}]\n");
  }
  std::vector<std::string> receiver_faults(const std::string& entries) const {
    return faults("route: {receiver: a}\nreceivers: [{name: a, " + entries + "}]\n");
  }
  std::vector<std::string> interval_faults(const std::string& spec) const {
    return faults(
        "route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: x, "
        "time_intervals: [" +
        spec + "]}]\n");
  }
  std::vector<std::string> http_faults(const std::string& keys) const {
    return receiver_faults("webhook_configs: [{url: http://a, http_config: {" + keys + "}}]");
  }
};

TEST_F(AlertmanagerKeys, ARouteAndItsReceiverMustBeThere) {
  EXPECT_THAT(faults(""), ElementsAre(HasSubstr("needs a route")));
  EXPECT_THAT(faults("receivers: [{name: a}]"), ElementsAre("1:1: needs a route"));
  EXPECT_THAT(route_faults("{}"), ElementsAre(HasSubstr("1:8: route: needs a receiver")));
  EXPECT_THAT(route_faults("{receiver: aa}"),
              ElementsAre("1:19: route.receiver: there is no receiver 'aa', did you mean 'a'?"));
  EXPECT_THAT(
      route_faults("{receiver: a, routes: [{routes: [{receiver: nobody}]}]}"),
      ElementsAre("1:52: route.routes[0].routes[0].receiver: there is no receiver 'nobody'"));
}

TEST_F(AlertmanagerKeys, TheRootTakesEverythingAtAnyTime) {
  EXPECT_THAT(route_faults("{receiver: a, matchers: [x=y]}"),
              ElementsAre(HasSubstr("1:22: route.matchers: not allowed here")));
  EXPECT_THAT(route_faults("{receiver: a, match: {x: y}, match_re: {x: y}}"), SizeIs(2U));
  EXPECT_THAT(route_faults("{receiver: a, continue: true}"),
              ElementsAre("1:22: route.continue: not allowed at the root"));
  EXPECT_THAT(route_faults("{receiver: a, mute_time_intervals: [nights], active_time_intervals: "
                           "[nights]}"),
              SizeIs(2U));
  EXPECT_THAT(route_faults("{receiver: a, matchers: [], continue: false}"), SizeIs(0U));
}

TEST_F(AlertmanagerKeys, GroupByNamesLabelsOnceOrAllOfThem) {
  EXPECT_THAT(route_faults("{receiver: a, group_by: ['...', x]}"),
              ElementsAre(HasSubstr("route.group_by: '...' means all labels")));
  EXPECT_THAT(route_faults("{receiver: a, group_by: [x, x]}"),
              ElementsAre(HasSubstr("route.group_by[1]: 'x' stands already in the list")));
  EXPECT_THAT(route_faults("{receiver: a, group_by: ['']}"),
              ElementsAre(HasSubstr("route.group_by[0]: is not the name of a label")));
}

TEST_F(AlertmanagerKeys, IntervalsOfRoutes) {
  EXPECT_THAT(route_faults("{receiver: a, group_interval: 0s, repeat_interval: 0s, group_wait: 5}"),
              ElementsAre(HasSubstr("route.group_interval: must be more than 0"),
                          HasSubstr("route.repeat_interval: must be more than 0"),
                          HasSubstr("route.group_wait: '5' is")));
  EXPECT_THAT(route_faults("{receiver: a, group_wait: 0s}"), SizeIs(0U));
  EXPECT_THAT(route_faults("{receiver: a, routes: [{mute_time_intervals: [night]}]}"),
              ElementsAre(HasSubstr("route.routes[0].mute_time_intervals[0]: there is no time "
                                    "interval 'night', did you mean 'nights'?")));
}

TEST_F(AlertmanagerKeys, MatchersOfRoutes) {
  EXPECT_THAT(
      route_faults("{receiver: a, routes: [{matchers: ['x', 'y=~\"(\"'], match: {a.b: c}, "
                   "match_re: {d: '['}}]}"),
      ElementsAre(HasSubstr("1:43: route.routes[0].matchers[0]: 'x' is no matcher: one of =, "),
                  HasSubstr("route.routes[0].matchers[1]: "), HasSubstr("route.routes[0].match"),
                  HasSubstr("route.routes[0].match_re.d: error parsing regexp: missing "
                            "closing ]")));
  EXPECT_THAT(route_faults("{receiver: a, routes: [{matchers: 'x=y'}]}"),
              ElementsAre(HasSubstr("matchers: must be a list")));
  EXPECT_THAT(route_faults("{receiver: a, routes: [{matcher: [x=y]}]}"),
              ElementsAre(HasSubstr("matcher: unknown key, did you mean 'matchers'?")));
}

TEST_F(AlertmanagerKeys, NamesAreGivenOnce) {
  EXPECT_THAT(faults("route: {receiver: a}\nreceivers: [{name: a}, {name: a}, {}]"),
              ElementsAre("2:31: receivers[1].name: the same name as receivers[0]",
                          "2:35: receivers[2]: needs a name"));
  EXPECT_THAT(
      faults("route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: x}]\n"
             "mute_time_intervals: [{name: x}, {time_intervals: []}]"),
      ElementsAre(HasSubstr("4:30: mute_time_intervals[0].name: there is a time interval 'x'"),
                  HasSubstr("mute_time_intervals[1]: needs a name")));
}

TEST_F(AlertmanagerKeys, WhatOnlyAlertmanagerHasIsRefusedByName) {
  for (const std::string kind :
       {"email", "opsgenie", "victorops", "pushover", "wechat", "sns", "telegram", "webex",
        "discord", "msteams", "msteamsv2", "jira", "rocketchat", "incidentio", "mattermost"}) {
    const auto found = receiver_faults(kind + "_configs: [{to: x}]");
    ASSERT_THAT(found, SizeIs(1U)) << kind;
    EXPECT_THAT(found[0], HasSubstr("receivers[0]." + kind +
                                    "_configs: hitwatch itself has webhook_configs, slack_configs "
                                    "and pagerduty_configs"));
    EXPECT_THAT(found[0], HasSubstr("alertmanagers"));
  }
  EXPECT_THAT(faults("global: {smtp_smarthost: x, opsgenie_api_key: y}\nroute: {receiver: a}\n"
                     "receivers: [{name: a}]"),
              ElementsAre(HasSubstr("global.smtp_smarthost: is for receivers that hitwatch"),
                          HasSubstr("global.opsgenie_api_key: is for receivers")));
  EXPECT_THAT(receiver_faults("slack_configs: [{api_url: http://a, app_token: x}]"),
              ElementsAre(HasSubstr("app_token: apps of Slack are not supported")));
  EXPECT_THAT(receiver_faults("pagerduty_configs: [{service_key: x}]"),
              ElementsAre(HasSubstr("service_key: PagerDuty's Events API 1 is not supported")));
}

TEST_F(AlertmanagerKeys, Webhooks) {
  EXPECT_THAT(receiver_faults("webhook_configs: [{}]"),
              ElementsAre(HasSubstr("receivers[0].webhook_configs[0]: needs a url")));
  EXPECT_THAT(receiver_faults("webhook_configs: [{url: ftp://hunter2}]"),
              ElementsAre(HasSubstr("url: the URL must start with http:// or https://")));
  for (const char* url : {"<secret>", "https://hooks.example/<secret>"}) {
    EXPECT_THAT(receiver_faults(std::string("webhook_configs: [{url: ") + url + "}]"),
                ElementsAre(HasSubstr("url: is what stands for a secret")));
  }
  EXPECT_THAT(receiver_faults("webhook_configs: [{url: http://a, url_file: b}]"),
              ElementsAre(HasSubstr("url_file: a second URL; give one of url, url_file")));
  EXPECT_THAT(receiver_faults("webhook_configs: [{url_file: /none}]"),
              ElementsAre(HasSubstr("url_file: ")));
  EXPECT_THAT(receiver_faults("webhook_configs: [{url: http://a, max_alerts: -1}]"),
              ElementsAre(HasSubstr("max_alerts: '-1' is not a number")));
  EXPECT_THAT(receiver_faults("webhook_configs: [{url: http://a, hitwatch_signing_secret: b}]"),
              ElementsAre(HasSubstr("hitwatch_signing_secret: unknown key")));
}

TEST_F(AlertmanagerKeys, SlackAndPagerDuty) {
  EXPECT_THAT(receiver_faults("slack_configs: [{channel: x}]"),
              ElementsAre(HasSubstr("slack_configs[0]: needs an api_url")));
  EXPECT_THAT(receiver_faults("slack_configs: [{api_url: http://a, fields: [{title: x}], actions: "
                              "[{type: x}, {type: x, text: y}]}]"),
              ElementsAre(HasSubstr("fields[0]: needs a title and a value"),
                          HasSubstr("actions[0]: needs a type and a text"),
                          HasSubstr("actions[1]: needs a url or a name")));
  EXPECT_THAT(receiver_faults("pagerduty_configs: [{}]"),
              ElementsAre(HasSubstr("pagerduty_configs[0]: needs a routing_key")));
  EXPECT_THAT(receiver_faults("pagerduty_configs: [{routing_key: x, routing_key_file: y, url: z}]"),
              ElementsAre(HasSubstr("routing_key_file: a second key"), HasSubstr("url: the URL")));
}

TEST_F(AlertmanagerKeys, HttpConfig) {
  const auto one = [&](const std::string& keys, const std::string& expected) {
    EXPECT_THAT(http_faults(keys), ElementsAre(HasSubstr(expected))) << keys;
  };
  one("bearer_token: x, basic_auth: {username: y}",
      "bearer_token: not allowed beside 'basic_auth'");
  one("bearer_token: x, authorization: {credentials: y}", "not allowed beside 'authorization'");
  one("bearer_token: x, bearer_token_file: y", "a second token");
  one("authorization: {type: basic, credentials: y}", "type: is what basic_auth is for");
  one("authorization: {credentials: x, credentials_file: y}", "a second secret");
  one("basic_auth: {username: x, password: y, password_file: z}", "a second password");
  one("basic_auth: {username: 'x:y'}", "must not hold a ':'");
  one("tls_config: {ca_file: /none}", "ca_file: /none");
  one("tls_config: {min_version: TLS13}", "min_version: can only be TLS12");
  one("tls_config: {ca: x}", "ca: certificates and keys stand in files");
  one("no_proxy: x", "no_proxy: needs a proxy_url");
  one("proxy_url: 'http://p', proxy_from_environment: true", "not allowed beside");
  one("proxy_connect_header: {a: [b]}", "headers for proxies are not supported");
  one("enable_http2: 'no'", "is not true or false");
  one("http_headers: {Content-Type: {values: [x]}}", "is a header that the sender sets itself");
  one("http_headers: {'a b': {values: [x]}}", "is not the name of a header");
  one("oauth2: {client_id: x}", "oauth2: OAuth 2 is not supported");
  one("bearer: x", "bearer: unknown key");
}

TEST_F(AlertmanagerKeys, TimeIntervals) {
  const auto one = [&](const std::string& spec, const std::string& expected) {
    EXPECT_THAT(interval_faults(spec), ElementsAre(HasSubstr(expected))) << spec;
  };
  one("{times: [{start_time: '09:00'}]}", "times[0]: needs a start_time and an end_time");
  one("{times: [{start_time: '22:00', end_time: '06:00'}]}",
      "a span over midnight is written as two");
  one("{times: [{start_time: '9:00', end_time: '10:00'}]}", "start_time: '9:00' is no time of day");
  one("{times: []}", "times: is an empty list, which never holds");
  one("{weekdays: [mon]}", "weekdays[0]: 'mon' is no weekday like 'monday'");
  one("{weekdays: ['saturday:monday']}", "'saturday:monday' ends before it begins");
  one("{days_of_month: ['0']}", "days_of_month[0]: '0' is no day");
  one("{months: ['13']}", "months[0]: '13' is no month");
  one("{years: [x]}", "years[0]: 'x' is no year");
  one("{location: Mars}", "location: 'Mars' is not in this machine's time zone database");
  one("{weekday: [monday]}", "weekday: unknown key, did you mean 'weekdays'?");
}

TEST_F(AlertmanagerKeys, TheRest) {
  EXPECT_THAT(
      faults("rout: {}\nroute: {receiver: a}\nreceivers: [{name: a}]\ntemplates: [none.tmpl]\n"
             "global: {resolve_timout: 1m}\ninhibit_rules: [{source_matchers: [a], equal: "
             "[b, b], sources: []}]"),
      ElementsAre(HasSubstr("1:1: rout: unknown key, did you mean 'route'?"),
                  HasSubstr("4:13: templates[0]: 'none.tmpl' is no file"),
                  HasSubstr("5:10: global.resolve_timout: unknown key"),
                  HasSubstr("inhibit_rules[0].source_matchers[0]: 'a' is no matcher"),
                  HasSubstr("inhibit_rules[0].equal[1]: 'b' stands already"),
                  HasSubstr("inhibit_rules[0].sources: unknown key")));
}

}  // namespace
}  // namespace hitwatch::config
