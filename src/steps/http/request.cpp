// http.request: a call of the operator's own, such as blocking users at the edge or a note to the chat.
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/format.h"
#include "rest/client.h"
#include "steps/registry.h"

namespace pgcleave::steps {
namespace {

constexpr auto between_looks = std::chrono::milliseconds(5);

struct Url {
  std::string base;
  std::string path;
};

Result<Url> parse(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos || (!url.starts_with("http://") && !url.starts_with("https://")) ||
      url.find('@') != std::string::npos) {
    return fail({ErrorKind::invalid, printable(url), "is not a URL that can be called",
                 "http://host:port/path or https://..., without credentials in it", "", "", ""});
  }
  const auto slash = url.find('/', scheme + 3);
  if (slash == std::string::npos) return Url{url, "/"};
  return Url{url.substr(0, slash), url.substr(slash)};
}

Result<rest::Access> access(Context& context) {
  rest::Access access;
  access.username = context.text("username");
  access.ca = context.text("ca");
  if (const auto file = context.text("password_file"); !file.empty()) {
    TRY_ASSIGN(auto password, read_file(file, 4096));
    while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
    access.password = Secret(std::move(password));
  }
  return access;
}

// `cut_short`: a stop was requested before the answer came.
Result<rest::Answer> call(Context& context, const std::string& method, const std::string& url, const std::string& body,
                          bool& cut_short) {
  TRY_ASSIGN(const auto parts, parse(url));
  TRY_ASSIGN(const auto with, access(context));
  // By a thread of its own, which is left behind when a stop is requested: cpp-httplib (0.11) waits for an answer until
  // its timeout.
  struct Call {
    std::mutex mutex;
    std::optional<Result<rest::Answer>> answer;
  };
  const auto made = std::make_shared<Call>();
  std::thread([made, parts, with, method, body, type = context.text("content_type"), deadline = context.deadline] {
    rest::Client rest(parts.base, with);
    auto answer = rest.send(method, parts.path, body, type, deadline);
    const std::lock_guard lock(made->mutex);
    made->answer = std::move(answer);
  }).detach();
  while (true) {
    const bool stopped = context.stop != nullptr && context.stop->requested();
    {
      const std::lock_guard lock(made->mutex);
      if (made->answer) return std::move(*made->answer);
    }
    if (stopped) {
      cut_short = true;
      return fail({ErrorKind::unknown, url, method + " was sent, and the run was asked to stop before the answer came",
                   "an answer", "", "", ""});
    }
    sleep_until(Deadline::in(between_looks), between_looks, nullptr);
  }
}

bool expected(Context& context, int status) {
  for (const auto& one : context.with.value("expect", Json::array())) {
    if ((one.is_number() && one.get<int>() == status) ||
        (one.is_string() && one.get<std::string>() == std::to_string(status)))
      return true;
  }
  return false;
}

Result<void> must_succeed(Context& context, const std::string& method, const std::string& url,
                          const std::string& body) {
  bool cut_short = false;
  const auto done = context.world.effects->perform(fmt::format("{} {}", method, url), [&]() -> Result<Json> {
    TRY_ASSIGN(const auto answer, call(context, method, url, body, cut_short));
    if (!expected(context, answer.status)) {
      return fail({ErrorKind::failed, url, method + " was answered with a status that was not expected",
                   to_text(context.with.value("expect", Json::array())),
                   fmt::format("{}: {}", answer.status, answer.body.substr(0, 500)), "",
                   std::to_string(answer.status)});
    }
    return Json();
  });
  if (done) return {};
  auto error = done.error();
  // Nobody waits to see what came of it.
  if (cut_short && error.kind == ErrorKind::unknown) error.kind = ErrorKind::interrupted;
  return fail(error);
}

Result<Observation> observe_http_request(Context& context) {
  Observation seen;
  const auto check = context.text("check");
  if (check.empty()) {
    seen.evidence = "no check given";
    seen.lasting = false;
    return seen;
  }
  bool cut_short = false;
  TRY_ASSIGN(const auto answer, call(context, "GET", check, "", cut_short));
  seen.evidence = fmt::format("GET {} answered {}", check, answer.status);
  if (expected(context, answer.status)) seen.state = State::done;
  return seen;
}

Result<Json> apply_http_request(Context& context, const Json&) {
  TRY(must_succeed(context, context.text("method"), context.text("url"), context.text("body")));
  return Json::object();
}

Result<void> undo_http_request(Context& context, const Json&, const Json&) {
  const auto url = context.text("undo_url");
  if (url.empty()) return {};
  return must_succeed(context, context.text("undo_method"), url, context.text("undo_body"));
}

}  // namespace

StepKind http_request() {
  using runbook::Type;
  const std::vector<std::string> methods{"GET", "POST", "PUT", "PATCH", "DELETE"};
  return {{.kind = "http.request",
           .purpose = "Makes an HTTP request; a status in `expect` is success.",
           .parameters =
               {{"url", Type::text, nullptr, true, "http:// or https://, no credentials in it", {}},
                {"method", Type::text, "POST", false, "", methods},
                {"body", Type::text, "", false, "kept in the journal with the runbook, so no secrets here", {}},
                {"content_type", Type::text, "application/json", false, "of the bodies", {}},
                {"expect", Type::list, Json::array({200, 201, 202, 204}), false, "statuses that mean success", {}},
                {"username", Type::text, "", false, "for basic auth", {}},
                {"password_file", Type::text, "", false, "a file that holds the password for basic auth", {}},
                {"ca", Type::text, "", false, "file with the certificates to trust", {}},
                {"check",
                 Type::text,
                 "",
                 false,
                 "a URL that answers a GET with such a status when there is nothing left to do",
                 {}},
                {"undo_url", Type::text, "", false, "called to undo it; must be harmless when repeated", {}},
                {"undo_method", Type::text, "POST", false, "", methods},
                {"undo_body", Type::text, "", false, "sent with it", {}}},
           .outputs = {},
           .changes = "whatever the server does",
           .undo = "calls `undo_url`, if given",
           .traits = {.changes = true}},
          nullptr,
          observe_http_request,
          apply_http_request,
          undo_http_request};
}

}  // namespace pgcleave::steps
