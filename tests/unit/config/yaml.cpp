#include "config/yaml.h"

#include <catch2/catch.hpp>
#include <ctime>

#include "runbook/a_vocabulary.h"

using namespace pgcleave::runbook;
using namespace pgcleave;
using namespace pgcleave::config;

namespace {

Texts problems_of_yaml(const std::string& text) {
  config::Problems problems("f.yml");
  const auto root = config::parse_yaml(text, problems);
  CHECK(root.has_value() + !problems.empty() > 0);
  return texts(problems.sorted());
}

Node tree(const std::string& text) {
  Problems problems("f.yml");
  auto root = parse_yaml(text, problems);
  CHECK(texts(problems.sorted()) == Texts{});
  REQUIRE(root.has_value());
  return *root;
}

std::string repeated(const std::string& text, std::size_t bytes) {
  std::string out;
  while (out.size() + text.size() <= bytes) out += text;
  return out;
}

}  // namespace

TEST_CASE("scalars keep the text that was written, and say whether they were quoted") {
  const auto root = tree("a: 0755\nb: yes\nc: \"1\"\nd: 1e3\ne: |\n  two\n  lines\nf: ~\ng:\n");
  CHECK(root.entry("a")->value.text == "0755");
  CHECK_FALSE(root.entry("a")->value.quoted);
  CHECK(root.entry("b")->value.text == "yes");
  CHECK(root.entry("c")->value.text == "1");
  CHECK(root.entry("c")->value.quoted);
  CHECK(root.entry("d")->value.text == "1e3");
  CHECK(root.entry("e")->value.text == "two\nlines\n");
  CHECK(root.entry("f")->value.kind == Node::Kind::null);
  CHECK(root.entry("g")->value.kind == Node::Kind::null);
}

TEST_CASE("every key and value has its position; an empty value that of its key") {
  const auto root = tree("a: 1\nbb:\n  - {c: x, d: [y]}\n  - e:\n");
  CHECK(root.entry("a")->at == config::Place{1, 1});
  CHECK(root.entry("a")->value.at == config::Place{1, 4});
  const auto& list = root.entry("bb")->value;
  CHECK(list.items.at(0).at == config::Place{3, 5});
  CHECK(list.items.at(0).entry("d")->at == config::Place{3, 12});
  CHECK(list.items.at(0).entry("d")->value.items.at(0).at == config::Place{3, 16});
  CHECK(list.items.at(1).entry("e")->value.at == config::Place{4, 5});
}

TEST_CASE("line ends of Windows are accepted and move no position") {
  const auto root = tree("a: 1\r\nb: x\r\n");
  CHECK(root.entry("b")->value.text == "x");
  CHECK(root.entry("b")->at == config::Place{2, 1});
}

