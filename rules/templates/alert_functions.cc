#include "rules/templates/alert_functions.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "rules/templates/address.h"
#include "rules/templates/builtins.h"
#include "rules/templates/float_text.h"
#include "rules/templates/humanize.h"
#include "rules/templates/pattern.h"
#include "rules/templates/time_value.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

constexpr std::string_view kString = "string";
constexpr std::string_view kSample = "*template.sample";
constexpr std::string_view kSamples = "template.queryResult";

Result refused(std::string text) { return std::unexpected(std::move(text)); }

const std::string& text_of(const Value& value) { return *value.as_text(); }

// --- numbers ---

std::expected<double, std::string> number_of(const Value& value) {
  if (const auto* number = value.as_number()) return *number;
  if (const auto* integer = value.as_integer()) return static_cast<double>(*integer);
  if (const auto* text = value.as_text()) return parse_float(*text);
  if (const auto* object = value.as_object();
      object != nullptr && object->type_name().ends_with("time.Duration")) {
    return static_cast<double>(object->integer().value_or(0)) / 1e9;
  }
  return std::unexpected(fmt::format("can't convert {} to float", value.type_name()));
}

template <std::string (*Write)(double)>
Result humanized(Call&, Arguments arguments) {
  const auto number = number_of(arguments[0]);
  if (!number) return refused(number.error());
  return Value::text(Write(*number));
}

Result timestamp(Call&, Arguments arguments) {
  const auto number = number_of(arguments[0]);
  if (!number) return refused(number.error());
  auto text = humanize_timestamp(*number);
  if (!text) return refused(text.error());
  return Value::text(std::move(*text));
}

Result to_time(Call&, Arguments arguments) {
  const auto number = number_of(arguments[0]);
  if (!number) return refused(number.error());
  const auto moment = moment_of_seconds(*number);
  if (!moment) return refused(moment.error());
  return moment_value(*moment, true);
}

Result to_duration(Call&, Arguments arguments) {
  const auto number = number_of(arguments[0]);
  if (!number) return refused(number.error());
  const auto duration = duration_of_seconds(*number);
  if (!duration) return refused(duration.error());
  return duration_value(*duration, true);
}

Result duration_seconds(Call&, Arguments arguments) {
  const auto seconds = parse_duration(text_of(arguments[0]));
  if (!seconds) return refused(seconds.error());
  return Value::number(*seconds);
}

Result now(Call& call, Arguments) { return Value::number(call.environment.now); }

// --- texts ---

template <std::string (*Change)(std::string_view)>
Result changed(Call&, Arguments arguments) {
  return Value::text(Change(text_of(arguments[0])));
}

std::string unchanged(std::string_view text) { return std::string(text); }

std::string graph_link(std::string_view expression) {
  return "/graph?g0.expr=" + query_escape(expression) + "&g0.tab=0";
}

std::string table_link(std::string_view expression) {
  return "/graph?g0.expr=" + query_escape(expression) + "&g0.tab=1";
}

Result match(Call& call, Arguments arguments) {
  const auto pattern = compiled(call, text_of(arguments[0]));
  if (!pattern) return refused(pattern.error());
  return Value::boolean(re2::RE2::PartialMatch(text_of(arguments[1]), **pattern));
}

Result replace(Call& call, Arguments arguments) {
  const auto& source = text_of(arguments[0]);
  const auto pattern = compiled(call, source);
  if (!pattern) return refused(fmt::format("regexp: Compile(`{}`): {}", source, pattern.error()));
  auto text = replace_all(call, **pattern, text_of(arguments[1]), text_of(arguments[2]));
  if (!text) return refused(text.error());
  return Value::text(std::move(*text));
}

Result external_url(Call& call, Arguments) {
  return Value::text(std::string(call.environment.external_url));
}

Result path_prefix(Call& call, Arguments) {
  return Value::text(url_path(call.environment.external_url));
}

// --- samples ---

Result query(Call& call, Arguments arguments) {
  if (call.environment.query == nullptr) return refused("queries are not possible here");
  if (--call.budget.queries < 0) return refused("too many queries");
  auto samples = (*call.environment.query)(text_of(arguments[0]));
  if (!samples) return refused(samples.error());
  List list{.items = {}, .type = kSamples};
  list.items.reserve(samples->size());
  for (const auto& sample : *samples) {
    std::size_t size = 100;
    for (const auto& [name, value] : sample.labels) size += name.size() + value.size() + 100;
    if (!call.budget.spend_bytes(size)) return refused("the query's result is too large");
    list.items.push_back(Value::object(
        std::make_shared<Struct>(kSample, Object::Fields{{"Labels", text_map(sample.labels)},
                                                         {"Value", Value::number(sample.value)}})));
  }
  return Value::list(std::move(list));
}

