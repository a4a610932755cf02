// How the page looks: one sheet, with no font or picture from elsewhere.
#pragma once

namespace pgcleave::report {

const char* stylesheet();

}  // namespace pgcleave::report
