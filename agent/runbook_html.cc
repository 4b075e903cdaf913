#include "agent/runbook_html.h"

#include <fmt/core.h>

namespace hitwatch {
namespace {

// What stands before `end`, which is taken, too; all of `text` if it is not there.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + end.size());
  return part;
}

std::string html_of_words(std::string_view text);

// [words](target), of which the bracket has been taken.
std::string html_of_link(std::string_view& text) {
  std::string words = html_of_words(take_until(text, "]("));
  const std::string_view target = take_until(text, ")");
  if (target.starts_with('#')) {
    return fmt::format("<a href=\"{}\">{}</a>", html_text(target.substr(1)), words);
  }
  if (target.starts_with("https://") || target.starts_with("http://")) {
    return fmt::format("<a href=\"{}\">{}</a>", html_text(target), words);
  }
  return words;
}

std::string html_of_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find_first_of("`*[");
    out += html_text(text.substr(0, at));
    if (at == text.npos) break;
    text.remove_prefix(at);
    if (text.starts_with('`')) {
      text.remove_prefix(1);
      out += fmt::format("<code>{}</code>", html_text(take_until(text, "`")));
    } else if (text.starts_with("**")) {
      text.remove_prefix(2);
      out += fmt::format("<strong>{}</strong>", html_of_words(take_until(text, "**")));
    } else if (text.starts_with('[') && text.contains("](")) {
      text.remove_prefix(1);
      out += html_of_link(text);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

// Lines become paragraphs and lists here.
class Page {
 public:
  void add_line(std::string_view line) {
    if (line.empty()) {
      end_paragraph();
      end_list();
    } else if (line.starts_with("- ")) {
      end_paragraph();
      if (!in_list_) out_ += "<ul>\n";
      in_list_ = true;
      words_ = line.substr(2);
    } else {
      while (line.starts_with(' ')) line.remove_prefix(1);
      if (!words_.empty()) words_ += ' ';
      words_ += line;
    }
  }

  void add_block(std::string_view code) {
    end_paragraph();
    end_list();
    out_ += fmt::format("<pre><code>{}</code></pre>\n", html_text(code));
  }

  std::string finish() {
    end_paragraph();
    end_list();
    return std::move(out_);
  }

 private:
  void end_paragraph() {
    if (words_.empty()) return;
    const std::string_view element = in_list_ ? "li" : "p";
    out_ += fmt::format("<{0}>{1}</{0}>\n", element, html_of_words(words_));
    words_.clear();
  }

  void end_list() {
    if (in_list_) out_ += "</ul>\n";
    in_list_ = false;
  }

  std::string out_;
  std::string words_;  // of the paragraph or entry that goes on
  bool in_list_ = false;
};

}  // namespace

std::string html_text(std::string_view text) {
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

std::string html_of_markdown(std::string_view markdown) {
  Page page;
  while (!markdown.empty()) {
    const std::string_view line = take_until(markdown, "\n");
    if (!line.starts_with("```")) {
      page.add_line(line);
      continue;
    }
    std::string code;
    while (!markdown.empty()) {
      const std::string_view one = take_until(markdown, "\n");
      if (one.starts_with("```")) break;
      code += one;
      code += '\n';
    }
    page.add_block(code);
  }
  return page.finish();
}

}  // namespace hitwatch