TEST_CASE("what the subset leaves out is refused with its position") {
  const std::vector<std::pair<std::string, Texts>> cases{
      {"a: 1\nb: 2\na: 3\n", {"f.yml:3:1: the key 'a' is given twice\n  the first is at f.yml:1:1"}},
      {"a: &x 1\n",
       {"f.yml:1:4: anchors and aliases (& and *) are not part of the language\n  write the value out, or put text "
        "that begins with & or * "
        "in quotes"}},
      {"a: &x [1]\n",
       {"f.yml:1:4: anchors and aliases (& and *) are not part of the language\n  write the value out, or put text "
        "that begins with & or * "
        "in quotes"}},
      {"<<: {a: 1}\n", {"f.yml:1:1: merge keys (<<) are not part of the language\n  write the keys out"}},
      {"a: !!binary x\n",
       {"f.yml:1:4: tags (!) are not part of the language\n  put text that begins with ! in quotes"}},
      {"? [a]\n: 1\n", {"f.yml:1:3: a key is a word, not a list"}},
      {"a: 1\n---\nb: 2\n",
       {"f.yml:2:1: text after the end of the document\n  a file holds one document, without ---"}},
      {"", {"f.yml:1:1: the file is empty"}},
      {"# nothing\n", {"f.yml:1:1: the file is empty"}},
      {"a:\n\t- b\n", {"f.yml:2:1: a tab\n  use spaces, or \\t in double quotes"}},
      {std::string("a: \0b\n", 6), {"f.yml:1:4: the control character U+0000\n  remove it"}},
      {"a: \x1b[31m\n", {"f.yml:1:4: the control character U+001B\n  remove it"}},
      {"a: \xc2\x9b"
       "31m\n",
       {"f.yml:1:4: the control character U+009B\n  remove it"}},
      {"a: b\rc\n", {"f.yml:1:5: the control character U+000D\n  remove it"}},
      {"a: \xff\xfe\n", {"f.yml:1:4: the file is not UTF-8\n  save it in UTF-8"}},
      {"a: \xc0\x80\n", {"f.yml:1:4: the file is not UTF-8\n  save it in UTF-8"}},
      {"a: \xed\xa0\x80\n", {"f.yml:1:4: the file is not UTF-8\n  save it in UTF-8"}},
      {"a: \xe2\x80\xae"
       "b\n",
       {"f.yml:1:4: the invisible character U+202E changes the direction of the text\n  remove it"}},
      {"a: \"\\0\"\n", {"f.yml:1:4: the text holds a control character\n  remove the escape that makes it"}},
      {"a: \"\\e[1m\"\n", {"f.yml:1:4: the text holds a control character\n  remove the escape that makes it"}},
      {"a: {b: ${x.y}}\n", {"f.yml:1:9: not YAML: end of map flow not found\n  put text with ${...} in double quotes"}},
      {"a: {b: go?, c: d}\n",
       {"f.yml:1:10: not YAML: unknown token\n  inside [] and {} put text with ? in double quotes"}},
      {"a: \"b\n", {"f.yml:1:4: the quote is never closed"}},
      {"a: 'b''\n", {"f.yml:1:4: the quote is never closed"}},
      {"\xc3\xa4: {b: 1, b: 2}\n", {"f.yml:1:12: the key 'b' is given twice\n  the first is at f.yml:1:6"}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(problems_of_yaml(text) == expected);
  }
}

TEST_CASE("nesting of 32 levels is read and of 33 refused") {
  CHECK(problems_of_yaml(std::string(32, '[') + std::string(32, ']')) == Texts{});
  CHECK(problems_of_yaml(std::string(33, '[') + std::string(33, ']')) ==
        Texts{"f.yml:1:33: nested deeper than 32 levels"});
}

TEST_CASE("a file over one MiB is refused unread") {
  const auto size = (1U << 20U) + 1;
  CHECK(problems_of_yaml(std::string(size, 'a')) == Texts{"f.yml: the file has 1048577 bytes, more than 1 MiB"});
}

TEST_CASE("one MiB of hostile YAML ends within a second") {
  const std::size_t size = 1U << 20U;
  const std::size_t line = 60'000;
  std::vector<std::string> attacks;
  for (const auto* unit : {"[", "{", "- ", "? ", "a: ", "a,", "'", "\"", "!", "&a ", "|", "[a,", ": "}) {
    attacks.push_back(repeated(repeated(unit, line) + "\n", size));
    attacks.push_back(repeated(std::string(unit) + "\n", size));
    attacks.push_back("a: [" + repeated(std::string(unit) + "\n", size - 4));
  }
  std::string keys;
  std::string steps;
  for (int i = 0; keys.size() < size - 20; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  for (int i = 0; steps.size() < size - 20; ++i) steps += std::string(static_cast<std::size_t>(i % 400), ' ') + "-\n";
  attacks.push_back(keys);
  attacks.push_back(steps);
  for (const auto& attack : attacks) {
    const auto begin = std::clock();
    config::Problems problems("f.yml");
    const auto root = config::parse_yaml(attack, problems);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    CAPTURE(attack.substr(0, 20), attack.substr(line, 20));
    CHECK((root.has_value() || !problems.empty()));
    CHECK(seconds < 1.0);
  }
}
