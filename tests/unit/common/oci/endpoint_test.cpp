#include "common/oci/endpoint.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench::oci {
namespace {

class DockerConfig : public testing::Test {
 protected:
  Result<std::optional<Credentials>> read(std::string_view json, std::string_view host) {
    EXPECT_TRUE(write_file_atomically(path_, json));
    return read_docker_credentials(path_, host);
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "docker-").value();
  std::filesystem::path path_ = directory_.path() / "config.json";
};

TEST_F(DockerConfig, FindsTheHostUnderItsSpellings) {
  const Credentials expected{"u", "p:w"};
  for (const char* key : {"reg.example:5000", "https://reg.example:5000"}) {
    const auto found = read(std::string(R"({"auths":{")") + key + R"(":{"auth":"dTpwOnc="}}})",
                            "reg.example:5000");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, expected);
  }
  EXPECT_EQ(
      read(R"({"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOnc="}}})", "docker.io").value(),
      expected);
}

TEST_F(DockerConfig, HasNothingForOtherHostsOrWithoutAFile) {
  EXPECT_EQ(read(R"({"auths":{"a.example":{"auth":"dTpwOnc="}}})", "b.example").value(),
            std::nullopt);
  EXPECT_EQ(read(R"({"auths":{"a.example":{}},"credsStore":"desktop"})", "a.example").value(),
            std::nullopt);
  EXPECT_EQ(read_docker_credentials(directory_.path() / "absent", "a.example").value(),
            std::nullopt);
}

TEST_F(DockerConfig, SaysThatACredentialHelperIsNotRun) {
  const auto found = read(R"({"credHelpers":{"a.example":"ecr-login"}})", "a.example");
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_NE(found.error().message.find("ecr-login"), std::string::npos);
}

TEST_F(DockerConfig, RefusesMalformedEntries) {
  EXPECT_FALSE(read(R"({"auths":{"a.example":{"auth":"!!!"}}})", "a.example"));
  EXPECT_FALSE(read(R"({"auths":{"a.example":{"auth":"bm9jb2xvbg=="}}})", "a.example"));
  EXPECT_FALSE(read(R"({"auths":[]})", "a.example"));
  EXPECT_FALSE(read("{", "a.example"));
}

TEST(RegistryAccess, UsesPlainHttpOnlyWhereToldOrOnLoopback) {
  const RegistryAccess access{.plain_http_hosts = {"lab:5000"}};
  EXPECT_EQ(access.endpoint("lab:5000")->scheme, Scheme::http);
  EXPECT_EQ(access.endpoint("127.0.0.1:5000")->scheme, Scheme::http);
  EXPECT_EQ(access.endpoint("lab")->scheme, Scheme::https);
  EXPECT_EQ(base_url(*access.endpoint("docker.io")), "https://registry-1.docker.io");
}

}  // namespace
}  // namespace ocibench::oci
