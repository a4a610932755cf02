#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace pgcleave_lab {

struct HttpAnswer {
  int status = 0;  // 0: no answer within two seconds
  std::string body;
  nlohmann::json json() const;  // discarded value if the body is not JSON
};

struct BasicAuth {
  std::string user, password;
};

std::string base64(std::string_view text);

// One request to 127.0.0.1:port, or ::1, HTTP/1.0, so that the end of the connection is the end of the answer.
HttpAnswer http_get(int port, const std::string& path);
HttpAnswer http_post(int port, const std::string& path, const std::string& body);
HttpAnswer http_post(int port, const std::string& path, const std::string& body, const BasicAuth& who);
HttpAnswer http_patch(int port, const std::string& path, const std::string& body, const BasicAuth& who);

}  // namespace pgcleave_lab
