// Builds the tree of yaml.h from the parser's events and refuses what the subset leaves out.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/yaml.h"

namespace pgcleave::config {

// Thrown to leave a parser that has no other way to be stopped; caught in yaml.cpp. The problem has been reported.
struct Stopped {};

class TreeBuilder {
 public:
  explicit TreeBuilder(Problems& problems) : problems_(problems) {}

  void scalar(Place at, std::string text, bool quoted);
  void null(Place at);
  void begin(Place at, Node::Kind kind);  // list or map
  void end();
  [[noreturn]] void refuse(Place at, const std::string& what, const std::string& hint = "");
  [[nodiscard]] std::optional<Node> take() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    std::optional<Entry> key;  // of a map: read, its value is still to come
    std::unordered_map<std::string, Place> keys;
  };
  void put(Node node);
  void put_key(Open& map, Node node);

  Problems& problems_;
  std::vector<Open> open_;
  std::optional<Node> root_;
  std::size_t count_ = 0;
};

}  // namespace pgcleave::config
