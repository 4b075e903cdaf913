#include "rules/templates/time_value.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "rules/templates/function.h"

namespace hitwatch::templates {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;  // nanoseconds
// What fits a year from 0 to 9999, in seconds.
constexpr std::int64_t kEarliest = -62'167'219'200;
constexpr std::int64_t kLatest = 253'402'300'799;

const Function* find(const std::vector<Function>& methods, std::string_view name) {
  for (const auto& method : methods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

// --- durations, months and days of the week: whole numbers with a name ---

class NamedInteger : public Object {
 public:
  NamedInteger(std::string_view type, std::int64_t value, std::string name)
      : type_(type), value_(value), name_(std::move(name)) {}
  std::string_view type_name() const override { return type_; }
  const Function* method(std::string_view name) const override;
  std::optional<std::string> text() const override { return name_; }
  std::optional<std::int64_t> integer() const override { return value_; }
  bool is_duration() const { return type_.ends_with("time.Duration"); }

 private:
  std::string_view type_;
  std::int64_t value_;
  std::string name_;
};

std::int64_t integer_of(const Value& value) {
  if (const auto* integer = value.as_integer()) return *integer;
  const auto* object = value.as_object();
  return object == nullptr ? 0 : object->integer().value_or(0);
}

template <std::int64_t Unit>
Result in_units(Call&, Arguments arguments) {
  const auto nanoseconds = integer_of(arguments[0]);
  const std::int64_t whole = nanoseconds / Unit;
  const std::int64_t rest = nanoseconds % Unit;
  return Value::number(static_cast<double>(whole) +
                       static_cast<double>(rest) / static_cast<double>(Unit));
}

template <std::int64_t Unit>
Result in_whole_units(Call&, Arguments arguments) {
  return Value::integer(integer_of(arguments[0]) / Unit);
}

Result object_text(Call&, Arguments arguments) {
  return Value::text(arguments[0].as_object()->text().value_or(""));
}

const Function* NamedInteger::method(std::string_view name) const {
  static const std::vector<Function> all = {{"String", {kAny}, false, object_text}};
  static const std::vector<Function> durations = {
      {"Hours", {kAny}, false, in_units<3600 * kSecond>},
      {"Microseconds", {kAny}, false, in_whole_units<1'000>},
      {"Milliseconds", {kAny}, false, in_whole_units<1'000'000>},
      {"Minutes", {kAny}, false, in_units<60 * kSecond>},
      {"Nanoseconds", {kAny}, false, in_whole_units<1>},
      {"Seconds", {kAny}, false, in_units<kSecond>},
  };
  if (is_duration()) {
    if (const auto* found = find(durations, name)) return found;
  }
  return find(all, name);
}

// --- points in time ---

class MomentObject : public Object {
 public:
  MomentObject(Moment moment, bool pointer) : moment_(std::move(moment)), pointer_(pointer) {}
  std::string_view type_name() const override { return pointer_ ? "*time.Time" : "time.Time"; }
  const Function* method(std::string_view name) const override;
  std::optional<std::string> text() const override { return moment_text(moment_); }
  const Moment& moment() const { return moment_; }

 private:
  Moment moment_;
  bool pointer_;
};

// Arguments of the type time.Time; nil is Go's zero time.
Moment moment_of(const Value& value) {
  return as_moment(value).value_or(Moment{.seconds = -62'135'596'800});
}

Result format(Call&, Arguments arguments) {
  return Value::text(format_moment(moment_of(arguments[0]), *arguments[1].as_text()));
}

// A part of the time that Format writes as a number.
int number_of(const Moment& moment, std::string_view layout) {
  return std::atoi(format_moment(moment, layout).c_str());
}

template <char A, char B = '\0'>
Result part(Call&, Arguments arguments) {
  constexpr char kLayout[] = {A, B};
  return Value::integer(
      number_of(moment_of(arguments[0]), std::string_view(kLayout, B == '\0' ? 1 : 2)));
}

Result year(Call&, Arguments arguments) {
  return Value::integer(number_of(moment_of(arguments[0]), "2006"));
}

Result year_day(Call&, Arguments arguments) {
  return Value::integer(number_of(moment_of(arguments[0]), "002"));
}

Result month(Call&, Arguments arguments) {
  const auto moment = moment_of(arguments[0]);
  return Value::object(std::make_shared<NamedInteger>("time.Month", number_of(moment, "1"),
                                                      format_moment(moment, "January")));
}

Result weekday(Call&, Arguments arguments) {
  const auto moment = moment_of(arguments[0]);
  const std::chrono::sys_seconds time{std::chrono::seconds(moment.seconds + moment.offset)};
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(time));
  return Value::object(std::make_shared<NamedInteger>("time.Weekday", day.c_encoding(),
                                                      format_moment(moment, "Monday")));
}

Result nanosecond(Call&, Arguments arguments) {
  return Value::integer(moment_of(arguments[0]).nanoseconds);
}

// Seconds of years up to 9999 times 1000 fit; nanoseconds wrap around, as they do in Go.
template <std::int64_t PerSecond>
Result unix_time(Call&, Arguments arguments) {
  const auto moment = moment_of(arguments[0]);
  const auto units = static_cast<std::uint64_t>(moment.seconds) * PerSecond +
                     static_cast<std::uint64_t>(moment.nanoseconds / (kSecond / PerSecond));
  return Value::integer(static_cast<std::int64_t>(units));
}

Result in_utc(Call&, Arguments arguments) {
  const auto moment = moment_of(arguments[0]);
  return moment_value({.seconds = moment.seconds, .nanoseconds = moment.nanoseconds}, false);
}

Result is_zero(Call&, Arguments arguments) {
  const auto moment = moment_of(arguments[0]);
  return Value::boolean(moment.seconds == -62'135'596'800 && moment.nanoseconds == 0);
}

Result add(Call&, Arguments arguments) {
  auto moment = moment_of(arguments[0]);
  const auto duration = integer_of(arguments[1]);
  moment.seconds += duration / kSecond;
  const auto nanoseconds = moment.nanoseconds + duration % kSecond;
  const auto carry = nanoseconds < 0 ? -1 : nanoseconds / kSecond;
  moment.seconds += carry;
  moment.nanoseconds = static_cast<std::int32_t>(nanoseconds - carry * kSecond);
  if (moment.seconds < kEarliest || moment.seconds > kLatest) {
    return std::unexpected("the time is not within the years 0 to 9999");
  }
  return moment_value(std::move(moment), false);
}

// Ends where time.Duration does.
Result sub(Call&, Arguments arguments) {
  const auto a = moment_of(arguments[0]);
  const auto b = moment_of(arguments[1]);
  const auto seconds = a.seconds - b.seconds;
  constexpr auto kFits = INT64_MAX / kSecond - 1;
  if (seconds > kFits) return duration_value(INT64_MAX, false);
  if (seconds < -kFits) return duration_value(INT64_MIN, false);
  return duration_value(seconds * kSecond + a.nanoseconds - b.nanoseconds, false);
}

std::pair<std::int64_t, std::int32_t> order_of(const Value& value) {
  const auto moment = moment_of(value);
  return {moment.seconds, moment.nanoseconds};
}

Result after(Call&, Arguments arguments) {
  return Value::boolean(order_of(arguments[0]) > order_of(arguments[1]));
}

Result before(Call&, Arguments arguments) {
  return Value::boolean(order_of(arguments[0]) < order_of(arguments[1]));
}

Result same(Call&, Arguments arguments) {
  return Value::boolean(order_of(arguments[0]) == order_of(arguments[1]));
}

const Function* MomentObject::method(std::string_view name) const {
  static const std::vector<Function> methods = {
      {"Add", {kAny, "time.Duration"}, false, add},
      {"After", {kAny, "time.Time"}, false, after},
      {"Before", {kAny, "time.Time"}, false, before},
      {"Day", {kAny}, false, part<'2'>},
      {"Equal", {kAny, "time.Time"}, false, same},
      {"Format", {kAny, "string"}, false, format},
      {"Hour", {kAny}, false, part<'1', '5'>},
      {"IsZero", {kAny}, false, is_zero},
      {"Minute", {kAny}, false, part<'4'>},
      {"Month", {kAny}, false, month},
      {"Nanosecond", {kAny}, false, nanosecond},
      {"Second", {kAny}, false, part<'5'>},
      {"String", {kAny}, false, object_text},
      {"Sub", {kAny, "time.Time"}, false, sub},
      {"UTC", {kAny}, false, in_utc},
      {"Unix", {kAny}, false, unix_time<1>},
      {"UnixMilli", {kAny}, false, unix_time<1'000>},
      {"UnixNano", {kAny}, false, unix_time<kSecond>},
      {"Weekday", {kAny}, false, weekday},
      {"Year", {kAny}, false, year},
      {"YearDay", {kAny}, false, year_day},
  };
  return find(methods, name);
}

}  // namespace

Value moment_value(Moment moment, bool pointer) {
  return Value::object(std::make_shared<MomentObject>(std::move(moment), pointer));
}

std::optional<Moment> as_moment(const Value& value) {
  const auto* object = dynamic_cast<const MomentObject*>(value.as_object());
  if (object == nullptr) return std::nullopt;
  return object->moment();
}

Value duration_value(std::int64_t nanoseconds, bool pointer) {
  return Value::object(std::make_shared<NamedInteger>(pointer ? "*time.Duration" : "time.Duration",
                                                      nanoseconds, duration_text(nanoseconds)));
}

}  // namespace hitwatch::templates
