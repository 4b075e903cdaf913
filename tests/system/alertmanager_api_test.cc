// Alertmanager's API beside a real Alertmanager: the same requests to both, and the same amtool
// commands, must be answered alike: statuses, fields, values. Ids of silences and words of errors
// differ.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "agent/net/rfc3339.h"
#include "agent/web/server.h"
#include "tests/notify/api_host.h"
#include "tests/system/alertmanager.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;

std::int64_t clock_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Our side, as the daemon answers it. Everything happens on the server's thread.
class OurApi {
 public:
  OurApi() {
    auto server = web::Server::start({.listen_address = "127.0.0.1:0"},
                                     [this](const web::Request& request, web::Reply reply) {
                                       reply(host_.answer(request, clock_now()).response);
                                     });
    if (!server) throw std::runtime_error(server.error());
    server_ = *std::move(server);
  }
  int port() const { return server_->port(); }

 private:
  notify::ApiHost host_{clock_now()};
  std::unique_ptr<web::Server> server_;
};

// One of the two, with the ids that its silences got, in order.
struct Side {
  int port;
  std::vector<std::string> silences;
};

// `$1` becomes the id of the first silence; `NOW+1h` the time in an hour, everywhere the same.
std::string filled_in(std::string text, const Side& side) {
  static const std::map<std::string, std::int64_t> kTimes = {
      {"NOW-1h", -3'600'000}, {"NOW+2h", 7'200'000}, {"NOW+1h", 3'600'000}, {"NOW", 0}};
  for (std::size_t i = side.silences.size(); i > 0; --i) {
    const std::regex name("\\$" + std::to_string(i));
    text = std::regex_replace(text, name, side.silences[i - 1]);
  }
  const std::int64_t now = clock_now();
  for (const auto& name : {"NOW-1h", "NOW+2h", "NOW+1h", "NOW"}) {
    const std::string time = net::format_rfc3339_milliseconds(now + kTimes.at(name));
    for (std::size_t found = text.find(name); found != text.npos; found = text.find(name)) {
      text.replace(found, std::string_view(name).size(), time);
    }
  }
  return text;
}

// Times that differ by seconds are the same on both sides. Those of interest are multiples of 100 s
// from now.
std::string shown_time(std::int64_t time) {
  return "now" + std::to_string(std::llround(static_cast<double>(time - clock_now()) / 100'000));
}

json comparable(const json& answer, const Side& side);

json comparable_text(const std::string& text, const Side& side) {
  const auto id = std::ranges::find(side.silences, text);
  if (id != side.silences.end()) return "$" + std::to_string(id - side.silences.begin() + 1);
  if (const auto time = net::parse_rfc3339(text)) return shown_time(*time);
  return text;
}

json comparable_object(const json& object, const Side& side) {
  static const std::vector<std::string> kOfNewerVersions = {"mutedBy"};
  json out = json::object();
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(kOfNewerVersions, name) != kOfNewerVersions.end()) continue;
    out[name] = name == "message" ? json("words") : comparable(value, side);
  }
  return out;
}

json comparable(const json& answer, const Side& side) {
  if (answer.is_object()) return comparable_object(answer, side);
  if (answer.is_string()) return comparable_text(answer.get<std::string>(), side);
  if (!answer.is_array()) return answer;
  json out = json::array();
  for (const json& entry : answer) out.push_back(comparable(entry, side));
  return out;
}

struct Step {
  std::string method;
  std::string path;
  std::string body = {};
};

json ask(const Step& step, Side& side) {
  httplib::Client client("127.0.0.1", side.port);
  httplib::Request request;
  request.method = step.method;
  request.path = filled_in(step.path, side);
  request.body = filled_in(step.body, side);
  if (step.method == "POST") request.headers = {{"Content-Type", "application/json"}};
  const auto answer = client.send(request);
  if (!answer) return "no answer";
  const json body = json::parse(answer->body, nullptr, false);
  if (body.is_object() && body.contains("silenceID")) {
    const std::string id = body["silenceID"];
    if (std::ranges::find(side.silences, id) == side.silences.end()) side.silences.push_back(id);
  }
  json shown = body.is_string() ? json("words") : comparable(body, side);
  if (answer->body.empty()) shown = "";
  return {{"status", answer->status}, {"body", std::move(shown)}};
}

