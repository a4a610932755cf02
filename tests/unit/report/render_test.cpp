#include "report/document/render.h"

#include <catch2/catch.hpp>
#include <regex>
#include <sstream>
#include <vector>

namespace pgcleave::report {
namespace {

const std::string hostile = "<img src=x onerror=alert(1)>|`\"'&\n\x1b[2J";

Document everything(const std::string& text) {
  Document document;
  document.kind = text;
  document.title = text;
  document.properties = {{text, {text, Mark::bad}}, {"code", code(text)}};
  document.verdict = {Mark::warning, text, text, {text, text}};
  const Table table{{{text}, {text, true}}, {{{text, Mark::good}, number(text)}, {code(text), code(text)}}, text};
  Section section{"all", text, {}};
  section.add(Paragraph{text});
  section.add(List{{{text}, code(text)}});
  section.add(Figures{{{text, text, text, text, Mark::good}}});
  section.add(Card{text, text, Mark::bad, {{text, {text}}, {text, code(text)}}});
  section.add(table);
  section.add(Picture{text, Timeline{{{text, text, 0, 5, Hue::work}, {text, text, 5, 9, Hue::pause}}, {{1, 2, text}}},
                      table, text});
  section.add(Picture{text, Bars{{{text, 3, Hue::pause}, {text, 0, Hue::work}}, 5000.0, text}, table});
  section.add(Picture{text, Ranges{{{text, text, 1, 2, 3, Hue::work}}}, table});
  section.add(
      Picture{text, Lines{{{text, {{0, 1}, {1, 2}}, true}, {text, {}, false}}, {{0, 1, text}}, text, text}, table});
  Topology topology{text, {text, text, false, 2, text, text}, {text, text, true, 0, text, text}, text, {text},
                    true, DrawnReplication{false, true, text}};
  section.add(Drawings{{topology}});
  document.sections = {section, section, section, section};
  document.made = text;
  document.data = {{"text", text}};
  return document;
}

// Every element that is opened is closed, in order; what HTML leaves open is known.
std::string first_imbalance(const std::string& page) {
  static const std::regex tag(R"(<(/?)([a-zA-Z0-9]+)([^<>]*)>)");
  std::vector<std::string> open;
  for (std::sregex_iterator it(page.begin(), page.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    const std::string rest = (*it)[3];
    if (name == "meta" || (!rest.empty() && rest.back() == '/')) continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back() + " is left open";
}

std::size_t bars_of(const std::string& line) {
  std::size_t bars = 0;
  for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
  return bars;
}

}  // namespace

TEST_CASE("a page is whole, and asks neither the network nor a script") {
  for (const auto& text : {std::string("plain"), hostile}) {
    const auto page = render_html(everything(text));
    CHECK(first_imbalance(page).empty());
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("<img") == std::string::npos);
    CHECK(page.find("://") == std::string::npos);
    CHECK(page.find("@import") == std::string::npos);
    CHECK(page.find("url(") == std::string::npos);
    CHECK(page.find('\x1b') == std::string::npos);
    CHECK(page.find("default-src 'none'") != std::string::npos);
  }
}

TEST_CASE("text from outside adds nothing to a page but text") {
  const auto elements = [](const std::string& page) {
    static const std::regex tag("<[a-z]+");
    return std::distance(std::sregex_iterator(page.begin(), page.end(), tag), std::sregex_iterator());
  };
  CHECK(elements(render_html(everything(hostile))) == elements(render_html(everything("plain"))));
}

TEST_CASE("each chart stands on the page for a desk and for a phone, and its table with it") {
  const auto page = render_html(everything("plain"));
  const auto count_of = [&](const std::string& words) {
    std::size_t found = 0;
    for (auto at = page.find(words); at != std::string::npos; at = page.find(words, at + 1)) ++found;
    return found;
  };
  CHECK(count_of("<div class=\"desk\"><svg") == 16);
  CHECK(count_of("<div class=\"phone\"><svg") == 16);
  CHECK(count_of("<table>") == 20);
}

TEST_CASE("no place on a drawing is no number") {
  Document document = everything("plain");
  Section odd{"odd", "odd", {}};
  odd.add(Picture{"nothing", Timeline{}, {}});
  odd.add(Picture{"nothing", Bars{}, {}});
  odd.add(Picture{"nothing", Ranges{}, {}});
  odd.add(Picture{"nothing", Lines{}, {}});
  odd.add(Picture{"zero", Bars{{{"zero", 0, Hue::work}}, {}, ""}, {}});
  odd.add(Picture{"zero", Lines{{{"zero", {{0, 0}}}}, {}, "x", "y"}, {}});
  document.sections.push_back(odd);
  const auto page = render_html(document);
  CHECK(page.find("nan") == std::string::npos);
  CHECK(page.find("\"inf") == std::string::npos);
  CHECK(page.find("e+") == std::string::npos);
}

TEST_CASE("a row of a Markdown table has as many cells as its head, whatever is in them") {
  std::istringstream lines(render_markdown(everything(hostile)));
  std::size_t expected = 0;
  std::size_t tables = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] != '|') {
      expected = 0;
      continue;
    }
    if (expected == 0) {
      expected = bars_of(line);
      ++tables;
    }
    INFO(line);
    CHECK(bars_of(line) == expected);
  }
  CHECK(tables == 25);
}

TEST_CASE("Markdown holds no element of HTML") {
  static const std::regex element(R"((^|[^\\`])<[a-z/!])");
  std::istringstream lines(render_markdown(everything("<b>bold</b>")));
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    if (line.rfind("    ", 0) == 0 || line.find('`') != std::string::npos) continue;  // text as it is
    CHECK_FALSE(std::regex_search(line, element));
  }
}

TEST_CASE("JSON is the data with the verdict, also where a name is no UTF-8") {
  auto document = everything("plain");
  document.data["name"] = "\xff";
  const auto json = Json::parse(render_json(document));
  CHECK(json.at("verdict").at("mark") == "warning");
  CHECK(json.at("verdict").at("reasons").size() == 2);
  CHECK(json.at("text") == "plain");
}

}  // namespace pgcleave::report
