#include <algorithm>

#include "base/format.h"
#include "report/document/escape.h"
#include "report/document/render.h"
#include "report/document/stylesheet.h"

namespace pgcleave::report {
namespace {

constexpr Canvas desk{840};
constexpr Canvas phone{330};
constexpr std::size_t most_reasons = 10;

std::string badge(Mark mark, const std::string& word) {
  return fmt::format("<span class=\"badge {}\"><span aria-hidden=\"true\">{}</span> {}</span>", name_of(mark),
                     symbol_of(mark), html(word));
}

// A mark colours a word or two; of more it colours the symbol only.
constexpr std::size_t few_letters = 24;
constexpr std::size_t many_letters = 40;
constexpr std::size_t few_rows = 9;

std::string cell(const Cell& cell) {
  auto text = cell.code && !cell.text.empty() ? "<code>" + html(cell.text) + "</code>" : html(cell.text);
  if (cell.mark == Mark::none) return text;
  const auto symbol = fmt::format("<span aria-hidden=\"true\">{}</span>", symbol_of(cell.mark));
  if (cell.text.size() > few_letters)
    return fmt::format("<span class=\"mark {}\">{}</span> {}", name_of(cell.mark), symbol, text);
  return fmt::format("<span class=\"mark short {}\">{} {}</span>", name_of(cell.mark), symbol, text);
}

std::string class_of(const Cell& cell, bool number) {
  if (number) return " class=\"n\"";
  return cell.text.size() > many_letters && !cell.code ? " class=\"t\"" : "";
}

class Writer {
 public:
  void operator()(const Paragraph& paragraph) { out += "<p>" + html(paragraph.text) + "</p>\n"; }

  void operator()(const Table& table) {
    if (table.columns.empty()) return;
    // Reached and scrolled by keyboard too, when it is wider than the page.
    out += fmt::format("<div class=\"scroll{}\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n",
                       table.rows.size() <= few_rows ? " whole" : "",
                       table.caption.empty() ? "table" : html(table.caption));
    if (!table.caption.empty()) out += "<caption>" + html(table.caption) + "</caption>\n";
    out += "<thead><tr>";
    for (const auto& column : table.columns) {
      out += fmt::format("<th scope=\"col\"{}>{}</th>", column.number ? " class=\"n\"" : "", html(column.title));
    }
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      out += "<tr>";
      for (std::size_t i = 0; i < row.size(); ++i) {
        const bool number = i < table.columns.size() && table.columns[i].number;
        out += fmt::format("<td{}>{}</td>", class_of(row[i], number), cell(row[i]));
      }
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
  }

  void operator()(const List& list) {
    out += "<ul>\n";
    for (const auto& item : list.items)
      out += (item.mark == Mark::none ? "<li>" : "<li class=\"marked\">") + cell(item) + "</li>\n";
    out += "</ul>\n";
  }

  void operator()(const Figures& figures) {
    out += "<dl class=\"figures\">\n";
    for (const auto& one : figures.all) {
      out +=
          fmt::format("<div class=\"{}\"><dt>{}</dt><dd><b>{}</b>{}{}</dd></div>\n", name_of(one.mark), html(one.label),
                      html(one.value), one.unit.empty() ? "" : " <span>" + html(one.unit) + "</span>",
                      one.note.empty() ? "" : "<small>" + html(one.note) + "</small>");
    }
    out += "</dl>\n";
  }

  void operator()(const Card& card) {
    out += fmt::format("<article class=\"card {}\"><h3>{} <code>{}</code></h3>\n<dl>\n", name_of(card.mark),
                       badge(card.mark, card.badge), html(card.title));
    for (const auto& [name, line] : card.lines) {
      if (!line.text.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html(name), cell(line));
    }
    out += "</dl></article>\n";
  }

  void operator()(const Picture& picture) {
    out += fmt::format("<figure><figcaption>{}</figcaption>\n", html(picture.title));
    const auto hues = hues_of(picture.chart);
    if (hues.size() > 1) {
      out += "<ul class=\"legend\">";
      for (const auto hue : hues)
        out += fmt::format("<li><i class=\"key {}\"></i>{}</li>", class_of(hue), html(name_of(hue)));
      out += "</ul>\n";
    }
    out += fmt::format("<div class=\"desk\">{}</div>\n<div class=\"phone\">{}</div>\n",
                       svg_of(picture.chart, desk, picture.title), svg_of(picture.chart, phone, picture.title));
    if (!picture.caption.empty()) out += "<p class=\"quiet\">" + html(picture.caption) + "</p>\n";
    out += "</figure>\n";
    (*this)(picture.table);
  }

  void operator()(const Drawings& drawings) {
    out += "<div class=\"drawings\">\n";
    for (const auto& drawing : drawings.all) {
      out += fmt::format("<figure><figcaption>{}</figcaption>{}</figure>\n", html(drawing.title), svg_of(drawing));
    }
    out += "</div>\n";
  }

  std::string out;
};

std::string header(const Document& document) {
  std::string out = fmt::format("<header>\n<p class=\"kind\">pgcleave · {}</p>\n<h1>{}</h1>\n", html(document.kind),
                                html(document.title));
  const auto& verdict = document.verdict;
  out += fmt::format(
      "<div class=\"verdict {}\"><p><span class=\"symbol\" "
      "aria-hidden=\"true\">{}</span><strong>{}</strong></p><p>{}</p>",
      name_of(verdict.mark), symbol_of(verdict.mark), html(verdict.word), html(verdict.sentence));
  if (!verdict.reasons.empty()) {
    out += "<ol>";
    const auto shown = std::min(verdict.reasons.size(), most_reasons);
    for (std::size_t i = 0; i < shown; ++i) out += "<li>" + html(verdict.reasons[i]) + "</li>";
    out += "</ol>";
    if (verdict.reasons.size() > shown)
      out += fmt::format("<p>and {} more, below.</p>", verdict.reasons.size() - shown);
  }
  out += "</div>\n<dl class=\"properties\">\n";
  for (const auto& [name, value] : document.properties)
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html(name), cell(value));
  return out + "</dl>\n</header>\n";
}

std::string contents(const Document& document) {
  if (document.sections.size() < 4) return "";
  std::string out = "<nav aria-label=\"contents\"><ul>";
  for (const auto& section : document.sections)
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>", html(section.id), html(section.title));
  return out + "</ul></nav>\n";
}

}  // namespace

std::string render_html(const Document& document) {
  Writer writer;
  // The policy forbids whatever could be fetched or run, should a text from outside ever become markup.
  writer.out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" "
      "content=\"light dark\">\n"
      "<title>{}: {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      html(document.kind), html(document.title), stylesheet());
  writer.out += header(document) + contents(document);
  for (const auto& section : document.sections) {
    writer.out += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", html(section.id), html(section.title));
    for (const auto& block : section.blocks) std::visit(writer, block);
    writer.out += "</section>\n";
  }
  writer.out += "<footer><p>" + html(document.made) + "</p></footer>\n</main>\n</body>\n</html>\n";
  return writer.out;
}

}  // namespace pgcleave::report
