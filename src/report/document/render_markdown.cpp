#include "base/error.h"
#include "base/format.h"
#include "report/document/escape.h"
#include "report/document/render.h"

namespace pgcleave::report {
namespace {

std::string marked(const Cell& cell) {
  auto text = cell.code ? markdown_code(cell.text) : markdown(cell.text);
  const std::string symbol = symbol_of(cell.mark);
  return symbol.empty() ? text : text.empty() ? symbol : symbol + " " + text;
}

class MarkdownWriter {
 public:
  void operator()(const Paragraph& paragraph) { out += markdown(paragraph.text) + "\n\n"; }

  void operator()(const Table& table) {
    if (!table.caption.empty()) out += markdown(table.caption) + "\n\n";
    if (table.columns.empty()) return;
    std::string rule;
    for (const auto& column : table.columns) {
      out += "| " + markdown(column.title) + " ";
      rule += column.number ? "|---:" : "|---";
    }
    out += "|\n" + rule + "|\n";
    for (const auto& row : table.rows) {
      for (const auto& cell : row) out += "| " + marked(cell) + " ";
      out += "|\n";
    }
    out += "\n";
  }

  void operator()(const List& list) {
    for (const auto& item : list.items) out += "- " + marked(item) + "\n";
    out += "\n";
  }

  void operator()(const Figures& figures) {
    Table table{{{"figure"}, {"value", true}, {"note"}}, {}};
    for (const auto& one : figures.all) {
      table.rows.push_back(
          {{one.label}, number(one.value + (one.unit.empty() ? "" : " " + one.unit), one.mark), {one.note}});
    }
    (*this)(table);
  }

  void operator()(const Card& card) {
    out += fmt::format("- {} **{}** {}\n", symbol_of(card.mark), markdown(card.badge), marked(code(card.title)));
    for (const auto& [name, cell] : card.lines) {
      if (!cell.text.empty()) out += fmt::format("  - {}: {}\n", markdown(name), marked(cell));
    }
    out += "\n";
  }

  void operator()(const Picture& picture) {
    out += "**" + markdown(picture.title) + "**\n\n";
    if (!picture.caption.empty()) out += markdown(picture.caption) + "\n\n";
    (*this)(picture.table);
  }

  void operator()(const Drawings& drawings) {
    for (const auto& drawing : drawings.all) {
      out += "**" + markdown(drawing.title) + "**\n\n";
      // Indented: a fence could be closed by a name.
      for (const auto& line : lines_of(drawing)) out += "    " + printable(line) + "\n";
      out += "\n";
    }
  }

  std::string out;
};

}  // namespace

std::string render_markdown(const Document& document) {
  MarkdownWriter writer;
  auto& out = writer.out;
  out += "# " + markdown(document.title) + "\n\n";
  out += fmt::format("{} **{}.** {}\n\n", symbol_of(document.verdict.mark), markdown(document.verdict.word),
                     markdown(document.verdict.sentence));
  for (const auto& reason : document.verdict.reasons) out += "- " + markdown(reason) + "\n";
  if (!document.verdict.reasons.empty()) out += "\n";
  Table properties{{{markdown(document.kind)}, {""}}, {}};
  for (const auto& [name, cell] : document.properties) properties.rows.push_back({{name}, cell});
  writer(properties);
  for (const auto& section : document.sections) {
    out += "## " + markdown(section.title) + "\n\n";
    for (const auto& block : section.blocks) std::visit(writer, block);
  }
  out += "---\n" + markdown(document.made) + "\n";
  return out;
}

}  // namespace pgcleave::report
