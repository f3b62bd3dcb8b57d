#include "common/oci/registry_access.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/json.hpp"
#include "common/oci/credential_helper.hpp"
#include "common/oci/docker_config.hpp"

namespace ocibench::oci {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "s3cret-of-this-test";

DockerConfigEntry found(std::string_view json, std::string_view host) {
  const auto entry = find_in_docker_config(json, "config.json", host);
  EXPECT_TRUE(entry) << (entry ? "" : entry.error().message);
  return entry.value_or(DockerConfigEntry{});
}

TEST(DockerConfig, FindsTheHostUnderItsSpellings) {
  const Credentials expected{"u", "p:w", ""};
  for (const char* key :
       {"reg.example:5000", "https://reg.example:5000", "http://reg.example:5000/",
        "https://reg.example:5000/v2/", "https://reg.example:5000/v1/", "reg.example:5000/v2"}) {
    EXPECT_EQ(found(std::string(R"({"auths":{")") + key + R"(":{"auth":"dTpwOnc="}}})",
                    "reg.example:5000")
                  .credentials,
              expected);
  }
  EXPECT_EQ(found(R"({"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOnc="}}})", "docker.io")
                .credentials,
            expected);
  EXPECT_FALSE(
      found(R"({"auths":{"reg.example":{"auth":"dTpwOnc="}}})", "reg.example:5000").credentials)
      << "another port is another registry";
}

TEST(DockerConfig, TakesWhatShellsAndProgramsInGoLeaveInIt) {
  const Credentials expected{"u", "p", ""};
  EXPECT_EQ(found(R"({"auths":{"a":{"auth":"dTpw\n"}}})", "a").credentials, expected);
  EXPECT_EQ(found(R"({"auths":{"a":{"auth":"dT\r\npw","email":null,"identitytoken":null}},
      "credHelpers":null,"credsStore":null})",
                  "a")
                .credentials,
            expected);
  EXPECT_EQ(
      found(R"({"auths":{"a":{"auth":"dTpw"}},"credHelpers":{"a":null,"b":"x"}})", "a").credentials,
      expected);
  EXPECT_EQ(found(R"({"auths":{"a":{"auth":"dTpw"}},"credHelpers":{"a":""},"credsStore":""})", "a")
                .credentials,
            expected);
  for (const char* nothing : {"", " \n", "{}", R"({"auths":null})", R"({"auths":{"a":null}})"}) {
    const DockerConfigEntry entry = found(nothing, "a");
    EXPECT_FALSE(entry.credentials) << nothing;
    EXPECT_EQ(entry.helper, "") << nothing;
  }
}

TEST(DockerConfig, TakesPlainFieldsAndIdentityTokens) {
  EXPECT_EQ(found(R"({"auths":{"a":{"username":"u","password":"p"}}})", "a").credentials,
            (Credentials{"u", "p", ""}));
  EXPECT_EQ(found(R"({"auths":{"a":{"auth":"dTo=","identitytoken":"t"}}})", "a").credentials,
            (Credentials{"u", "", "t"}));
}

TEST(DockerConfig, AsksAHostsHelperFirstAndTheStoreLast) {
  constexpr std::string_view kAll = R"({"auths":{"a":{"auth":"dTpw"},"b":{"auth":"dTpw"},"c":{}},
      "credHelpers":{"a":"ecr-login"},"credsStore":"desktop"})";
  EXPECT_EQ(found(kAll, "a").helper, "ecr-login");
  EXPECT_EQ(found(kAll, "b").credentials, (Credentials{"u", "p", ""}));
  EXPECT_EQ(found(kAll, "c").helper, "desktop");
}

TEST(DockerConfig, RefusesMalformedEntriesWithoutQuotingThem) {
  for (const char* text : {R"({"auths":{"a":{"auth":"!!!s3cret-of-this-test"}}})",
                           R"({"auths":{"a":{"auth":"bm9jb2xvbg=="}}})", R"({"auths":[]})", "{",
                           R"({"auths": "s3cret-of-this-test" oops})"}) {
    const auto entry = find_in_docker_config(text, "config.json", "a");
    ASSERT_FALSE(entry) << text;
    EXPECT_EQ(entry.error().code, ErrorCode::bad_input);
    EXPECT_THAT(entry.error().message, Not(HasSubstr(kSecret)));
  }
}

TEST(DockerConfig, IsWrittenAsItIsRead) {
  const Credentials password{"u", kSecret, ""};
  const Credentials token{"", "", "t"};
  const std::string text =
      docker_config_json({{"reg.example:5000", password}, {"registry-1.docker.io", token}});
  EXPECT_EQ(found(text, "reg.example:5000").credentials, password);
  EXPECT_EQ(found(text, "docker.io").credentials, token);
  EXPECT_EQ(found(text, "other.example").credentials, std::nullopt);
}

