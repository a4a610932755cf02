#include "postgres/replication.h"

#include "conversation/exchange.h"
#include "fence/canary.h"
#include "postgres/wal.h"

namespace pgcleave::conversation {
namespace {

std::string publication(const std::optional<postgres::Publication>& seen) {
  return seen ? fmt::format("{} of {} tables", seen->open ? "open" : "closed", seen->tables.size()) : "none";
}

std::string slot(const std::optional<postgres::Slot>& seen) {
  return seen ? fmt::format("{}{}", seen->plugin.empty() ? "physical" : seen->plugin, seen->active ? ", active" : "")
              : "none";
}

}  // namespace

void talk_of_replication(world::World& world, Transcript& told) {
  auto& source = **world.source.leader(soon());
  auto& target = **world.target.leader(soon());
  const std::string name = "pgcleave_talk";
  const std::vector<postgres::TableName> tables{fence::canary_of(world.split.name, fence::Owner::source)};
  const auto look = [&](const std::string& when) {
    told.asked("publication: " + when, postgres::publication(source, name, soon()), publication);
  };
  look("at first");
  told.ordered("publication: create, closed", postgres::create_publication(source, name, {tables, false}, soon()));
  look("created");
  told.ordered("publication: open", postgres::open_publication(source, name, true, soon()));
  look("opened");
  told.ordered("publication: create again, open", postgres::create_publication(source, name, {tables, true}, soon()));
  told.ordered("publication: create on the standby",
               postgres::create_publication(target, "another", {tables, true}, soon()));
  told.ordered("publication: drop", postgres::drop_publication(source, name, soon()));
  told.ordered("publication: drop again", postgres::drop_publication(source, name, soon()));
  told.ordered("publication: open what is gone", postgres::open_publication(source, name, true, soon()));

  told.asked("slot: at first", postgres::slot(source, name, soon()), slot);
  told.ordered("slot: create a physical one", postgres::create_physical_slot(source, name, soon()));
  told.asked("slot: created", postgres::slot(source, name, soon()), slot);
  told.ordered("slot: create it again", postgres::create_physical_slot(source, name, soon()));
  told.ordered("slot: create a logical one of its name", postgres::create_logical_slot(source, name, soon()));
  told.ordered("slot: drop", postgres::drop_slot(source, name, soon()));
  told.ordered("slot: drop again", postgres::drop_slot(source, name, soon()));
  told.ordered("slot: create a logical one", postgres::create_logical_slot(source, name, soon()));
  told.asked("slot: created", postgres::slot(source, name, soon()), slot);
  told.ordered("slot: create it again", postgres::create_logical_slot(source, name, soon()));
  told.ordered("slot: drop", postgres::drop_slot(source, name, soon()));
  told.asked("slot: dropped", postgres::slot(source, name, soon()), slot);

  told.asked("subscription: at first", postgres::subscription(source, name, soon()),
             [](const auto& seen) { return yes(seen.has_value()); });
  told.ordered("subscription: disable what is not there", postgres::disable_subscription(source, name, soon()));
  told.ordered("subscription: drop what is not there", postgres::drop_subscription(source, name, soon()));
  told.ordered("subscription: enable what is not there", postgres::enable_subscription(source, name, soon()));
  told.asked("subscription: applied by what is not there", postgres::applied(source, name, false, soon()),
             [](Lsn) { return "a position"; });
}

}  // namespace pgcleave::conversation
