#include "config/tree_builder.h"

#include "base/format.h"
#include "config/yaml.h"

namespace pgcleave::config {
namespace {

constexpr std::size_t deepest = 32;
constexpr std::size_t most_values = 100'000;

}  // namespace

void TreeBuilder::refuse(Place at, const std::string& what, const std::string& hint) {
  problems_.add(at, what, hint);
  throw Stopped{};
}

void TreeBuilder::scalar(Place at, std::string text, bool was_quoted) {
  if (has_control_character(text)) refuse(at, "the text holds a control character", "remove the escape that makes it");
  Node node;
  node.kind = Node::Kind::scalar;
  node.at = at;
  node.text = std::move(text);
  node.quoted = was_quoted;
  put(std::move(node));
}

void TreeBuilder::null(Place at) {
  Node node;
  node.at = at;
  put(std::move(node));
}

void TreeBuilder::begin(Place at, Node::Kind kind) {
  if (open_.size() == deepest) refuse(at, fmt::format("nested deeper than {} levels", deepest));
  Open open;
  open.node.kind = kind;
  open.node.at = at;
  open_.push_back(std::move(open));
}

void TreeBuilder::end() {
  auto node = std::move(open_.back().node);
  open_.pop_back();
  put(std::move(node));
}

void TreeBuilder::put(Node node) {
  if (++count_ > most_values) refuse(node.at, fmt::format("more than {} values", most_values));
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  auto& parent = open_.back();
  if (parent.node.kind == Node::Kind::list) {
    parent.node.items.push_back(std::move(node));
  } else if (!parent.key) {
    put_key(parent, std::move(node));
  } else {
    if (node.kind == Node::Kind::null) node.at = parent.key->at;
    parent.key->value = std::move(node);
    parent.node.entries.push_back(std::move(*parent.key));
    parent.key.reset();
  }
}

void TreeBuilder::put_key(Open& map, Node node) {
  if (node.kind != Node::Kind::scalar) refuse(node.at, fmt::format("a key is a word, not {}", kind_of(node)));
  if (node.text == "<<" && !node.quoted)
    refuse(node.at, "merge keys (<<) are not part of the language", "write the keys out");
  const auto [first, fresh] = map.keys.emplace(node.text, node.at);
  if (!fresh) {
    problems_.add(node.at, fmt::format("the key {} is given twice", shown(node.text)),
                  fmt::format("the first is at {}", problems_.position(first->second).text()));
  }
  map.key = Entry{std::move(node.text), node.at, {}};
}

}  // namespace pgcleave::config