class Access : public testing::Test {
 protected:
  Access() {
    access_.docker_config = directory_.path() / "config.json";
    access_.ask_helper = [](const std::string& name, const std::string& server) {
      return std::optional(Credentials{name, server, ""});
    };
  }
  void write(std::string_view json) {
    EXPECT_TRUE(write_file_atomically(access_.docker_config, json));
  }
  std::optional<Credentials> credentials(std::string_view host) {
    const auto endpoint = access_.endpoint(host);
    EXPECT_TRUE(endpoint) << (endpoint ? "" : endpoint.error().message);
    return endpoint ? endpoint->credentials : std::nullopt;
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "docker-").value();
  RegistryAccess access_;
};

TEST_F(Access, UsesPlainHttpOnlyWhereToldOrOnLoopback) {
  access_.plain_http_hosts = {"lab:5000"};
  EXPECT_EQ(access_.endpoint("lab:5000")->scheme, Scheme::http);
  EXPECT_EQ(access_.endpoint("127.0.0.1:5000")->scheme, Scheme::http);
  EXPECT_EQ(access_.endpoint("lab")->scheme, Scheme::https);
  EXPECT_EQ(base_url(*access_.endpoint("docker.io")), "https://registry-1.docker.io");
}

TEST_F(Access, HasNoneForOtherHostsOrWithoutAFile) {
  EXPECT_EQ(credentials("a.example"), std::nullopt);
  write(R"({"auths":{"a.example":{"auth":"dTpw"}}})");
  EXPECT_EQ(credentials("b.example"), std::nullopt);
  EXPECT_EQ(credentials("a.example"), (Credentials{"u", "p", ""}));
}

TEST_F(Access, PrefersWhatTheEnvironmentSays) {
  write(R"({"auths":{"a.example":{"auth":"dTpw"},"b.example":{"auth":"dTpw"}}})");
  access_.docker_auth = R"({"auths":{"a.example":{"username":"e","password":"v"}}})";
  EXPECT_EQ(credentials("a.example"), (Credentials{"e", "v", ""}));
  EXPECT_EQ(credentials("b.example"), (Credentials{"u", "p", ""}));
}

TEST_F(Access, AsksTheHelperByTheNameThatItKnows) {
  write(R"({"credsStore":"pass"})");
  EXPECT_EQ(credentials("docker.io"), (Credentials{"pass", "https://index.docker.io/v1/", ""}));
  access_.ask_helper = nullptr;
  EXPECT_EQ(access_.endpoint("a.example").error().code, ErrorCode::unavailable);
}

/// A program docker-credential-test in a folder of its own.
class CredentialProgram : public testing::Test {
 protected:
  Result<std::optional<Credentials>> ask(const std::string& script,
                                         const std::string& name = "test") {
    const auto program = directory_.path() / "docker-credential-test";
    std::ofstream(program) << "#!/bin/sh\n" << script;
    ::chmod(program.c_str(), 0700);
    return ask_credential_helper(name, "reg.example",
                                 {{"PATH", "relative:" + directory_.path().string() + ":/bin"}});
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "helper-").value();
};

TEST_F(CredentialProgram, GetsTheServerOnItsInputAndAnswersWithASecret) {
  const auto answer =
      ask("echo noise >&2; read server\n"
          "echo '{\"ServerURL\":\"'$server'\",\"Username\":\"'$1-$server'\",\"Secret\":\"p\"}'\n");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, (Credentials{"get-reg.example", "p", ""}));
}

TEST_F(CredentialProgram, MayKeepATokenOrNothingAtAll) {
  EXPECT_EQ(ask("echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'").value(),
            (Credentials{"", "", "t"}));
  EXPECT_EQ(ask("echo credentials not found in native keychain; exit 1").value(), std::nullopt);
}

TEST_F(CredentialProgram, IsAnErrorWithoutItsWordsWhenItFails) {
  for (const char* script : {"echo s3cret-of-this-test; exit 3", "echo s3cret-of-this-test",
                             "echo '{\"Username\":\"s3cret-of-this-test\"}'"}) {
    const auto answer = ask(script);
    ASSERT_FALSE(answer) << script;
    EXPECT_THAT(answer.error().message, HasSubstr("docker-credential-test"));
    EXPECT_THAT(answer.error().message, Not(HasSubstr(kSecret)));
  }
}

TEST_F(CredentialProgram, MustBeInstalledAndHaveAPlainName) {
  EXPECT_THAT(ask("", "absent").error().message, HasSubstr("docker-credential-absent"));
  EXPECT_EQ(ask("", "../test").error().code, ErrorCode::bad_input);
}

}  // namespace
}  // namespace ocibench::oci