Result first(Call&, Arguments arguments) {
  const auto* list = arguments[0].as_list();
  if (list == nullptr || list->items.empty()) {
    return refused("first() called on vector with no elements");
  }
  return list->items[0];
}

// A label of a sample; the empty text if it is missing.
std::expected<std::string_view, std::string> label_of(const Value& sample, std::string_view name) {
  const auto* object = sample.as_object();
  const auto* labels = object == nullptr ? nullptr : object->field("Labels");
  if (labels == nullptr) {
    return std::unexpected("runtime error: invalid memory address or nil pointer dereference");
  }
  const auto& entries = labels->as_map()->entries;
  const auto found = entries.find(name);
  return found == entries.end() ? std::string_view() : std::string_view(text_of(found->second));
}

Result label_text(const Value& sample, std::string_view name) {
  const auto text = label_of(sample, name);
  if (!text) return refused(text.error());
  return Value::text(std::string(*text));
}

Result label(Call&, Arguments arguments) { return label_text(arguments[1], text_of(arguments[0])); }

Result string_value(Call&, Arguments arguments) { return label_text(arguments[0], "__value__"); }

Result value(Call&, Arguments arguments) {
  const auto* object = arguments[0].as_object();
  const auto* number = object == nullptr ? nullptr : object->field("Value");
  if (number == nullptr) {
    return refused("runtime error: invalid memory address or nil pointer dereference");
  }
  return *number;
}

Result sort_by_label(Call& call, Arguments arguments) {
  const auto* list = arguments[1].as_list();
  if (list == nullptr) return arguments[1];
  if (!call.budget.spend_bytes(list->items.size() * 100))
    return refused("too many samples to sort");
  std::vector<std::pair<std::string_view, const Value*>> keyed;
  keyed.reserve(list->items.size());
  for (const auto& item : list->items) {
    const auto key = label_of(item, text_of(arguments[0]));
    if (!key) return refused(key.error());
    keyed.emplace_back(*key, &item);
  }
  std::ranges::sort(keyed);  // equal labels stay in order: by where the samples are
  List sorted{.items = {}, .type = list->type};
  sorted.items.reserve(keyed.size());
  for (const auto& [key, item] : keyed) sorted.items.push_back(*item);
  return Value::list(std::move(sorted));
}

// What a template that is called with several values gets: a map from arg0 on.
Result args(Call& call, Arguments arguments) {
  call.budget.spend_bytes(arguments.size() * 100);
  Map map;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    map.entries.emplace(fmt::format("arg{}", i), arguments[i]);
  }
  return Value::map(std::move(map));
}

}  // namespace

std::span<const Function> alert_functions() {
  static const std::vector<Function> functions = {
      {"args", {kAny}, true, args},
      {"externalURL", {}, false, external_url},
      {"first", {kSamples}, false, first},
      {"graphLink", {kString}, false, changed<graph_link>},
      {"humanize", {kAny}, false, humanized<humanize>},
      {"humanize1024", {kAny}, false, humanized<humanize1024>},
      {"humanizeDuration", {kAny}, false, humanized<humanize_duration>},
      {"humanizePercentage", {kAny}, false, humanized<humanize_percentage>},
      {"humanizeTimestamp", {kAny}, false, timestamp},
      {"label", {kString, kSample}, false, label},
      {"match", {kString, kString}, false, match},
      {"now", {}, false, now},
      {"parseDuration", {kString}, false, duration_seconds},
      {"pathPrefix", {}, false, path_prefix},
      {"query", {kString}, false, query},
      {"reReplaceAll", {kString, kString, kString}, false, replace},
      {"safeHtml", {kString}, false, changed<unchanged>},
      {"sortByLabel", {kString, kSamples}, false, sort_by_label},
      {"stripDomain", {kString}, false, changed<strip_domain>},
      {"stripPort", {kString}, false, changed<strip_port>},
      {"strvalue", {kSample}, false, string_value},
      {"tableLink", {kString}, false, changed<table_link>},
      {"title", {kString}, false, changed<to_title>},
      {"toDuration", {kAny}, false, to_duration},
      {"toLower", {kString}, false, changed<to_lower>},
      {"toTime", {kAny}, false, to_time},
      {"toUpper", {kString}, false, changed<to_upper>},
      {"urlQueryEscape", {kString}, false, changed<query_escape>},
      {"value", {kSample}, false, value},
  };
  return functions;
}

}  // namespace hitwatch::templates
