#include "report/document/render.h"

namespace pgcleave::report {

std::string render_json(const Document& document) {
  Json json{{"report", document.kind},
            {"title", document.title},
            {"verdict",
             {{"mark", name_of(document.verdict.mark)},
              {"word", document.verdict.word},
              {"sentence", document.verdict.sentence},
              {"reasons", document.verdict.reasons}}}};
  for (const auto& [key, value] : document.data.items()) json[key] = value;
  json["made"] = document.made;
  // What is not UTF-8 (a name from outside) must not end the report.
  return to_text(json, 2) + "\n";
}

const char* name_of(Mark mark) {
  switch (mark) {
    case Mark::none: return "none";
    case Mark::good: return "good";
    case Mark::warning: return "warning";
    case Mark::bad: return "bad";
    case Mark::note: return "note";
  }
  return "none";
}

const char* symbol_of(Mark mark) {
  switch (mark) {
    case Mark::none: return "";
    case Mark::good: return "✓";
    case Mark::warning: return "▲";
    case Mark::bad: return "✕";
    case Mark::note: return "•";
  }
  return "";
}

}  // namespace pgcleave::report
