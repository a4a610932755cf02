#include "steps/versions/bounds_of_step.h"

#include "steps/build_surroundings.h"
#include "steps/parameters.h"

namespace pgcleave::steps {

Result<data::VersionBounds> bounds_of(const Context& context) {
  data::VersionBounds bounds;
  TRY_ASSIGN(bounds.table, postgres::parse_table_name(context.text("table")));
  const auto into = context.text("into");
  if (into.empty()) {
    bounds.into = data::bounds_beside(bounds.table);
  } else {
    TRY_ASSIGN(bounds.into, postgres::parse_table_name(into));
  }
  bounds.group = context.with.at("group_by").get<std::vector<std::string>>();
  bounds.version = context.text("version");
  return bounds;
}

std::vector<runbook::Parameter> bounds_parameters() {
  using runbook::Type;
  return {side_parameter("on", "whose leader"),
          {"table", Type::text, nullptr, true, "the large table, in SQL", {}},
          {"group_by", Type::list, nullptr, true, "the columns of a group; an index that begins with them helps", {}},
          {"version", Type::text, "version", false, "the column with a row's version", {}},
          {"into", Type::text, "", false, "the small table; empty: TABLE_versions, in the same schema", {}}};
}

Result<void> run_politely(Context& context, const std::string& statements) {
  TRY(data::BuildSession(build_surroundings(context)).run_politely(statements));
  return {};
}

Result<BoundsSeen> see_bounds(Context& context, const data::VersionBounds& bounds) {
  TRY_ASSIGN(auto* leader, context.on().leader(context.deadline));
  TRY_ASSIGN(const auto rows, leader->query(bounds.seen_sql(), {}, context.deadline));
  return BoundsSeen{rows.boolean(0, "bounds"), rows.number(0, "functions"), rows.number(0, "triggers")};
}

}  // namespace pgcleave::steps
