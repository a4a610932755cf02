#include "conversation/conversation.h"

#include "conversation/exchange.h"

namespace pgcleave::conversation {

std::string converse(world::World& world) {
  Transcript told;
  talk_with_bouncers(world, told);
  talk_of_ownership(world, told);
  talk_of_replication(world, told);
  talk_of_promotion(world, told);
  return told.text();
}

}  // namespace pgcleave::conversation
