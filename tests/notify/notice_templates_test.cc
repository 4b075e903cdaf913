#include "agent/notify/notice_templates.h"

#include <gmock/gmock.h>

#include "agent/notify/notice_functions.h"
#include "tests/notify/notice_sample.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::notify {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// What a text becomes for the sample, or what is wrong with it.
std::string expanded(std::string_view text, const Message& message = test::sample_message()) {
  const auto data = notice_data(message, test::kExternalUrl);
  auto out = test::default_templates()->expand(text, data, test::kTenOClock + 90'120);
  return out ? *out : "error: " + out.error();
}

TEST(NoticeData, HasWhatAlertmanagersTemplatesSee) {
  EXPECT_EQ(expanded("{{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ .NotificationReason }}"),
            R"(team-X\.web firing http://am.example:9093/p new alerts added)");
  EXPECT_EQ(expanded("{{ .Status }}", test::resolved_message()), "resolved");
  EXPECT_EQ(expanded("{{ len .Alerts }} {{ len .Alerts.Firing }} {{ .Alerts.Resolved | len }}"),
            "3 2 1");
  EXPECT_EQ(expanded("{{ range .Alerts }}{{ .Status }} {{ .Labels.instance }} {{ .Fingerprint }} "
                     "{{ .GeneratorURL }}\n{{ end }}"),
            "firing r1:6379 d1d5df9387b37780 http://hw.example/graph?a=1&b=2\n"
            "firing r2:6379 e1a14822eed761f1 http://hw.example/graph?a=1&b=2\n"
            "resolved r3:6379 " +
                fingerprint(test::sample_alert("r3:6379", false).alert.labels) +
                " http://hw.example/graph?a=1&b=2\n");
  EXPECT_EQ(expanded("{{ .CommonAnnotations.summary }}|{{ .CommonLabels.instance }}"),
            "It's \"down\" & <out>|");
}

TEST(NoticeData, LabelsAreMapsWithMethods) {
  EXPECT_EQ(expanded("{{ range .CommonLabels.SortedPairs }}{{ .Name }}:{{ .Value }},{{ end }}"),
            "alertname:RedisDown,cluster:c<1>,severity:page,");
  EXPECT_EQ(expanded("{{ .CommonLabels.Names | join \" \" }}"), "alertname cluster severity");
  EXPECT_EQ(expanded("{{ join \" \" .CommonLabels.Values }}"), "RedisDown c<1> page");
  EXPECT_EQ(expanded("{{ (.CommonLabels.Remove .GroupLabels.Names).Values | join \"\" }}"), "page");
  EXPECT_EQ(expanded("{{ .CommonLabels.SortedPairs.Names }}"), "[alertname cluster severity]");
  EXPECT_EQ(expanded("{{ .CommonLabels.SortedPairs.Values | len }}"), "3");
  EXPECT_EQ(expanded("{{ .GroupLabels }}|{{ .GroupLabels.SortedPairs }}"),
            "alertname=RedisDown, cluster=c<1>|alertname=RedisDown, cluster=c<1>");
  EXPECT_EQ(expanded("{{ index .CommonLabels \"severity\" }}{{ .CommonLabels.nope }}"), "page");
  EXPECT_EQ(
      expanded(R"({{ with .CommonLabels.Remove (stringSlice "cluster" "x") }}{{ . }}{{ end }})"),
      "alertname=RedisDown, severity=page");
  EXPECT_THAT(expanded("{{ .CommonLabels.Remove \"a\" }}"), HasSubstr("[]string"));
  EXPECT_THAT(expanded("{{ .CommonLabels.SortedPairs | join \"\" }}"),
              HasSubstr("expected []string; got template.Pairs"));
}

TEST(NoticeData, TimesAreGosAndAFiringAlertHasNoEnd) {
  EXPECT_EQ(expanded("{{ (index .Alerts 0).StartsAt }}"), "2026-08-20 10:00:00.12 +0000 UTC");
  EXPECT_EQ(expanded("{{ (index .Alerts 0).EndsAt }}"), "0001-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(expanded("{{ (index .Alerts 0).EndsAt.IsZero }}"), "true");
  EXPECT_EQ(expanded("{{ range .Alerts.Resolved }}{{ .EndsAt.Format \"2006-01-02 15:04\" }} "
                     "{{ .EndsAt.Sub .StartsAt }} {{ .StartsAt.Unix }}{{ end }}"),
            "2026-08-20 11:00 1h0m0.38s 1787220000");
}

TEST(NoticeFunctions, ChangeTexts) {
  EXPECT_EQ(expanded(R"({{ toUpper "aé" }} {{ toLower "AÉ" }} {{ safeHtml "<a>" }})"), "AÉ aé <a>");
  EXPECT_EQ(expanded(R"([{{ trimSpace "\t\n a b \u00a0" }}][{{ trimSpace " " }}])"), "[a b][]");
  EXPECT_EQ(expanded(R"({{ join "," (stringSlice "a" "b") }}{{ join "," stringSlice }})"), "a,b");
  EXPECT_EQ(expanded(R"({{ match "a.c" "xabcx" }} {{ reReplaceAll "a(.)c" "<$1>" "abcadc" }})"),
            "true <b><d>");
  EXPECT_EQ(expanded(R"({{ urlUnescape "a%20b+c" }} {{ safeUrl "http://x/?a=b" }})"),
            "a b c http://x/?a=b");
  EXPECT_THAT(expanded(R"({{ urlUnescape "%zz" }})"), HasSubstr("error calling urlUnescape"));
}

TEST(NoticeFunctions, TitleHasCapitalsOnlyAtTheBeginningOfWords) {
  EXPECT_EQ(title_case("hELLO wORLD o'neil foo-bar foo_bar ñandú 3rd"),
            "Hello World O'neil Foo-Bar Foo_bar Ñandú 3Rd");
  EXPECT_EQ(title_case("foo.bar a:b x1y2 9lives RedisDown 'quoted' it’s a.1b 1.a a,b éA"),
            "Foo.bar A:b X1y2 9Lives Redisdown 'Quoted' It’s A.1b 1.A A,B Éa");
  EXPECT_EQ(title_case("a. b\xff"
                       "c"),
            "A. B\uFFFDC");
}

TEST(NoticeFunctions, ReckonWithTime) {
  EXPECT_EQ(expanded(R"({{ date "15:04 MST" (index .Alerts 0).StartsAt }})"), "10:00 UTC");
  EXPECT_EQ(expanded("{{ since (index .Alerts 0).StartsAt }}"), "1m30s");
  EXPECT_EQ(expanded("{{ since (index .Alerts 0).EndsAt }}"), "2562047h47m16.854775807s");
  EXPECT_EQ(expanded("{{ (since (index .Alerts 0).StartsAt).Seconds | humanizeDuration }}"),
            "1m 30s");
  EXPECT_EQ(expanded("{{ since (index .Alerts 0).StartsAt | humanizeDuration }}"), "1m 30s");
  EXPECT_EQ(expanded(R"({{ humanizeDuration "3661" }})"), "1h 1m 1s");
}

TEST(NoticeFunctions, ShowTimesAsClocksElsewhereDo) {
  const std::string paris = R"((index .Alerts 0).StartsAt | tz "Europe/Paris" )";
  EXPECT_EQ(expanded("{{ " + paris + R"(| date "Mon 15:04 MST -07:00" }})"),
            "Thu 12:00 CEST +02:00");
  EXPECT_EQ(expanded("{{ " + paris + "}}"), "2026-08-20 12:00:00.12 +0200 CEST");
  EXPECT_EQ(expanded("{{ (" + paris + ").Hour }} {{ (" + paris + ").Unix }}"), "12 1787220000");
  EXPECT_EQ(expanded("{{ (" + paris + ").UTC }}"), "2026-08-20 10:00:00.12 +0000 UTC");
  EXPECT_EQ(expanded("{{ toJson (" + paris + ") }}"), R"("2026-08-20T12:00:00.12+02:00")");
  EXPECT_EQ(
      expanded(R"({{ (index .Alerts 0).StartsAt | tz "America/St_Johns" | date "Z0700 -07" }})"),
      "-0230 -02");
  EXPECT_EQ(expanded(R"({{ date "MST Z07:00" (tz "" (index .Alerts 0).StartsAt) }})"), "UTC Z");
  for (const auto* name : {"Nowhere/City", "/etc/passwd", "../x", "file:/etc/passwd"}) {
    EXPECT_THAT(expanded(R"({{ tz ")" + std::string(name) + R"(" (index .Alerts 0).StartsAt }})"),
                HasSubstr("error calling tz: unknown time zone " + std::string(name)));
  }
}

TEST(NoticeFunctions, WriteJson) {
  EXPECT_EQ(expanded("{{ .GroupLabels | toJson }}"),
            R"({"alertname":"RedisDown","cluster":"c\u003c1\u003e"})");
  EXPECT_EQ(expanded(R"({{ toJson (stringSlice "a" "\n") }}{{ toJson 1.5 }}{{ toJson true }})"),
            R"(["a","\n"]1.5true)");
  EXPECT_EQ(expanded("{{ range .Alerts.Resolved }}{{ toJson . }}{{ end }}"),
            R"({"status":"resolved","labels":{"alertname":"RedisDown","cluster":"c\u003c1\u003e",)"
            R"("instance":"r3:6379","severity":"page"},)"
            R"("annotations":{"summary":"It's \"down\" \u0026 \u003cout\u003e"},)"
            R"("startsAt":"2026-08-20T10:00:00.12Z","endsAt":"2026-08-20T11:00:00.5Z",)"
            R"("generatorURL":"http://hw.example/graph?a=1\u0026b=2","fingerprint":")" +
                fingerprint(test::sample_alert("r3:6379", false).alert.labels) + "\"}");
  EXPECT_THAT(expanded("{{ toJson . }}"), StartsWith(R"({"receiver":"team-X\\.web","status":)"));
}

TEST(NoticeDefaults, WriteWhatAlertmanagersWrite) {
  EXPECT_EQ(expanded(R"({{ template "__subject" . }})"), "[FIRING:2] RedisDown c<1> (page)");
  EXPECT_EQ(expanded(R"({{ template "__alertmanagerURL" . }})"),
            "http://am.example:9093/p/#/alerts?receiver=team-X%5C.web");
  EXPECT_EQ(expanded(R"({{ template "slack.default.fallback" . }})"),
            "[FIRING:2] RedisDown c<1> (page) | "
            "http://am.example:9093/p/#/alerts?receiver=team-X%5C.web");
  EXPECT_EQ(expanded(R"({{ template "pagerduty.default.instances" .Alerts.Resolved }})"),
            "Labels:\n - alertname = RedisDown\n - cluster = c<1>\n - instance = r3:6379\n"
            " - severity = page\nAnnotations:\n - summary = It's \"down\" & <out>\n"
            "Source: http://hw.example/graph?a=1&b=2\n");
}

TEST(NoticeDefaults, TheSubjectNamesNoMoreThanThereIs) {
  auto message = test::resolved_message();
  message.group_labels = message.alerts[0].alert.labels;
  EXPECT_EQ(expanded(R"({{ template "__subject" . }}|)", message),
            "[RESOLVED] RedisDown c<1> r3:6379 page |");
  message.group_labels = {};
  EXPECT_EQ(expanded(R"({{ template "__subject" . }})", message),
            "[RESOLVED]  (RedisDown c<1> r3:6379 page)");
}

TEST(NoticeTemplatesOfFiles, ReplaceDefaultsAndEachOther) {
  const web::TemporaryFolder folder;
  folder.write("a.tmpl",
               R"({{ define "__subject" }}mine {{ .Status }}{{ end }}{{ define "x" }}1{{ end }})");
  folder.write("b.tmpl",
               R"({{ define "x" }}2 {{ template "y" . }}{{ end }}{{ define "y" }}y{{ end }})");
  folder.write("c.tmpl", R"({{ define "y" }} {{ end }})");  // blank: does not replace
  const auto templates = NoticeTemplates::load({folder.path("*.tmpl"), folder.path("no*.such")});
  ASSERT_TRUE(templates) << templates.error();
  const auto data = notice_data(test::sample_message(), test::kExternalUrl);
  EXPECT_EQ((*templates)->expand(R"({{ template "slack.default.title" . }})", data, 0),
            "mine firing");
  EXPECT_EQ((*templates)->expand(R"({{ template "x" . }})", data, 0), "2 y");
}

TEST(NoticeTemplatesOfFiles, SayWhereTheyAreWrong) {
  const web::TemporaryFolder folder;
  const auto broken = folder.write("a.tmpl", "{{ define \"x\" }}\n  {{ nope }}{{ end }}");
  EXPECT_EQ(NoticeTemplates::load({broken}).error(),
            broken + ":2:6: function \"nope\" not defined");
  EXPECT_THAT(NoticeTemplates::load({folder.path("none.tmpl")}).error(),
              EndsWith("none.tmpl: No such file or directory"));
}

TEST(NoticeTemplatesOfFiles, AreNamedWhereTheyFail) {
  const web::TemporaryFolder folder;
  const auto file = folder.write("a.tmpl", "{{ define \"x\" }}\n{{ .Nope }}{{ end }}");
  const auto templates = NoticeTemplates::load({file}).value();
  const auto data = notice_data(test::sample_message(), test::kExternalUrl);
  EXPECT_THAT(
      templates->expand(R"(ab{{ template "x" . }})", data, 0).error(),
      StartsWith("template: a.tmpl:2:3: executing \"x\" at <.Nope>: can't evaluate field "));
  EXPECT_THAT(templates->expand("{{ .Nope }}", data, 0).error(),
              StartsWith("template: :1:3: executing \"\" at <.Nope>: "));
}

TEST(NoticeTemplates, ChecksWithoutExecuting) {
  const auto templates = test::default_templates();
  EXPECT_TRUE(templates->check("{{ .Nope }} {{ template \"nope\" }}"));
  EXPECT_EQ(templates->check("{{ if }}").error(), "template: :1: missing value for if");
}

TEST(NoticeTemplates, AreBoundedWhateverTheySay) {
  EXPECT_THAT(expanded(R"({{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }})"),
              HasSubstr("exceeded maximum template depth"));
  EXPECT_THAT(
      expanded(
          R"({{ range .Alerts }}{{ range $.Alerts }}{{ printf "%0900000d" 1 }}{{ end }}{{ end }})"),
      HasSubstr("longer than 1048576 bytes"));
}

}  // namespace
}  // namespace hitwatch::notify
