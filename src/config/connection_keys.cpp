#include "config/connection_keys.h"

#include <algorithm>

#include "base/address.h"

namespace pgcleave::config {

const std::vector<ConnectionKey>& connection_keys() {
  using Kind = ConnectionKey::Kind;
  static const std::vector<std::string> protocols{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
  static const std::vector<ConnectionKey> keys{
      {"sslmode", Kind::choice, {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}, "TLS or not"},
      {"sslnegotiation", Kind::choice, {"postgres", "direct"}, "how TLS begins; libpq 17 and later"},
      {"sslrootcert", Kind::path, {}, "authorities to trust; `system`: those of the machine (libpq 16 and later)"},
      {"sslcert", Kind::path, {}, "the client's certificate"},
      {"sslkey", Kind::path, {}, "the client's key, readable by its owner only"},
      {"sslpassword", Kind::secret, {}, "the password of an encrypted key"},
      {"sslcertmode", Kind::choice, {"disable", "allow", "require"}, "whether it is sent; libpq 16 and later"},
      {"sslcrl", Kind::path, {}, "certificates that are revoked"},
      {"sslcrldir", Kind::path, {}, "a folder of them"},
      {"sslsni", Kind::choice, {"0", "1"}, "whether the host's name is sent"},
      {"ssl_min_protocol_version", Kind::choice, protocols, "the oldest TLS that is accepted"},
      {"ssl_max_protocol_version", Kind::choice, protocols, "the newest"},
      {"channel_binding", Kind::choice, {"disable", "prefer", "require"}, "SCRAM bound to the TLS connection"},
      {"require_auth", Kind::text, {}, "methods that the server may ask for; libpq 16 and later"},
      {"requirepeer", Kind::text, {}, "the system user who must run the server behind a socket"},
      {"gssencmode", Kind::choice, {"disable", "prefer", "require"}, "encryption by GSSAPI"},
      {"gsslib", Kind::text, {}, "the library for GSSAPI"},
      {"krbsrvname", Kind::text, {}, "Kerberos's name of the service"},
      {"connect_timeout", Kind::seconds, {}, "seconds to wait for a connection"},
      {"keepalives", Kind::choice, {"0", "1"}, "TCP keepalives"},
      {"keepalives_idle", Kind::number, {}, "seconds until the first"},
      {"keepalives_interval", Kind::number, {}, "seconds between two"},
      {"keepalives_count", Kind::number, {}, "how many may be lost"},
      {"tcp_user_timeout", Kind::number, {}, "milliseconds that sent data may go unacknowledged"},
      {"options", Kind::text, {}, "settings of the server's session, such as -c statement_timeout=5s"}};
  return keys;
}

bool is_loopback(const std::string& host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host.starts_with("127.") || host == "::1" ||
         host == "localhost";
}

bool cannot_be_seen_from_here(const BouncerAccess& bouncer, const std::string& route_host) {
  const auto console = bouncer.console.values.find("host");
  const bool is_here =
      bouncer.shell.empty() && (console == bouncer.console.values.end() || is_loopback(console->second));
  const auto hosts = hosts_of(route_host);
  return !is_here && std::any_of(hosts.begin(), hosts.end(), is_loopback);
}

}  // namespace pgcleave::config