class AlertmanagerApi : public testing::Test {
 protected:
  void compare(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      const json theirs = ask(step, their_side);
      const json given = ask(step, our_side);
      EXPECT_EQ(given.dump(1), theirs.dump(1))
          << step.method << ' ' << step.path << ' ' << step.body;
    }
  }

  Alertmanager alertmanager{notify::ApiHost::kConfiguration};
  OurApi ours;
  Side their_side{alertmanager.port(), {}};
  Side our_side{ours.port(), {}};
};

std::string silence(const std::string& matchers, const std::string& starts_at = "NOW-1h",
                    const std::string& ends_at = "NOW+1h", const std::string& id = "") {
  return R"({"id":")" + id + R"(","matchers":[)" + matchers + R"(],"startsAt":")" + starts_at +
         R"(","endsAt":")" + ends_at + R"(","createdBy":"ada","comment":"why"})";
}

std::string matcher(const std::string& name, const std::string& value, bool is_regex = false,
                    const std::string& is_equal = "") {
  return R"({"name":")" + name + R"(","value":")" + value + R"(","isRegex":)" +
         (is_regex ? "true" : "false") + (is_equal.empty() ? "" : ",\"isEqual\":" + is_equal) + "}";
}

std::vector<Step> gets(const std::string& path, const std::vector<std::string>& queries) {
  std::vector<Step> steps;
  for (const std::string& query : queries) steps.push_back({"GET", path + "?" + query});
  return steps;
}

const Step kAlerts{"POST", "/api/v2/alerts", R"([
  {"labels":{"alertname":"A","severity":"page","team":"web","instance":"i1","none":""},
   "annotations":{"summary":"x","runbook":""},"generatorURL":"http://g/x?a=<b>&c"},
  {"labels":{"alertname":"A","severity":"page","team":"web","instance":"i2"},
   "startsAt":"NOW-1h","endsAt":"NOW+1h"},
  {"labels":{"alertname":"Boss"}},{"labels":{"alertname":"Minor"}},
  {"labels":{"alertname":"Quiet"},"startsAt":"0001-01-01T00:00:00Z","endsAt":null},
  {"labels":{"alertname":"Over"},"startsAt":"NOW-1h","endsAt":"NOW-1h"}])"};

TEST_F(AlertmanagerApi, AlertsAreTakenAndRefusedAlike) {
  compare(
      {kAlerts,
       {"GET", "/api/v2/alerts"},
       {"POST", "/api/v2/alerts", "[]"},
       {"POST", "/api/v2/alerts", "null"},
       {"POST", "/api/v2/alerts", ""},
       {"POST", "/api/v2/alerts", "[{"},
       {"POST", "/api/v2/alerts", R"({"labels":{"a":"b"}})"},
       {"POST", "/api/v2/alerts", R"([{"annotations":{}}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":null}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":{"a":5}}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":{"alertname":""}}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":{}},{"labels":{"alertname":"Beside"}}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":{"a":"b"},"generatorURL":"not a url"}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":{"a":"b"},"startsAt":"yesterday"}])"},
       {"POST", "/api/v2/alerts",
        R"([{"labels":{"a":"b"},"startsAt":"NOW+1h","endsAt":"NOW-1h"}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":{"a":"b"},"startsAt":"9999-01-01T00:00:00Z"}])"},
       {"POST", "/api/v2/alerts", R"([{"labels":{"alertname":"More"},"status":5}])"},
       {"GET", "/api/v2/alerts"}});
}

