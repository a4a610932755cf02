// The numbers 0 to 2 stay what they are for.
#pragma once

namespace pgcleave::cli {

// To be called before anything else is opened.
void open_standard_files();

}  // namespace pgcleave::cli
