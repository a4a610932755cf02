#include "config/schema.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"

namespace pgcleave::config {

Fields::Fields(const Node& node, std::string object, Place at, Problems& problems)
    : node_(node), object_(std::move(object)), at_(at), problems_(problems), is_map_(node.kind == Node::Kind::map) {
  if (!is_map_) problems_.add(node.at, fmt::format("{} must be a map, not {}", object_, kind_of(node)));
}

const Entry* Fields::optional(const std::string& key) {
  asked_.push_back(key);
  return is_map_ ? node_.entry(key) : nullptr;
}

const Entry* Fields::required(const std::string& key) {
  const auto* found = optional(key);
  if (found == nullptr && is_map_) problems_.add(at_, fmt::format("{} has no key '{}'", object_, key));
  return found;
}

void Fields::finish() {
  if (!is_map_) return;
  for (const auto& entry : node_.entries) {
    if (std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end()) continue;
    if (problems_.full()) return;
    problems_.add(entry.at, fmt::format("unknown key {} in {}", shown(entry.key), object_),
                  did_you_mean(entry.key, asked_));
  }
}

std::string Fields::text(const std::string& key) {
  const auto* found = optional(key);
  return found == nullptr ? "" : read_text(found->value, key, problems_).value_or("");
}

std::string Fields::required_text(const std::string& key) {
  const auto* found = required(key);
  if (found == nullptr) return "";
  const auto text = read_text(found->value, key, problems_);
  if (text && text->empty()) problems_.add(found->value.at, fmt::format("{} is empty", key));
  return text.value_or("");
}

const Node* Fields::as_map(const Entry* entry) {
  if (entry == nullptr) return nullptr;
  if (entry->value.kind == Node::Kind::map) return &entry->value;
  problems_.add(entry->value.at, fmt::format("{} must be a map, not {}", entry->key, kind_of(entry->value)));
  return nullptr;
}

const Node* Fields::map(const std::string& key) {
  return as_map(optional(key));
}

const Node* Fields::required_map(const std::string& key) {
  return as_map(required(key));
}

std::vector<const Node*> Fields::items(const Entry* entry) {
  std::vector<const Node*> out;
  if (entry == nullptr) return out;
  if (entry->value.kind != Node::Kind::list) {
    problems_.add(entry->value.at, fmt::format("{} must be a list, not {}", entry->key, kind_of(entry->value)));
  }
  for (const auto& item : entry->value.items) out.push_back(&item);
  return out;
}

std::vector<const Node*> Fields::list(const std::string& key) {
  return items(optional(key));
}

std::vector<const Node*> Fields::required_list(const std::string& key) {
  return items(required(key));
}

std::optional<std::string> read_text(const Node& node, const std::string& name, Problems& problems) {
  if (node.kind == Node::Kind::scalar) return node.text;
  problems.add(node.at, fmt::format("{} must be text, not {}", name, kind_of(node)));
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const Node& node, const std::string& name, Problems& problems) {
  std::int64_t value = 0;
  if (node.kind == Node::Kind::scalar && !node.quoted) {
    const auto& text = node.text;
    const auto digits = text.starts_with('-') ? text.substr(1) : text;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool leading_zero = digits.size() > 1 && digits.front() == '0';
    if (status == std::errc() && rest == text.data() + text.size() && !leading_zero && text != "-0") return value;
  }
  const auto seen = node.kind == Node::Kind::scalar ? shown(node.text) : std::string(kind_of(node));
  problems.add(node.at, fmt::format("{} must be an integer, not {}", name, seen),
               "write a decimal number without quotes, such as 3");
  return std::nullopt;
}

std::optional<bool> read_boolean(const Node& node, const std::string& name, Problems& problems) {
  if (node.kind == Node::Kind::scalar && !node.quoted) {
    if (node.text == "true") return true;
    if (node.text == "false") return false;
  }
  const auto seen = node.kind == Node::Kind::scalar ? shown(node.text) : std::string(kind_of(node));
  problems.add(node.at, fmt::format("{} must be a boolean, not {}", name, seen), "write true or false, without quotes");
  return std::nullopt;
}

void read_version(Fields& fields, const std::string& key, Problems& problems) {
  const auto* entry = fields.required(key);
  if (entry == nullptr) return;
  const auto version = read_integer(entry->value, key, problems);
  if (version && *version != 1) {
    problems.add(entry->value.at, fmt::format("version {} of the format is not known", *version),
                 fmt::format("write {}: 1", key));
  }
}

std::optional<std::string> read_choice(const Node& node, const std::string& name,
                                       const std::vector<std::string>& choices, Problems& problems) {
  const auto text = read_text(node, name, problems);
  if (!text || std::find(choices.begin(), choices.end(), *text) != choices.end()) return text;
  problems.add(node.at, fmt::format("{} can't be {}", name, shown(*text)), did_you_mean(*text, choices));
  return std::nullopt;
}

bool is_word(const std::string& text, std::size_t longest) {
  if (text.empty() || text.size() > longest || text[0] < 'a' || text[0] > 'z') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace pgcleave::config
