// From a document to a file.
#pragma once

#include <string>

#include "report/document/document.h"

namespace pgcleave::report {

// One page that needs neither network nor script; light, dark and paper.
std::string render_html(const Document& document);
// For an issue tracker: no HTML in it. Charts are their tables.
std::string render_markdown(const Document& document);
// The numbers, not the words around them.
std::string render_json(const Document& document);

const char* name_of(Mark mark);    // "good", as the stylesheet knows it
const char* symbol_of(Mark mark);  // "✓"

}  // namespace pgcleave::report
