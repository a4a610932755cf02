// What a member of Patroni, or whatever listens there, answers.
#include "patroni/answers.h"
#include "patroni/inspection.h"
#include "target.h"

using namespace pgcleave;

namespace {

void inspect(const Json& json) {
  const auto view = patroni::read_view("http://127.0.0.1:8008", json);
  if (!view) fuzz::require_printable(view.error().text());
  static_cast<void>(patroni::obstacles(json, view ? *view : patroni::View{}, json, json));
  static_cast<void>(patroni::scope_in(json));
  static_cast<void>(patroni::read_address("http://127.0.0.1:8008", json));
  static_cast<void>(patroni::object_at(json, {"postgresql", "parameters"}));
  for (const char* key : {"pause", "failsafe_mode", "role", "standby_cluster"}) {
    static_cast<void>(patroni::is_on(json, key));
    static_cast<void>(patroni::is_set(json, key));
    static_cast<void>(patroni::text_at(json, key));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = fuzz::text_of(data, size);
  for (const int status : {200, 409, 503}) {
    const auto answer = rest::Answer{status, body};
    const auto json = patroni::json_object("http://127.0.0.1:8008", "/cluster", answer);
    if (!json) fuzz::require_printable(json.error().text());
    if (json) inspect(*json);
    const auto patched = patroni::read_patch_answer("http://127.0.0.1:8008", answer);
    if (!patched) fuzz::require_printable(patched.error().text());
  }
  return 0;
}