TEST_F(AlertmanagerApi, AlertsAndGroupsAreFilteredAlike) {
  compare({kAlerts, {"POST", "/api/v2/silences", silence(matcher("alertname", "Quiet"))}});
  // Until both have told the groups of the alerts: an Alertmanager lists them then.
  EXPECT_TRUE(eventually([&] {
    const Step groups{"GET", "/api/v2/alerts/groups"};
    return ask(groups, their_side) == ask(groups, our_side);
  }));
  for (const std::string path : {"/api/v2/alerts", "/api/v2/alerts/groups"}) {
    compare(gets(path, {"filter=alertname%3DA",
                        "filter=alertname%3D%22A%22&filter=instance%3Di2",
                        "filter=none%3D%22%22",
                        "filter=instance!%3D%22%22",
                        "filter=team%3D~%22w.*%22",
                        "filter=team!~%22w.*%22",
                        "filter=bad",
                        "filter=",
                        "filter=a%3D~%22(%22",
                        "receiver=team-X.web",
                        "receiver=team",
                        "receiver=team.*",
                        "receiver=(",
                        "silenced=false",
                        "inhibited=false",
                        "active=false",
                        "active=false&silenced=false",
                        "active=no",
                        "active=yes",
                        "silenced=0&inhibited=f",
                        "unknown=1"}));
  }
}

TEST_F(AlertmanagerApi, SilencesAreMadeAndRefusedAlike) {
  const auto post = [](std::string body) {
    return Step{"POST", "/api/v2/silences", std::move(body)};
  };
  compare({
      post(silence(matcher("alertname", "A"))),
      post(silence(matcher("instance", "i.*", true) + "," + matcher("a", "b", false, "false"),
                   "NOW+1h", "NOW+2h")),
      post(silence("")),
      post("{}"),
      post(""),
      post("[]"),
      post("{"),
      post(R"({"comment":"a","createdBy":"b","startsAt":"NOW","endsAt":"NOW+1h"})"),
      post(silence(R"({"name":"a","value":"b"})")),
      post(silence(R"({"value":"b","isRegex":false})")),
      post(silence(matcher("a", ""))),
      post(silence(matcher("a", ".*", true))),
      post(silence(matcher("a", "(", true))),
      post(silence(matcher("a-b", "c"))),
      post(silence(matcher("", "c"))),
      post(silence(matcher("a", "b"), "NOW+2h", "NOW+1h")),
      post(silence(matcher("a", "b"), "NOW-1h", "NOW-1h")),
      post(silence(matcher("a", "b"), "NOW-1h", "soon")),
      post(silence(matcher("a", "b"), "NOW", "NOW+1h", "11111111-1111-4111-8111-111111111111")),
      {"GET", "/api/v2/silences"},
      {"GET", "/api/v2/silence/$1"},
      {"GET", "/api/v2/silence/x"},
      {"GET", "/api/v2/silences?filter=alertname%3DA"},
      {"GET", "/api/v2/silences?filter=alertname%3D~A"},
      {"GET", "/api/v2/silences?filter=a!%3Db"},
      {"GET", "/api/v2/silences?filter=bad"},
  });
}

TEST_F(AlertmanagerApi, SilencesAreChangedAndEndedAlike) {
  const auto post = [](std::string body) {
    return Step{"POST", "/api/v2/silences", std::move(body)};
  };
  compare({
      post(silence(matcher("alertname", "A"), "NOW+1h", "NOW+2h")),
      post(silence(matcher("alertname", "A"), "NOW+1h", "NOW+1h", "$1")),
      post(silence(matcher("alertname", "A"), "NOW-1h", "NOW+2h", "$1")),
      post(silence(matcher("alertname", "B"), "NOW-1h", "NOW+2h", "$1")),
      {"GET", "/api/v2/silence/$1"},
      {"GET", "/api/v2/silence/$2"},
      {"GET", "/api/v2/silence/$3"},
      {"DELETE", "/api/v2/silence/$2"},
      {"DELETE", "/api/v2/silence/$2"},
      {"GET", "/api/v2/silence/$2"},
      {"DELETE", "/api/v2/silence/x"},
  });
}

