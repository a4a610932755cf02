#include "report/document/document.h"

namespace pgcleave::report {

void Section::say(const std::string& text) {
  Paragraph paragraph;
  paragraph.text = text;
  add(std::move(paragraph));
}

}  // namespace pgcleave::report
