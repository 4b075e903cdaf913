// Before yaml-cpp sees the text, size, encoding and brackets are checked, because it looks ahead
// without a bound. While it parses, a handler of its events builds the tree and gives up at the
// first thing that yaml-cpp's own loader would take silently.
#include "agent/yaml/document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "agent/net/small_file.h"

namespace hitwatch::yaml {
namespace {

constexpr std::size_t kMaxBrackets = 100'000;

// Thrown by the handler through yaml-cpp, caught in parse_document.
struct Refusal {
  int line;
  int column;
  std::string text;
};

[[noreturn]] void refuse(const YAML::Mark& mark, std::string text) {
  throw Refusal{mark.line + 1, mark.column + 1, std::move(text)};
}

// The length of the UTF-8 sequence at the start of `text` (RFC 3629, section 4), 0 if it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
      (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) {
    return 0;
  }
  return length;
}

// Bytes that no document may hold, and brackets nested beyond reason. Brackets in comments and
// quotes count too: a real file does not have that many that stay open.
void check_text(std::string_view text) {
  YAML::Mark at;
  std::size_t open = 0;
  std::size_t opened = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    if (length == 0) refuse(at, "the text is not valid UTF-8 here");
    const char c = text[i];
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    if (is_control && c != '\n' && c != '\t' && c != '\r') {
      refuse(at, "a control character is not allowed here");
    }
    if (c == '[' || c == '{') {
      ++open;
      ++opened;
    }
    if ((c == ']' || c == '}') && open > 0) --open;
    if (open > 4 * kMaxNesting || opened > kMaxBrackets) refuse(at, "too many open brackets");
    i += length;
    at.column = c == '\n' ? 0 : at.column + 1;
    at.line += c == '\n' ? 1 : 0;
  }
}

std::size_t count_nodes(const Node& node) {
  std::size_t count = 1 + node.keys.size();
  for (const Node& item : node.items) count += count_nodes(item);
  return count;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  // Where the last event was: a quote that is not closed was opened after it.
  const YAML::Mark& last() const { return last_; }
  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document; only one is read");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(Node::Kind::kNull, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    last_ = mark;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(mark, "the alias stands inside of what it names");
    count(found->second.nodes, mark);
    Node copy = found->second.node;
    copy.line = mark.line + 1;
    copy.column = mark.column + 1;
    if (stack_.size() + found->second.depth > kMaxNesting) refuse(mark, kTooDeep);
    place(std::move(copy), mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    Node node = make(Node::Kind::kScalar, mark);
    node.text = value;
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr const char* kTooDeep = "nested more than 32 levels deep";

  struct Open {
    Node node;
    YAML::anchor_t anchor;
    YAML::Mark mark;
  };
  struct Anchored {
    Node node;
    std::size_t nodes;
    std::size_t depth;
  };

  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    // "?" and "!" are what yaml-cpp gives to plain and quoted text without a tag.
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags ('!…') are not supported");
  }

  static std::size_t depth_of(const Node& node) {
    std::size_t deepest = 0;
    for (const Node& item : node.items) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }

  Node make(Node::Kind kind, const YAML::Mark& mark) {
    last_ = mark;
    count(1, mark);
    Node node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void count(std::size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > kMaxNodes) refuse(mark, "too many entries (or aliases that multiply them)");
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(mark, tag);
    if (stack_.size() + 1 > kMaxNesting) refuse(mark, kTooDeep);
    stack_.push_back(Open{make(kind, mark), anchor, mark});
  }

  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    last_ = done.mark;
    remember(done.node, done.anchor, done.mark);
    place(std::move(done.node), done.mark);
  }

  void add(Node node, YAML::anchor_t anchor) {
    const YAML::Mark mark = last_;
    remember(node, anchor, mark);
    place(std::move(node), mark);
  }

  void remember(const Node& node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor == YAML::NullAnchor) return;
    const std::size_t nodes = count_nodes(node);
    count(nodes, mark);
    anchors_.insert_or_assign(anchor, Anchored{node, nodes, depth_of(node)});
  }

  void place(Node node, const YAML::Mark& mark) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Node& parent = stack_.back().node;
    const bool is_key =
        parent.kind == Node::Kind::kMapping && parent.keys.size() == parent.items.size();
    if (!is_key) {
      parent.items.push_back(std::move(node));
      return;
    }
    if (node.kind != Node::Kind::kScalar) refuse(mark, "a key must be a word");
    if (node.text == "<<") refuse(mark, "merge keys ('<<') are not supported; write the keys out");
    parent.keys.push_back(std::move(node));
  }

  Node root_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  YAML::Mark last_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

Node build_tree(std::string_view text) {
  check_text(text);
  // yaml-cpp takes the end of the input for a closing quote. A document end mark, which is an error
  // inside of quotes and nothing elsewhere, makes it notice.
  const bool ends_with_line = text.empty() || text.ends_with('\n');
  std::istringstream input(fmt::format("{}{}...\n", text, ends_with_line ? "" : "\n"));
  TreeBuilder builder;
  try {
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& error) {
    if (error.msg == YAML::ErrorMsg::DOC_IN_SCALAR || error.msg == YAML::ErrorMsg::EOF_IN_SCALAR) {
      refuse(builder.last(), "a quote that is opened after this is not closed");
    }
    if (error.mark.is_null()) refuse(builder.last(), error.msg);
    refuse(error.mark, error.msg);
  }
  return builder.take_root();
}

}  // namespace

std::expected<Node, Fault> parse_document(std::string_view text, const std::string& file) {
  if (text.size() > kMaxDocumentBytes) {
    return std::unexpected(Fault{file, 0, 0, "larger than 1MiB"});
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  try {
    return build_tree(text);
  } catch (const Refusal& refusal) {
    return std::unexpected(Fault{file, refusal.line, refusal.column, refusal.text});
  } catch (const std::exception&) {
    // Whatever else yaml-cpp throws has no position, and its text may quote the input.
    return std::unexpected(Fault{file, 0, 0, "not readable as YAML"});
  }
}

std::expected<std::string, Fault> read_document(const std::string& path) {
  auto text = net::read_small_file(path, kMaxDocumentBytes);
  if (text) return *std::move(text);
  return std::unexpected(Fault{path, 0, 0, fmt::format("cannot be read: {}", text.error())});
}

}  // namespace hitwatch::yaml
