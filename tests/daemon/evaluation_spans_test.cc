// From an evaluation to its transitions, and from a message back to them.
#include "agent/rules/evaluation_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/notify/alert_trace.h"
#include "agent/notify/delivery_span.h"
#include "rules/alerting/rule_file.h"
#include "tests/daemon/span_queries.h"

namespace hitwatch::rules {
namespace {

using test::attribute;
using test::names_of;
using testing::ElementsAre;

alerting::RuleTransition change(alerting::AlertState from, alerting::AlertState to) {
  alerting::RuleTransition out;
  out.rule_name = "HitRateLow";
  out.expr = "hit_rate < 0.8";
  out.transition.from = from;
  out.transition.to = to;
  out.transition.time = 1'800'000'000'000;
  out.transition.reason = "the expression has held for 5m";
  out.transition.alert.state = to;
  out.transition.alert.labels = {{"alertname", "HitRateLow"}, {"instance", "catalog"}};
  out.transition.alert.value = 0.5;
  return out;
}

class EvaluationSpans : public testing::Test {
 protected:
  using State = alerting::AlertState;

  std::vector<trace::Span> spans() {
    return evaluation_spans(group, outcome,
                            {evaluation, trace::Time(), trace::Time(), announcement, poll_of});
  }
  static alerting::GroupSpec spec() {
    alerting::GroupSpec out;
    out.name = "cache";
    out.file = "rules/cache.yaml";
    return out;
  }

  alerting::Group group{spec(), {}};
  alerting::Outcome outcome;
  trace::Context evaluation{trace::new_trace_id(), trace::new_span_id(), true};
  trace::Context poll{trace::new_trace_id(), trace::new_span_id(), true};
  AnnouncementContext announcement{{{"region", "eu"}}, "http://hitwatch.example"};
  PollOf poll_of = [this](const std::string& instance) {
    return instance == "catalog" ? std::optional(poll) : std::nullopt;
  };
};

TEST_F(EvaluationSpans, TransitionsAreBelowTheEvaluation) {
  outcome.transitions = {change(State::kInactive, State::kPending),
                         change(State::kPending, State::kFiring),
                         change(State::kFiring, State::kInactive)};
  EXPECT_TRUE(is_notable(group, outcome));
  const auto made = spans();
  EXPECT_THAT(names_of(made), ElementsAre("evaluate cache", "alert HitRateLow pending",
                                          "alert HitRateLow firing", "alert HitRateLow resolved"));
  EXPECT_EQ(attribute(made[0], "hitwatch.alert.transitions"), "3");
  for (std::size_t i = 1; i < made.size(); ++i) {
    EXPECT_EQ(made[i].parent, evaluation.span);
    EXPECT_EQ(made[i].context.trace, evaluation.trace);
    EXPECT_EQ(made[i].links, (std::vector<trace::Link>{{poll, {}}})) << "to the poll";
  }
  EXPECT_EQ(attribute(made[2], "hitwatch.alert.reason"), "the expression has held for 5m");
  EXPECT_EQ(attribute(made[2], "hitwatch.alert.labels"),
            "alertname=\"HitRateLow\",instance=\"catalog\"");
}

TEST_F(EvaluationSpans, WhereNothingChangedNobodyWillAsk) {
  EXPECT_FALSE(is_notable(group, outcome));
  EXPECT_THAT(names_of(spans()), ElementsAre("evaluate cache"));
}

TEST_F(EvaluationSpans, AFailedRuleIsAnError) {
  alerting::GroupSpec failing = spec();
  failing.rules.emplace_back().name = "Unreadable";
  alerting::Group broken(std::move(failing), {});
  outcome = broken.evaluate(1'800'000'000'000, {});
  ASSERT_TRUE(is_notable(broken, outcome));
  const auto made = evaluation_spans(
      broken, outcome, {evaluation, trace::Time(), trace::Time(), announcement, poll_of});
  EXPECT_EQ(made[0].status, trace::Status::kError);
  EXPECT_EQ(made[0].status_message, "Unreadable: the rule has no expression");
  ASSERT_EQ(made[0].events.size(), 1U);
  EXPECT_EQ(made[0].events[0].name, "rule failed");
}

TEST_F(EvaluationSpans, ThousandsOfTransitionsAreAllThere) {
  outcome.transitions.assign(3000, change(State::kPending, State::kFiring));
  EXPECT_EQ(spans().size(), 3001U);
}

TEST_F(EvaluationSpans, AMessageLeadsToTheTransitionItTellsOf) {
  for (const auto& [from, to] :
       {std::pair(State::kPending, State::kFiring), std::pair(State::kFiring, State::kInactive)}) {
    outcome.transitions = {change(from, to)};
    outcome.transitions[0].transition.alert.trace_id = trace::to_hex(evaluation.trace);
    const alerting::RuleTransition& told = outcome.transitions[0];
    const notify::Alert alert =
        announced(told.transition.alert, told.expr, told.transition.time, announcement);
    EXPECT_EQ(notify::label_value(alert.annotations, "trace_id"), trace::to_hex(evaluation.trace));

    test::TakenSpans taken;
    notify::Message message;
    message.destination = {"team", "webhook", 0};
    message.alerts = {{alert, to == State::kFiring}};
    message.reason = notify::Reason::kFirst;
    notify::DeliverySpan delivery(taken.tracer, message);
    net::HttpRequest request;
    delivery.add_header(request);
    delivery.end(taken.tracer, nullptr,
                 {.kind = notify::Verdict::Kind::kAccepted, .reason = "", .retry_after = {}});
    const auto sent = taken.take();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].name, "notify webhook");
    EXPECT_EQ(sent[0].context.trace, evaluation.trace);
    EXPECT_EQ(sent[0].parent, spans()[1].context.span);
    ASSERT_EQ(request.headers.size(), 1U);
    EXPECT_EQ(request.headers[0].first, "traceparent");
    EXPECT_EQ(request.headers[0].second, trace::to_traceparent(sent[0].context));
  }
}

