// What Patroni's REST answers mean: texts in, values out. Nothing here talks to anyone.
#pragma once

#include <string>
#include <vector>

#include "patroni/cluster.h"

namespace pgcleave::patroni {

// The JSON object in a 200's body. `unknown` for anything else, naming the member's URL, what was expected and the
// start of what was seen: who asks can't tell from garbage what is true.
Result<Json> json_object(const std::string& url, const std::string& path, const Answer& answer);

// How to be let in, of an answer 401 or 403; empty for another one.
std::string hint_of_refusal(const Answer& answer);

// GET /cluster. Unknown fields are ignored; a field of the wrong type is `unknown` as above.
Result<View> read_view(const std::string& url, const Json& cluster);

// GET /patroni: `patroni.scope`; "" when it isn't there.
std::string scope_in(const Json& status);

// What the answer to PATCH /config says about the patch: see Cluster::patch_config.
Result<Json> read_patch_answer(const std::string& url, const Answer& answer);

// Cluster::obstacles_to_promotion, from GET /cluster, GET /config, and the leader's GET /patroni.
std::vector<std::string> obstacles(const Json& cluster, const View& view, const Json& config,
                                   const Json& leader_status);

}  // namespace pgcleave::patroni
