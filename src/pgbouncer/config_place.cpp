#include "pgbouncer/config_place.h"

#include "base/file.h"
#include "base/format.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string base64(const std::string& bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto have = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= have ? alphabet[group >> (18 - 6 * j) & 63U] : '=';
  }
  return out;
}

Result<std::string> from_base64(const std::string& text) {
  std::string out;
  unsigned group = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '=') continue;
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) {
      return fail({ErrorKind::failed, "", "the shell gave back something else than the file", "base64", text.substr(0, 80), "", ""});
    }
    group = (group << 6 | static_cast<unsigned>(digit)) & 0xffffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xffU);
  }
  return out;
}

ConfigPlace::ConfigPlace(std::string config, std::vector<std::string> reach) : config_(std::move(config)), reach_(std::move(reach)) {}

Result<void> ConfigPlace::open(Deadline deadline) {
  if (local() || shell_) return {};
  TRY_ASSIGN(shell_, Shell::open(reach_, deadline));
  return {};
}

Result<std::string> ConfigPlace::remote(const std::string& line, Deadline deadline) {
  TRY(open(deadline));
  auto answer = shell_->run(line, deadline);
  if (answer) return answer;
  auto error = answer.error();
  if (error.kind == ErrorKind::unknown) shell_.reset();  // it is closed: the next call opens another
  error.object = fmt::format("{} through {}", config_, fmt::join(reach_, " "));
  return fail(error);
}

Result<std::string> ConfigPlace::read(Deadline deadline) {
  if (local()) return read_file(config_);
  TRY_ASSIGN(const auto text, remote("base64 < " + Shell::quote(config_), deadline));
  return from_base64(text);
}

Result<std::optional<std::string>> ConfigPlace::read_staged(Deadline deadline) {
  if (local()) {
    if (!exists(staged_path())) return std::nullopt;
    TRY_ASSIGN(auto text, read_file(staged_path()));
    return text;
  }
  const auto path = Shell::quote(staged_path());
  TRY_ASSIGN(const auto text, remote(fmt::format("if [ -e {0} ]; then echo +; base64 < {0}; fi", path), deadline));
  const auto plus = text.find('+');
  if (plus == std::string::npos) return std::nullopt;
  TRY_ASSIGN(auto bytes, from_base64(text.substr(plus + 1)));
  return bytes;
}

Result<void> ConfigPlace::write_staged(const std::string& text, Deadline deadline) {
  if (local()) return replace_file(staged_path(), text, config_);
  const auto temporary = Shell::quote(staged_path() + ".tmp");
  const auto config = Shell::quote(config_);
  // The mode is given before the content: the file may hold passwords.
  TRY(remote(fmt::format("(umask 077 && : > {0}) && chmod --reference={1} {0} && chown --reference={1} {0} && "
                         "printf %s {2} | base64 -d > {0} && sync {0} && mv -f {0} {3} && sync {4}",
                         temporary, config, base64(text), Shell::quote(staged_path()), Shell::quote(folder_of(config_))),
             deadline));
  return {};
}

Result<void> ConfigPlace::put_staged_in_place(Deadline deadline) {
  if (local()) return rename_durably(staged_path(), config_);
  TRY(remote(fmt::format("mv -f {} {} && sync {}", Shell::quote(staged_path()), Shell::quote(config_), Shell::quote(folder_of(config_))),
             deadline));
  return {};
}

Result<void> ConfigPlace::remove_staged(Deadline deadline) {
  if (local()) return remove_file(staged_path());
  TRY(remote("rm -f " + Shell::quote(staged_path()), deadline));
  return {};
}

}  // namespace pgcleave::pgbouncer
