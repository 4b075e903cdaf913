#include "agent/notify/notice_templates.h"

#include <fmt/format.h>
#include <glob.h>

#include <filesystem>
#include <utility>

#include "agent/net/small_file.h"
#include "agent/notify/notice_defaults.h"
#include "agent/notify/notice_functions.h"
#include "rules/templates/builtins.h"
#include "rules/templates/limits.h"
#include "rules/templates/template.h"

namespace hitwatch::notify {
namespace {

templates::FunctionTable notice_table() {
  return templates::FunctionTable({templates::builtin_functions(), notice_functions()});
}

bool is_pattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

// Sorted, as Go's filepath.Glob.
std::vector<std::string> matching_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

using Parsed = std::expected<templates::Definitions, std::string>;

Parsed with_source(const templates::Definitions& inherited, const std::string& name,
                   std::string source, const std::string& shown) {
  auto parsed = templates::Template::parse(name, std::move(source), notice_table(), inherited);
  if (!parsed) {
    const auto& error = parsed.error();
    return std::unexpected(
        fmt::format("{}:{}:{}: {}", shown, error.line, error.column, error.text));
  }
  return parsed->definitions();
}

Parsed with_file(const templates::Definitions& inherited, const std::string& path) {
  auto source = net::read_small_file(path, templates::kLongestTemplate);
  if (!source) return std::unexpected(fmt::format("{}: {}", path, source.error()));
  return with_source(inherited, std::filesystem::path(path).filename(), std::move(*source), path);
}

}  // namespace

class NoticeTemplates::Impl {
 public:
  explicit Impl(templates::Definitions definitions) : definitions_(std::move(definitions)) {}

  // The text has no name, as in Alertmanager; messages show it so.
  std::expected<templates::Template, std::string> parse(std::string_view text) const {
    auto parsed = templates::Template::parse("", std::string(text), notice_table(), definitions_);
    if (parsed) return std::move(*parsed);
    const auto& error = parsed.error();
    return std::unexpected(fmt::format("template: :{}: {}", error.line, error.text));
  }

 private:
  templates::Definitions definitions_;
};

NoticeTemplates::NoticeTemplates(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}

NoticeTemplates::~NoticeTemplates() = default;

std::expected<std::shared_ptr<const NoticeTemplates>, std::string> NoticeTemplates::load(
    const std::vector<std::string>& files) {
  constexpr auto kDefaults = "default.tmpl";
  auto definitions = with_source({}, kDefaults, std::string(default_notice_templates()), kDefaults);
  for (const auto& file : files) {
    const auto paths = is_pattern(file) ? matching_files(file) : std::vector{file};
    for (const auto& path : paths) {
      if (definitions) definitions = with_file(*definitions, path);
    }
  }
  if (!definitions) return std::unexpected(std::move(definitions.error()));
  return std::shared_ptr<const NoticeTemplates>(
      new NoticeTemplates(std::make_unique<const Impl>(std::move(*definitions))));
}

std::expected<std::string, std::string> NoticeTemplates::expand(std::string_view text,
                                                                const templates::Value& data,
                                                                std::int64_t now) const {
  if (text.find("{{") == std::string_view::npos) return std::string(text);
  const auto parsed = impl_->parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->execute(data, {.external_url = {}, .now = static_cast<double>(now) / 1000});
}

std::expected<void, std::string> NoticeTemplates::check(std::string_view text) const {
  const auto parsed = impl_->parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  return {};
}

}  // namespace hitwatch::notify
