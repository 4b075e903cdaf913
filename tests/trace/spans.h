// Spans as the daemon makes them.
#pragma once

#include <string>
#include <utility>

#include "agent/trace/span.h"

namespace hitwatch::trace {

constexpr Time kStart{std::chrono::nanoseconds(1'790'000'000'123'456'789)};

// A command of the slow log.
inline Span slow_command(std::string key = "catalog:acme:17") {
  Span span{.context = {new_trace_id(), new_span_id(), true},
            .name = "EVAL",
            .kind = Kind::kClient,
            .start = kStart,
            .end = kStart + std::chrono::milliseconds(25)};
  span.attributes = {{"db.system.name", "redis"},
                     {"db.operation.name", "EVAL"},
                     {"db.query.text", "EVAL ? ? " + std::move(key)},
                     {"server.port", std::int64_t{6379}},
                     {"hitwatch.slowlog.id", std::int64_t{-1}},
                     {"hitwatch.share", 0.25},
                     {"hitwatch.complete", true},
                     {"hitwatch.tenants", std::vector<std::string>{"acme", "globex"}}};
  return span;
}

// One with all there is.
inline Span failed_poll() {
  Span span{.context = {*parse_trace_id("5b8efff798038103d269b633813fc60c"),
                        *parse_span_id("eee19b7ec3c1b174"), true},
            .parent = *parse_span_id("eee19b7ec3c1b173"),
            .name = "poll",
            .kind = Kind::kInternal,
            .start = kStart,
            .end = kStart + std::chrono::seconds(3),
            .attributes = {{"server.address", "cache.example"}}};
  span.events.push_back({.time = kStart + std::chrono::seconds(1),
                         .name = "reconnect",
                         .attributes = {{"attempt", std::int64_t{2}}}});
  span.events.push_back({.time = kStart + std::chrono::seconds(2), .name = "gave up"});
  span.links.push_back({.to = {*parse_trace_id("0102030405060708090a0b0c0d0e0f10"),
                               *parse_span_id("0102030405060708"), true},
                        .attributes = {{"why", "evaluation"}}});
  span.status = Status::kError;
  span.status_message = "connection refused";
  return span;
}

}  // namespace hitwatch::trace
