// The same calls against somebody else's idea of AWS: moto (https://github.com/getmoto/moto), where
// `moto_server` is on the PATH or named by OCIBENCH_MOTO_SERVER. It keeps no secrets and verifies
// no signatures, but it knows what ECR, the parameter store and S3 accept and answer.

#include <algorithm>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>

#include "common/aws/ecr.hpp"
#include "common/aws/s3_upload.hpp"
#include "common/aws/ssm.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/sha256.hpp"
#include "tests/support/program.hpp"

namespace ocibench::aws {
namespace {

namespace fs = std::filesystem;

std::string find_moto_server() {
  if (const auto told = environment_variable("OCIBENCH_MOTO_SERVER")) {
    return *told;
  }
  std::istringstream path(environment_variable("PATH").value_or(std::string()));
  for (std::string folder; std::getline(path, folder, ':');) {
    if (fs::exists(fs::path(folder) / "moto_server")) {
      return fs::path(folder) / "moto_server";
    }
  }
  return {};
}

class Moto : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string program = find_moto_server();
    if (program.empty()) {
      GTEST_SKIP() << "moto_server is not on the PATH (pip install 'moto[server]')";
    }
    server_.emplace(directory_.path(), "moto",
                    std::vector<std::string>{program, "-H", "127.0.0.1", "-p", "0"});
    const std::string ready = "Running on http://";
    ASSERT_TRUE(server_->wait_for_err(ready, std::chrono::seconds(60))) << server_->err();
    const std::string log = server_->err();
    const std::size_t begin = log.find(ready) + ready.size();
    session_.emplace(
        Settings{.key = AccessKey{"AKIDMOTO", "secret", ""},
                 .region = "us-east-1",
                 .endpoints = {{"", "http://" + log.substr(begin, log.find('\n', begin) - begin)}}},
        clock_);
  }

  SystemClock clock_;
  TemporaryDirectory directory_ = TemporaryDirectory::create("/tmp", "moto-").value();
  std::optional<testing_support::Program> server_;
  std::optional<Session> session_;
};

TEST_F(Moto, KnowsOurEcrCalls) {
  Ecr ecr = Ecr::create(*session_).value();
  EXPECT_EQ(ecr.create_repository("bench/a").value(), Ecr::Created::now);
  EXPECT_EQ(ecr.create_repository("bench/a").value(), Ecr::Created::was_there);
  ASSERT_TRUE(ecr.create_repository("other"));
  const auto listed = ecr.repositories("bench/");
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().name, "bench/a");
  const auto login = ecr.login();
  ASSERT_TRUE(login) << login.error().message;
  EXPECT_EQ(login->username, "AWS");
  EXPECT_NE(login->registry.find(".dkr.ecr.us-east-1.amazonaws.com"), std::string::npos);
  EXPECT_TRUE(ecr.delete_repository("bench/a"));
  EXPECT_TRUE(ecr.delete_repository("bench/a"));
}

TEST_F(Moto, KnowsOurParameterCalls) {
  ParameterStore store = ParameterStore::create(*session_).value();
  for (int number = 10; number < 22; ++number) {
    ASSERT_TRUE(store.put({"/ocibench/c/agents/" + std::to_string(number), "old"}));
  }
  ASSERT_TRUE(store.put({"/ocibench/c/agents/10", "new"}));
  const auto found = store.below("/ocibench/c/agents");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 12U);
  EXPECT_EQ(found->front(), (Parameter{"/ocibench/c/agents/10", "new"}));
  ASSERT_TRUE(store.remove("/ocibench/c/agents/10"));
  EXPECT_TRUE(store.remove("/ocibench/c/agents/10"));
  EXPECT_EQ(store.below("/ocibench/c/agents")->size(), 11U);
}

TEST_F(Moto, KnowsOurUploads) {
  auto service = Service::create(*session_, {"s3", "s3"}).value();
  ASSERT_TRUE(
      service.send({.operation = "CreateBucket", .method = http::Method::put, .path = "/results"}));
  Bucket bucket = Bucket::create(*session_, "results").value();
  EXPECT_EQ(bucket.head("absent").value(), std::nullopt);
  const auto none = [](std::uint64_t /*bytes*/) {};

  const std::string large(11 * 1024 * 1024, 'x');  // S3 wants parts of 5 MiB or more
  for (const auto& [content, key] : {std::pair(std::string("a,b\n1,2\n"), "small/git_sha=1.csv"),
                                     std::pair(large, "large file+1")}) {
    const fs::path file = directory_.path() / "file";
    ASSERT_TRUE(write_file_atomically(file, content));
    const FileUpload upload{file, key, sha256_hex(content)};
    const UploadLimits limits{.single_bytes = 8 * 1024 * 1024, .part_bytes = 5 * 1024 * 1024};
    const auto done = upload_file(bucket, upload, none, limits);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(*done, Uploaded::now);
    EXPECT_EQ(upload_file(bucket, upload, none, limits).value(), Uploaded::was_there);
  }
  const auto listed = bucket.list("");
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ(listed->size(), 2U);
  EXPECT_EQ(listed->front().size_bytes, large.size());
}

}  // namespace
}  // namespace ocibench::aws
