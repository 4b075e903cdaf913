#include "agent/front_page.h"

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "agent/targets_api.h"

namespace hitwatch {
namespace {

std::string escaped_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

web::Response answer_front_page(const std::string& telemetry_path, const WatchedTargets& targets) {
  web::Response response;
  response.content_type = "text/html; charset=utf-8";
  std::string& page = response.body;
  page =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>hitwatch</title>"
      "<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;"
      "padding:0 1rem}td,th{padding:.2rem .8rem .2rem 0;text-align:left}</style></head>"
      "<body><h1>hitwatch</h1><ul>";
  const std::pair<std::string, std::string_view> links[] = {
      {telemetry_path, "metrics for Prometheus"},
      {"/health/cache", "hits, misses and keys as JSON"},
      {"/api/v1/targets", "the state of every target as JSON"},
      {"/api/v1/tenants", "hits, misses and latencies per tenant and type as JSON"},
      {"/api/v1/keyspace", "keys, memory and TTLs per tenant and type as JSON"},
      {"/api/v1/alerts", "alerts that are pending or firing, as JSON"},
      {"/api/v1/rules", "rules, their last evaluations and why alerts changed, as JSON"},
      {"/sd", "the targets for Prometheus' HTTP service discovery"},
      {"/-/healthy", "whether the daemon runs"},
      {"/-/ready", "whether every target has been polled"}};
  for (const auto& [path, what] : links) {
    page += fmt::format("<li><a href=\"{0}\">{0}</a> {1}</li>", escaped_html(path), what);
  }
  page += "</ul><table><tr><th>target</th><th>state</th><th>error</th></tr>";
  for (const auto& watched : targets) {
    const auto state = watched->latest().state;
    page += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                        escaped_html(watched->target.name()), state_word(state.get()),
                        state == nullptr ? "" : escaped_html(state->error.text));
  }
  page += "</table></body></html>\n";
  return response;
}

}  // namespace hitwatch
