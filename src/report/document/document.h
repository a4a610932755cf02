// A report before it has a form: what is said, in order. Renderers (render.h) make HTML, Markdown or JSON of it. All
// text here is plain: escaping is the renderer's work.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "report/charts/chart.h"
#include "report/charts/topology.h"

namespace pgcleave::report {

// Said by colour, by shape and by word, so that none of them is needed alone.
enum class Mark { none, good, warning, bad, note };

struct Cell {
  std::string text;
  Mark mark = Mark::none;
  bool code = false;  // a name or a statement, in letters of one width
};

struct Column {
  std::string title;  // with its unit
  bool number = false;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::string caption = {};
};

struct Paragraph {
  std::string text;
};

struct List {
  std::vector<Cell> items;
};

// A few numbers that are read first.
struct Figure {
  std::string value;  // "28.7"
  std::string unit;   // "ms"
  std::string label;  // "clients waited"
  std::string note = {};
  Mark mark = Mark::none;
};
struct Figures {
  std::vector<Figure> all;
};

// One thing that wants several lines, such as a finding.
struct Card {
  std::string title;
  std::string badge;  // "blocker"
  Mark mark = Mark::none;
  std::vector<std::pair<std::string, Cell>> lines;
};

// A chart never stands without the table of what it shows.
struct Picture {
  std::string title;
  Chart chart;
  Table table;
  std::string caption = {};
};

// Two states of the same thing, beside each other.
struct Drawings {
  std::vector<Topology> all;
};

using Block = std::variant<Paragraph, Table, List, Figures, Card, Picture, Drawings>;

struct Section {
  std::string id;  // for links within the page
  std::string title;
  std::vector<Block> blocks;
  // Built in its place: GCC 12 takes a moved variant for one that is not initialized.
  template <class T>
  void add(T block) {
    blocks.emplace_back(std::move(block));
  }
  void say(const std::string& text);  // a paragraph
};

struct Verdict {
  Mark mark = Mark::none;
  std::string word;                  // "Ready"
  std::string sentence;              // why, in one
  std::vector<std::string> reasons;  // blockers first
};

struct Document {
  std::string kind;   // "run report"
  std::string title;  // "logical-switchover on lab"
  std::vector<std::pair<std::string, Cell>> properties;
  Verdict verdict;
  std::vector<Section> sections;
  std::string made;            // when and by which version
  Json data = Json::object();  // the same for programs
};

inline Cell code(std::string text, Mark mark = Mark::none) {
  return {std::move(text), mark, true};
}
inline Cell number(std::string text, Mark mark = Mark::none) {
  return {std::move(text), mark, false};
}

}  // namespace pgcleave::report