TEST_F(AlertmanagerApi, TheRestIsAlike) {
  compare({{"GET", "/api/v2/receivers"},
           {"GET", "/api/v2/nothing"},
           {"PUT", "/api/v2/alerts"},
           {"DELETE", "/api/v2/silences"}});
  const json theirs = ask({"GET", "/api/v2/status"}, their_side)["body"];
  const json given = ask({"GET", "/api/v2/status"}, our_side)["body"];
  for (const std::string name : {"cluster", "config", "versionInfo"}) {
    for (const auto& [field, value] : theirs[name].items()) {
      EXPECT_EQ(given[name].value(field, json()).type(), value.type()) << name << ' ' << field;
    }
  }
  EXPECT_EQ(given["uptime"], theirs["uptime"]);
}

// What amtool prints, with ids in order of appearance and without times of day and widths.
std::string amtool(const std::vector<std::string>& arguments, Side& side) {
  static const std::regex kId("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  static const std::regex kTime("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC");
  std::vector<std::string> command = {
      "amtool", "--alertmanager.url=http://127.0.0.1:" + std::to_string(side.port)};
  for (const std::string& argument : arguments) command.push_back(filled_in(argument, side));
  const Finished finished = run_to_end(command);
  std::string text = finished.output;
  for (std::smatch found; std::regex_search(text, found, kId);) {
    const std::string id = found.str();
    auto known = std::ranges::find(side.silences, id);
    if (known == side.silences.end()) known = side.silences.insert(known, id);
    text.replace(text.find(id), id.size(), "$" + std::to_string(known - side.silences.begin() + 1));
  }
  text = std::regex_replace(text, kTime, "TIME");
  text = std::regex_replace(text, std::regex(" +"), " ");
  return text + "exit " + std::to_string(finished.code);
}

TEST_F(AlertmanagerApi, AmtoolSeesNoDifference) {
  const std::vector<std::vector<std::string>> commands = {
      {"alert", "query"},
      {"alert", "add", "A", "team=web", "instance=i1", "severity=page", "--annotation=summary=x"},
      {"alert", "add", "alertname=B", "foo=bar", "--end=NOW+1h"},
      {"alert", "query"},
      {"alert", "query", "-o", "extended", "alertname=A"},
      {"alert", "query", "alertname=~\"A|C\"", "team!=\"x\""},
      {"alert", "query", "--receiver=team-X.web"},
      {"silence", "add", "alertname=A", "-a", "ada", "-c", "why", "-d", "1h"},
      {"silence", "add", "alertname=~\"B.*\"", "foo!=\"x\"", "-a", "ada", "-c", "why", "-d", "2h"},
      {"silence", "add", "alertname=~(", "-a", "ada", "-c", "why"},
      {"silence", "query"},
      {"silence", "query", "-o", "extended"},
      {"silence", "query", "alertname=A"},
      {"silence", "query", "-q"},
      {"alert", "query"},
      {"alert", "query", "--silenced"},
      {"silence", "update", "$1", "-d", "3h", "-c", "longer"},
      {"silence", "query", "-o", "extended"},
      {"silence", "expire", "$1"},
      {"silence", "query", "--expired"},
      {"silence", "query"},
      {"alert", "query"},
      {"config", "routes", "show"},
      {"config", "routes", "test", "team=web", "severity=page"},
      {"config", "routes", "test", "--verify.receivers=default", "team=ops"},
      {"cluster", "show"},
  };
  for (const auto& command : commands) {
    std::string line;
    for (const std::string& word : command) line += " " + word;
    const std::string theirs = amtool(command, their_side);
    EXPECT_EQ(amtool(command, our_side), theirs) << "amtool" << line;
  }
  EXPECT_THAT(amtool({"config", "show"}, our_side), testing::HasSubstr("receiver: default"));
}

}  // namespace
}  // namespace hitwatch::test
