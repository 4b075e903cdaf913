// What the engine offers beyond alerts: templates over any data.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "rules/templates/builtins.h"
#include "rules/templates/template.h"
#include "rules/templates/time_value.h"

namespace hitwatch::templates {
namespace {

// Alerts with a method, as notification templates know them.
class Alerts : public Object {
 public:
  std::string_view type_name() const override { return "template.Alerts"; }
  const Function* method(std::string_view name) const override {
    static const Function kFiring{
        "Firing", {kAny}, false, [](Call&, Arguments) -> Result {
          return Value::list({.items = {Value::text("a"), Value::text("b")}});
        }};
    static const Function kJoin{
        "Join", {kAny, "string"}, false, [](Call&, Arguments arguments) -> Result {
          return Value::text("a" + *arguments[1].as_text() + "b");
        }};
    return name == "Firing" ? &kFiring : name == "Join" ? &kJoin : nullptr;
  }
};

std::string executed(std::string source) {
  const auto parsed = Template::parse("t", std::move(source), FunctionTable({builtin_functions()}));
  if (!parsed) return parsed.error().text;
  const auto data = Value::object(std::make_shared<Struct>(
      "*template.Data",
      Object::Fields{{"Status", Value::text("firing")},
                     {"Alerts", Value::object(std::make_shared<Alerts>())},
                     {"StartsAt", moment_value({1700000000, 0}, false)},
                     {"Labels", text_map(std::map<std::string, std::string>{{"a", "b"}})}}));
  const auto text = parsed->execute(data, {});
  return text ? *text : text.error();
}

TEST(TemplateValues, HaveFieldsAndMethods) {
  EXPECT_EQ(executed("{{ .Status }} {{ .Labels.a }}"), "firing b");
  EXPECT_EQ(executed("{{ range .Alerts.Firing }}<{{ . }}>{{ end }}"), "<a><b>");
  EXPECT_EQ(executed("{{ .Alerts.Firing | len }}"), "2");
  EXPECT_EQ(executed("{{ .Alerts.Join `-` }}{{ `+` | .Alerts.Join }}"), "a-ba+b");
  EXPECT_EQ(executed("{{ .StartsAt.Format `15:04` }}"), "22:13");
}

TEST(TemplateValues, RefuseWhatTheyAreNot) {
  EXPECT_EQ(
      executed("{{ .Alerts.Nope }}"),
      "template: t:1:10: executing \"t\" at <.Alerts.Nope>: can't evaluate field Nope in type "
      "template.Alerts");
  EXPECT_EQ(
      executed("{{ .Alerts.Join }}"),
      "template: t:1:10: executing \"t\" at <.Alerts.Join>: wrong number of args for Join: want "
      "1 got 0");
  EXPECT_EQ(executed("{{ .Alerts.Join 5 }}"),
            "template: t:1:16: executing \"t\" at <5>: expected string; found 5");
}

TEST(TemplateValues, KnowOnlyTheFunctionsOfTheirTable) {
  EXPECT_EQ(executed("{{ humanize 1 }}"), "function \"humanize\" not defined");
}

}  // namespace
}  // namespace hitwatch::templates
