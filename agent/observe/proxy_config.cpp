#include "agent/observe/proxy_config.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/host.hpp"
#include "common/host_name.hpp"
#include "common/text.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kMaxShownBytes = 200;

// One process and no daemon: it is killed as a whole, and its log has no buffers.
constexpr std::string_view kMain = R"(daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {
  worker_connections 4096;
}
http {
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  log_format request escape=json '{"ended":"$msec","took":"$request_time",'
    '"connection":$connection,"nth":$connection_requests,"protocol":"$server_protocol",'
    '"method":"$request_method","target":"$request_uri","status":"$status",'
    '"received":$request_length,"sent":$bytes_sent,"agent":"$http_user_agent"}';

  # Requests: any size, any header, passed on while they arrive.
  client_max_body_size 0;
  client_body_timeout 1h;
  client_header_timeout 1h;
  large_client_header_buffers 8 32k;
  ignore_invalid_headers off;
  underscores_in_headers on;
  proxy_request_buffering off;
  proxy_http_version 1.1;
  proxy_set_header Connection "";

  # Answers: as they come, and only one attempt to get them.
  proxy_buffering off;
  proxy_buffer_size 64k;
  proxy_buffers 8 64k;
  proxy_redirect off;
  proxy_next_upstream off;
  proxy_connect_timeout 60s;
  proxy_send_timeout 1h;
  proxy_read_timeout 1h;
  proxy_pass_header Server;
  proxy_pass_header Date;
  send_timeout 1h;
  gzip off;

  # Connections: closed by the tool or not at all.
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  http2_max_concurrent_streams 250;
  tcp_nodelay on;
)";

constexpr std::string_view kServer = R"(
  server {{
    listen 127.0.0.1:{port}{listen_options};
{certificate}    access_log {log} request;
    location = {ready} {{
      access_log off;
      return 200;
    }}
    location / {{
      proxy_set_header Host {host};
      proxy_pass {upstream};
{verification}    }}
  }}
)";

/// nginx takes a word in double quotes, in which these mean something.
bool can_be_quoted(std::string_view word) {
  return std::ranges::none_of(word, [](char c) {
    return c == '"' || c == '\\' || c == '$' || static_cast<unsigned char>(c) < ' ';
  });
}

std::string verification_of(const oci::Endpoint& upstream, bool own) {
  if (upstream.scheme == oci::Scheme::http) {
    return "";
  }
  const std::string trusted =
      upstream.ca_file.empty() ? kSystemCertificates : upstream.ca_file.string();
  const std::string name = own ? "localhost" : upstream.host.substr(0, upstream.host.rfind(':'));
  return fmt::format(
      "      proxy_ssl_verify on;\n      proxy_ssl_verify_depth 8;\n"
      "      proxy_ssl_trusted_certificate \"{}\";\n"
      "      proxy_ssl_server_name on;\n      proxy_ssl_name \"{}\";\n",
      trusted, name);
}

std::string server_of(RegistrySide side, const ProxiedRegistry& registry,
                      const std::optional<ServerCertificate>& certificate) {
  const oci::Endpoint& upstream = registry.upstream;
  const bool own = is_loopback(upstream.host);
  return fmt::format(
      fmt::runtime(kServer), fmt::arg("port", registry.port),
      fmt::arg("listen_options", certificate ? " ssl http2" : ""),
      fmt::arg(
          "certificate",
          certificate
              ? fmt::format("    ssl_certificate \"{}\";\n    ssl_certificate_key \"{}\";\n",
                            certificate->certificate_file.string(), certificate->key_file.string())
              : ""),
      fmt::arg("log", access_log_name(side)), fmt::arg("ready", kProxyReadyPath),
      fmt::arg("host", own ? std::string("$http_host") : "\"" + upstream.host + "\""),
      fmt::arg("upstream", "\"" + oci::base_url(upstream) + "\""),
      fmt::arg("verification", verification_of(upstream, own)));
}

}  // namespace

std::string access_log_name(RegistrySide side) {
  return fmt::format("{}-requests.log", to_string(side));
}

Result<std::string> proxy_config(const ProxySetup& setup) {
  std::vector<std::string> words = {
      setup.source.upstream.host, setup.source.upstream.ca_file.string(),
      setup.target.upstream.host, setup.target.upstream.ca_file.string()};
  if (setup.certificate) {
    words.push_back(setup.certificate->certificate_file.string());
    words.push_back(setup.certificate->key_file.string());
  }
  const auto bad =
      std::ranges::find_if_not(words, [](const std::string& word) { return can_be_quoted(word); });
  if (bad != words.end()) {
    return fail(ErrorCode::bad_input,
                fmt::format("nginx cannot be told of {}: it has a quote, backslash, $ or control "
                            "character",
                            printable(*bad, kMaxShownBytes)));
  }
  return std::string(kMain) + server_of(RegistrySide::source, setup.source, setup.certificate) +
         server_of(RegistrySide::target, setup.target, setup.certificate) + "}\n";
}

}  // namespace ocibench::agent
