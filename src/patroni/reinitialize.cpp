#include "patroni/reinitialize.h"

#include "base/fields.h"
#include "base/format.h"
#include "patroni/answers.h"

namespace pgcleave::patroni {

Result<std::string> state_of(const Access& access, const Member& member, Deadline deadline) {
  rest::Client rest(member.rest_url, access);
  TRY_ASSIGN(const auto answer, rest.get("/patroni", deadline));
  TRY_ASSIGN(const auto status, json_object(member.rest_url, "/patroni", answer));
  return pgcleave::text_in(status, "state");
}

// 503 with a sentence: "I am the leader, can not reinitialize", "restarting after failure already in progress" (3.0
// to 4.1).
Result<void> reinitialize(const Access& access, const Member& member, Deadline deadline) {
  rest::Client rest(member.rest_url, access);
  TRY_ASSIGN(const auto answer,
             rest.send("POST", "/reinitialize", to_text(Json{{"force", true}}), "application/json", deadline));
  const auto status = answer.status;
  if (status == 200 || (status == 503 && answer.body.starts_with("reinitialize already in progress"))) return {};
  Error error{ErrorKind::failed,
              member.rest_url,
              "POST /reinitialize was refused",
              "200",
              fmt::format("{} {}", status, answer.body.substr(0, 120)),
              "",
              ""};
  error.code = std::to_string(status);
  if (status == 503) error.kind = ErrorKind::not_ready;
  if (status == 401 || status == 403)
    error.hint =
        "set username and password of restapi's basic auth (or a client certificate) for this cluster in the "
        "environment file";
  return fail(error);
}

}  // namespace pgcleave::patroni
