// The few statements that steps send by themselves, known by their words.
#pragma once

#include "model/server.h"
#include "postgres/connection.h"

namespace pgcleave::simulation {

Result<postgres::Rows> answer_of(Server& server, const std::string& name, const std::string& sql,
                                 const postgres::Parameters& parameters);

}  // namespace pgcleave::simulation
