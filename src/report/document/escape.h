// Text from outside must not become markup.
#pragma once

#include <string>

namespace pgcleave::report {

// For element content and quoted attributes of HTML and SVG. Control characters become \xNN.
std::string html(const std::string& text);

// For a line of Markdown or a cell of its tables (GitHub's and GitLab's kind): one line, nothing in it is markup.
std::string markdown(const std::string& text);
// The same as a code span.
std::string markdown_code(const std::string& text);

}  // namespace pgcleave::report
