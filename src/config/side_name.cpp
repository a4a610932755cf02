#include "config/side_name.h"

#include "base/format.h"
#include "config/schema.h"

namespace pgcleave::config {

const char* name_of(SideName side) {
  switch (side) {
    case SideName::source: return "source";
    case SideName::target: return "target";
  }
  return "";
}

SideName other(SideName side) {
  return side == SideName::source ? SideName::target : SideName::source;
}

Result<SideName> side_named(const std::string& text) {
  for (const auto side : {SideName::source, SideName::target}) {
    if (text == name_of(side)) return side;
  }
  return fail({ErrorKind::invalid, "", fmt::format("{} is not a side", shown(text)), "source or target", "", "", ""});
}

void from_json(const Json& json, SideName& side) {
  const auto named = side_named(json.get<std::string>());
  if (!named) throw Json::other_error::create(501, named.error().text(), &json);
  side = *named;
}

}  // namespace pgcleave::config
