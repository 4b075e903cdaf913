#include "agent/reference/config_reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/schema.h"
#include "agent/net/duration.h"
#include "agent/reference/markdown.h"
#include "agent/yaml/schema.h"

namespace hitwatch::reference {
namespace {

using yaml::Key;
using yaml::Schema;
using yaml::Type;

constexpr std::string_view kConfigIntroduction =
    R"(# Configuration, key by key

Every key of the configuration file, mapping by mapping; [configuration.md](../configuration.md) is the guide.
Nothing but these keys is taken. All of them may be left out, except where a key is required; the default is
what then counts. `[]` behind a name is an entry of a list, `*` a name of your own.

- A *duration* is written as Prometheus writes it: `250ms`, `15s`, `1h30m`; a *size* as `64MiB`.
- A *file* is a path, and it must be readable when the configuration is loaded. Relative paths start at the
  folder of the configuration file.
- A *secret* is a text that appears in no log, metric or answer. It stands in the file, or in a file or a
  variable of its own; one of these.
- A *template* of `notify` is one of Alertmanager; key patterns and StatsD names have templates of their own.
- `${NAME}` in any value is replaced from the environment; `$$` is a dollar sign.

The same as a JSON Schema, for editors and other checks: [hitwatch.schema.json](hitwatch.schema.json). The
package installs it as `/usr/share/hitwatch/hitwatch.schema.json`, and `hitwatch check config --schema` prints
it. Editors with yaml-language-server read it if the file begins with

```yaml
# yaml-language-server: $schema=/usr/share/hitwatch/hitwatch.schema.json
```
)";

// As GitHub makes anchors of headings.
std::string anchor(std::string_view heading) {
  std::string out;
  for (const char c : heading) {
    const bool stays = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (stays) out += c;
    if (c == ' ') out += '-';
  }
  return out;
}

class ConfigReference {
 public:
  std::string make() {
    std::string text;
    place(config::kRootSchema, "");
    // Mappings that are met on the way come next, before those that were waiting: a section and
    // what is in it stay together.
    while (!waiting_.empty()) {
      const auto [schema, path] = waiting_.front();
      waiting_.pop_front();
      text += section(*schema, path);
    }
    return text;
  }

 private:
  using Place = std::pair<const Schema*, std::string>;

  std::string section(const Schema& schema, const std::string& path) {
    met_.clear();
    std::string text = fmt::format("\n## {}\n", path.empty() ? "The file" : path);
    if (!schema.about.empty()) text += fmt::format("\n{}\n", schema.about);
    text += "\n" + table_head({"Key", "Value", "Default", "What it does"});
    for (const Schema* part = &schema; part != nullptr; part = part->also) {
      for (const Key& key : part->keys) text += row(key, path);
    }
    if (schema.others != nullptr) {
      text += table_row({"`*`", value(*schema.others, path + ".*"), "", "Names of your own."});
    }
    waiting_.insert(waiting_.begin(), met_.begin(), met_.end());
    return text;
  }

  std::string row(const Key& key, const std::string& path) {
    const std::string full =
        path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name);
    return table_row({code(key.name), value(key.type, full), code(key.initial), key.about});
  }

  // What a value may be, in words; `path` is where it stands.
  std::string value(const Type& type, const std::string& path) {
    switch (type.kind) {
      case Type::Kind::kText:
        return std::string(type.words);
      case Type::Kind::kBoolean:
        return "true or false";
      case Type::Kind::kDuration:
        return type.longest.count() == 0
                   ? "duration"
                   : fmt::format("duration, {} to {}", net::format_duration(type.shortest),
                                 net::format_duration(type.longest));
      case Type::Kind::kSize:
        return "size";
      case Type::Kind::kCount:
        return fmt::format("{} to {}", type.least, type.most);
      case Type::Kind::kChoice:
        return fmt::format("`{}`", fmt::join(type.choices, "`, `"));
      case Type::Kind::kMapping:
        return link(*type.keys, path);
      case Type::Kind::kEntries:
        return fmt::format("by name: {}", value(*type.items, path + ".*"));
      case Type::Kind::kList:
        return fmt::format("list of: {}", value(*type.items, path + "[]"));
      case Type::Kind::kEither:
        return fmt::format("{}; or {}", value(*type.items, path), value(*type.other, path));
    }
    return "";
  }

  std::string link(const Schema& schema, const std::string& path) {
    const std::string& where = place(schema, path);
    return fmt::format("[{}](#{})", where, anchor(where));
  }

  // Where a mapping is described: where it was met first.
  const std::string& place(const Schema& schema, const std::string& path) {
    const auto known = std::ranges::find(placed_, &schema, &Place::first);
    if (known != placed_.end()) return known->second;
    (placed_.empty() ? waiting_ : met_).emplace_back(&schema, path);
    return placed_.emplace_back(&schema, path).second;
  }

  std::deque<Place> placed_;
  std::deque<Place> waiting_;
  std::deque<Place> met_;
};

}  // namespace

std::string config_reference() {
  return fmt::format("{}{}{}", kGeneratedNote, kConfigIntroduction, ConfigReference().make());
}

}  // namespace hitwatch::reference