TEST_F(EvaluationSpans, AnAnnotationOfTheRuleIsNotOverwritten) {
  alerting::Alert alert = change(State::kPending, State::kFiring).transition.alert;
  alert.trace_id = trace::to_hex(evaluation.trace);
  alert.annotations = {{"trace_id", "mine"}};
  EXPECT_EQ(announced(alert, "x", 0, announcement).annotations,
            (metrics::Labels{{"trace_id", "mine"}}));
  alert.trace_id = "";
  alert.annotations = {};
  EXPECT_TRUE(announced(alert, "x", 0, announcement).annotations.empty());
}

notify::Message message_of(const std::vector<std::string>& traces, notify::Reason reason) {
  notify::Message message;
  message.id = "msg_1";
  message.destination = {"team", "slack", 1};
  message.reason = reason;
  for (const std::string& id : traces) {
    notify::Alert alert;
    alert.labels = {{"alertname", "A" + id}};
    if (!id.empty()) alert.annotations = {{"trace_id", id}};
    message.alerts.push_back({alert, true});
  }
  return message;
}

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(DeliverySpans, OtherAlertsAreLinked) {
  test::TakenSpans taken;
  notify::DeliverySpan span(taken.tracer, message_of({kTrace, "", kTrace}, notify::Reason::kFirst));
  span.end(taken.tracer, nullptr, {});
  const auto sent = taken.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].links.size(), 1U);
  EXPECT_EQ(attribute(sent[0], "hitwatch.alerts"), "3");
  EXPECT_EQ(attribute(sent[0], "hitwatch.receiver"), "team/slack[1]");
}

TEST(DeliverySpans, ARepetitionIsATraceOfItsOwn) {
  test::TakenSpans taken;
  notify::DeliverySpan span(taken.tracer, message_of({kTrace}, notify::Reason::kRepeat));
  span.end(taken.tracer, nullptr, {});
  const auto sent = taken.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_FALSE(sent[0].parent.valid());
  EXPECT_NE(trace::to_hex(sent[0].context.trace), kTrace);
  ASSERT_EQ(sent[0].links.size(), 1U);
  EXPECT_EQ(trace::to_hex(sent[0].links[0].to.trace), kTrace);
}

TEST(DeliverySpans, EachAttemptTellsHowItEnded) {
  test::TakenSpans taken;
  notify::DeliverySpan span(taken.tracer, message_of({kTrace}, notify::Reason::kFirst));
  span.set_attempt(2);
  span.set_server(net::parse_http_url("https://hooks.example/T000/secret").value());
  net::HttpResponse answer;
  answer.status = 503;
  span.end(taken.tracer, &answer,
           {.kind = notify::Verdict::Kind::kRetry, .reason = "HTTP status 503", .retry_after = {}});
  const auto sent = taken.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].status, trace::Status::kError);
  EXPECT_EQ(sent[0].status_message, "HTTP status 503");
  EXPECT_EQ(attribute(sent[0], "http.response.status_code"), "503");
  EXPECT_EQ(attribute(sent[0], "http.request.resend_count"), "2");
  EXPECT_EQ(attribute(sent[0], "error.type"), "503");
  EXPECT_EQ(attribute(sent[0], "server.address"), "hooks.example");
  for (const trace::Attribute& one : sent[0].attributes) {
    if (const auto* text = std::get_if<std::string>(&one.value)) {
      EXPECT_FALSE(text->contains("secret")) << one.key;
    }
  }
}

TEST(DeliverySpans, AHeaderOfTheConfigurationStays) {
  test::TakenSpans taken;
  const notify::DeliverySpan span(taken.tracer, message_of({kTrace}, notify::Reason::kFirst));
  net::HttpRequest request;
  request.headers = {{"Traceparent", "mine"}};
  span.add_header(request);
  EXPECT_EQ(request.headers.size(), 1U);
}

TEST(DeliverySpans, WithoutTracingThereIsNeitherSpanNorHeader) {
  trace::SpanQueue queue;
  trace::Tracer off(queue);
  notify::DeliverySpan span(off, message_of({kTrace}, notify::Reason::kFirst));
  net::HttpRequest request;
  span.add_header(request);
  span.end(off, nullptr, {});
  EXPECT_TRUE(request.headers.empty());
  EXPECT_EQ(queue.size(), 0U);
}

TEST(DeliverySpans, WhatGoesToAnAlertmanagerAgainAndAgainIsSentOnlyIfItFails) {
  test::TakenSpans taken;
  notify::DeliverySpan(taken.tracer, 3)
      .end(taken.tracer, nullptr,
           {.kind = notify::Verdict::Kind::kAccepted, .reason = "", .retry_after = {}});
  EXPECT_TRUE(taken.take().empty());
  notify::DeliverySpan(taken.tracer, 3).end(taken.tracer, nullptr, {});
  EXPECT_EQ(names_of(taken.take()), std::vector<std::string>{"notify alertmanager"});
}

}  // namespace
}  // namespace hitwatch::rules
