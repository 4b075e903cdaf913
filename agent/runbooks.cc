#include "agent/runbooks.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "agent/net/http_words.h"
#include "agent/runbook_html.h"
#include "agent/runbook_text.h"

namespace hitwatch {
namespace {

constexpr std::string_view kHeading = "\n### ";

struct Runbook {
  std::string_view alert;
  std::string_view text;  // Markdown, without the heading
};

// The next section of an alert in `document`, which is taken; without a name if there is none.
Runbook take_runbook(std::string_view& document) {
  const std::size_t at = document.find(kHeading);
  if (at == document.npos) return {};
  document.remove_prefix(at + kHeading.size());
  const std::size_t line_end = document.find('\n');
  const std::string_view alert = document.substr(0, line_end);
  document.remove_prefix(std::min(line_end, document.size()));
  const std::size_t end = std::min(document.find("\n## "), document.find(kHeading));
  return {.alert = alert, .text = document.substr(0, end)};
}

web::Response page(std::string_view title, std::string_view body) {
  web::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"}};
  response.body = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><style>"
      ":root{{color-scheme:light dark}}"
      "body{{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:1.5rem auto;padding:0 1rem}}"
      "pre{{overflow-x:auto;padding:.6rem .8rem;border:1px solid #8886;border-radius:.3rem}}"
      "</style></head><body><h1>{0}</h1>\n{1}</body></html>\n",
      title, body);
  return response;
}

web::Response list_of_runbooks() {
  std::string body = "<p>What to do about each alert that comes with hitwatch.</p>\n<ul>\n";
  std::string_view rest = runbook_text();
  for (Runbook one = take_runbook(rest); !one.alert.empty(); one = take_runbook(rest)) {
    body += fmt::format("<li><a href=\"{0}\">{0}</a></li>\n", html_text(one.alert));
  }
  return page("Runbooks", body + "</ul>\n");
}

}  // namespace

web::Response answer_runbook(std::string_view alert) {
  if (alert.empty()) return list_of_runbooks();
  std::string_view rest = runbook_text();
  for (Runbook one = take_runbook(rest); !one.alert.empty(); one = take_runbook(rest)) {
    if (!net::equal_ignoring_case(one.alert, alert)) continue;
    return page(one.alert, html_of_markdown(one.text) +
                               "<p><a href=\"./\">All runbooks</a>, "
                               "<a href=\"../\">this hitwatch</a></p>\n");
  }
  web::Response response;
  response.status = 404;
  response.body = "There is no such runbook. The list of them: /runbooks/\n";
  return response;
}

}  // namespace hitwatch
