#include "agent/observe/proxy_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ProxySetup plain() {
  return {.source = {{.host = "127.0.0.1:5001", .scheme = oci::Scheme::http}, 6001},
          .target = {{.host = "127.0.0.1:5002", .scheme = oci::Scheme::http}, 6002}};
}

TEST(ProxyConfig, StandsInForBothRegistries) {
  const Result<std::string> config = proxy_config(plain());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(*config,
              AllOf(HasSubstr("listen 127.0.0.1:6001;"), HasSubstr("listen 127.0.0.1:6002;"),
                    HasSubstr("proxy_pass \"http://127.0.0.1:5001\";"),
                    HasSubstr("access_log target-requests.log request;"),
                    HasSubstr("proxy_set_header Host $http_host;"), Not(HasSubstr("ssl"))));
}

TEST(ProxyConfig, SpeaksTlsAndChecksWhoAnswers) {
  ProxySetup setup = plain();
  setup.certificate = ServerCertificate{"/w/server.pem", "/w/server.key"};
  setup.target.upstream = {
      .host = "127.0.0.1:5002", .scheme = oci::Scheme::https, .ca_file = "/w/ca.pem"};
  const Result<std::string> config = proxy_config(setup);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(*config, AllOf(HasSubstr("listen 127.0.0.1:6002 ssl http2;"),
                             HasSubstr("ssl_certificate \"/w/server.pem\";"),
                             HasSubstr("proxy_ssl_trusted_certificate \"/w/ca.pem\";"),
                             HasSubstr("proxy_ssl_name \"localhost\";")));
}

TEST(ProxyConfig, CallsARegistryElsewhereByItsOwnName) {
  ProxySetup setup = plain();
  setup.source.upstream = {.host = "registry.example.org:5000", .scheme = oci::Scheme::https};
  const Result<std::string> config = proxy_config(setup);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(*config, AllOf(HasSubstr("proxy_set_header Host \"registry.example.org:5000\";"),
                             HasSubstr("proxy_ssl_name \"registry.example.org\";"),
                             HasSubstr("\"/etc/ssl/certs/ca-certificates.crt\"")));
}

TEST(ProxyConfig, RefusesAHostThatWouldBeConfiguration) {
  for (const char* const host : {"a\"; daemon on; #", "a\\", "$host", "a\nb"}) {
    ProxySetup setup = plain();
    setup.source.upstream.host = host;
    EXPECT_FALSE(proxy_config(setup)) << host;
  }
}

}  // namespace
}  // namespace ocibench::agent
