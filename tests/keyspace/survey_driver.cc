#include "tests/keyspace/survey_driver.h"

#include <algorithm>

namespace hitwatch::keyspace {

std::vector<keys::Rule> rules_of(const std::vector<std::string>& templates) {
  std::vector<keys::Rule> rules;
  for (std::string text : templates) {
    const bool required = text.starts_with('!');
    if (required) text.erase(0, 1);
    std::string type;
    if (const auto equals = text.find('='); equals != text.npos) {
      type = text.substr(equals + 1);
      text.resize(equals);
    }
    auto pattern = keys::Pattern::parse(text);
    if (!pattern) throw std::invalid_argument(text);
    if (type.empty() && !pattern->placeholder("type")) type = pattern->leading_segment();
    rules.push_back({*std::move(pattern), type, required});
  }
  return rules;
}

SurveyDriver::SurveyDriver(const std::string& url, const std::vector<std::string>& templates)
    : matcher_(std::make_shared<keys::Matcher>(rules_of(templates))) {
  auto parsed = net::parse_redis_url(url);
  if (!parsed) throw std::invalid_argument(url);
  target_.username = parsed->username;
  target_.password.literal = parsed->password;
  target_.url = *std::move(parsed);
  target_.url.username.clear();
  target_.url.password.clear();
}

std::shared_ptr<const Report> SurveyDriver::run() {
  std::shared_ptr<const Report> result;
  std::shared_ptr<Survey> survey;
  loop_.restart();
  survey = Survey::start(
      loop_.get_executor(), resolver_, tls_contexts_, target_, options, matcher_, ledger,
      remembered_,
      {.begin = [this](const Report&) { return agree; },
       .progress =
           [&](const Progress&) {
             if (on_progress) on_progress(*survey);
           },
       .done = [&](std::shared_ptr<const Report> report) { result = std::move(report); }});
  loop_.run();
  return result;
}

const Group* find_group(const Report& report, std::string_view type, std::string_view tenant,
                        int database) {
  const auto found = std::ranges::find_if(report.groups, [&](const Group& group) {
    return group.database == database && group.type == type && group.tenant == tenant;
  });
  return found == report.groups.end() ? nullptr : &*found;
}

bool has_note(const Report& report, std::string_view part) {
  return std::ranges::any_of(
      report.notes, [part](const std::string& note) { return note.find(part) != note.npos; });
}

}  // namespace hitwatch::keyspace
