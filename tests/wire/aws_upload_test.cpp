// Uploads to an S3 that verifies every signature and every sum.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/aws/s3_upload.hpp"
#include "common/file.hpp"
#include "common/sha256.hpp"
#include "tests/support/scripted_aws.hpp"

namespace ocibench::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing_support::AwsCall;
using testing_support::ScriptedAws;
using testing_support::ScriptedReply;

constexpr UploadLimits kSmallParts{.single_bytes = 10, .part_bytes = 4};

class AwsUpload : public ::testing::Test {
 protected:
  FileUpload file(const std::string& content, const std::string& key) {
    const auto path = directory_.path() / "file";
    EXPECT_TRUE(write_file_atomically(path, content));
    return {path, key, sha256_hex(content)};
  }
  Result<Uploaded> upload(const FileUpload& wanted) {
    moved_ = 0;
    return upload_file(
        bucket_, wanted, [this](std::uint64_t bytes) { moved_ += bytes; }, kSmallParts);
  }
  /// Completes nothing, the first `times`, and says so after a 200, as S3 may.
  void fail_completion(int times) {
    aws_.interfere([left = times](const AwsCall& call,
                                  const ScriptedAws::CarryOut& carry_out) mutable {
      const bool completes = call.operation.starts_with("POST /results/key?uploadId=");
      return completes && left-- > 0
                 ? ScriptedReply{200,
                                 "\n  <?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code>"
                                 "<Message>busy</Message></Error>",
                                 {}}
                 : carry_out();
    });
  }
  void alter_answers(const std::function<void(std::string& body)>& alter) {
    aws_.interfere([alter](const AwsCall&, const ScriptedAws::CarryOut& carry_out) {
      ScriptedReply reply = carry_out();
      alter(reply.body);
      return reply;
    });
  }
  std::size_t sent(const std::string& what) {
    return static_cast<std::size_t>(std::ranges::count_if(
        aws_.calls(), [&](const auto& call) { return call.operation.starts_with(what); }));
  }

  SystemClock clock_;
  ScriptedAws aws_;
  Session session_{aws_.settings(), clock_};
  Bucket bucket_ =
      Bucket::create(session_, "results", {.most = 1, .first_wait = std::chrono::milliseconds(1)})
          .value();
  TemporaryDirectory directory_ = TemporaryDirectory::create("/tmp", "aws-upload-").value();
  std::uint64_t moved_ = 0;
};

TEST_F(AwsUpload, StoresAFileUnderAKeyThatNeedsEncoding) {
  const auto done = upload(file("0123456789", "a=b/git_sha=1 2+3/\xc3\xa9.csv"));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Uploaded::now);
  EXPECT_EQ(moved_, 10U);
  EXPECT_THAT(aws_.objects(),
              ElementsAre(Pair("results/a=b/git_sha=1 2+3/\xc3\xa9.csv", "0123456789")));
}

TEST_F(AwsUpload, SendsNothingThatIsThere) {
  ASSERT_TRUE(upload(file("0123456789", "key")));
  EXPECT_EQ(upload(file("0123456789", "key")).value(), Uploaded::was_there);
  EXPECT_EQ(sent("PUT"), 1U);
  EXPECT_EQ(moved_, 10U);
}

TEST_F(AwsUpload, ReplacesWhatIsDifferent) {
  ASSERT_TRUE(upload(file("0123456789", "key")));
  EXPECT_EQ(upload(file("9876543210", "key")).value(), Uploaded::now);
  EXPECT_THAT(aws_.objects(), ElementsAre(Pair("results/key", "9876543210")));
}

TEST_F(AwsUpload, StoresAnEmptyFile) { EXPECT_EQ(upload(file("", "key")).value(), Uploaded::now); }

TEST_F(AwsUpload, SendsALargeFileInPartsAndKnowsItAgain) {
  EXPECT_EQ(upload(file("0123456789abc", "key")).value(), Uploaded::now);
  EXPECT_EQ(sent("PUT"), 4U);
  EXPECT_EQ(moved_, 13U);
  EXPECT_THAT(aws_.objects(), ElementsAre(Pair("results/key", "0123456789abc")));
  EXPECT_EQ(upload(file("0123456789abc", "key")).value(), Uploaded::was_there);
}

TEST_F(AwsUpload, IsDoneWhenTheAnswerThatItWasIsLost) {
  aws_.lose_answers(1, "POST /results/key?uploadId=");
  const auto done = upload(file("0123456789abc", "key"));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Uploaded::now);
  EXPECT_EQ(sent("POST /results/key?uploadId="), 2U);
  EXPECT_THAT(aws_.objects(), ElementsAre(Pair("results/key", "0123456789abc")));
}

TEST_F(AwsUpload, TriesAgainWhenAnErrorFollowsTheStatusOfASuccess) {
  fail_completion(1);
  const auto done = upload(file("0123456789abc", "key"));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(sent("POST /results/key?uploadId="), 2U);
  EXPECT_THAT(aws_.objects(), ElementsAre(Pair("results/key", "0123456789abc")));
}

TEST_F(AwsUpload, FailsWhenAnErrorFollowsTheStatusOfASuccessEachTime) {
  fail_completion(100);
  const auto failed = upload(file("0123456789abc", "key"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::unavailable);
  EXPECT_THAT(failed.error().message, HasSubstr("CompleteMultipartUpload: InternalError: busy"));
}

TEST_F(AwsUpload, BelievesNoListThatIsCutOffOrNeverEnds) {
  aws_.fail_after_parts(2);
  ASSERT_FALSE(upload(file("0123456789abc", "key")));
  aws_.fail_after_parts(-1);
  ASSERT_TRUE(upload(file("x", "other")));
  alter_answers([](std::string& xml) { xml.resize(xml.size() - 10); });
  EXPECT_EQ(bucket_.list("").error().code, ErrorCode::bad_input);
  EXPECT_EQ(bucket_.find_parts("key").error().code, ErrorCode::bad_input);
  EXPECT_EQ(bucket_.parts({"key", "upload-1"}).error().code, ErrorCode::bad_input);
  alter_answers([](std::string& xml) {
    xml =
        "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1"
        "</NextPartNumberMarker></ListPartsResult>";
  });
  const std::size_t before = aws_.calls().size();
  EXPECT_EQ(bucket_.parts({"key", "upload-1"}).error().code, ErrorCode::bad_input);
  EXPECT_EQ(aws_.calls().size(), before + 2);
  alter_answers([](std::string& xml) {
    xml = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
  });
  EXPECT_EQ(bucket_.list("").error().code, ErrorCode::bad_input);
}

TEST_F(AwsUpload, GoesOnWithThePartsThatAreMissing) {
  aws_.fail_after_parts(2);
  ASSERT_FALSE(upload(file("0123456789abc", "key")));
  EXPECT_EQ(moved_, 8U);
  aws_.fail_after_parts(-1);
  EXPECT_EQ(upload(file("0123456789abc", "key")).value(), Uploaded::now);
  EXPECT_EQ(sent("PUT"), 4U);
  EXPECT_THAT(aws_.objects(), ElementsAre(Pair("results/key", "0123456789abc")));
}

TEST_F(AwsUpload, SendsPartsAgainThatAreOfAnotherFile) {
  aws_.fail_after_parts(2);
  ASSERT_FALSE(upload(file("0123456789abc", "key")));
  aws_.fail_after_parts(-1);
  EXPECT_EQ(upload(file("0123xxxxxxabc", "key")).value(), Uploaded::now);
  EXPECT_THAT(aws_.objects(), ElementsAre(Pair("results/key", "0123xxxxxxabc")));
}

TEST_F(AwsUpload, NoticesThatSomethingElseArrived) {
  aws_.corrupt("results/key");
  const auto wrong = upload(file("0123456789", "key"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::conflict);
}

TEST_F(AwsUpload, RefusesAFileThatHasChanged) {
  FileUpload small = file("0123456789", "key");
  small.sha256 = sha256_hex("other");
  EXPECT_FALSE(upload(small));
  FileUpload large = file("0123456789abc", "key");
  large.sha256 = sha256_hex("other");
  EXPECT_EQ(upload(large).error().code, ErrorCode::conflict);
}

TEST_F(AwsUpload, NamesThePermissionThatIsMissing) {
  aws_.refuse(1, 403, "");
  EXPECT_THAT(upload(file("x", "key")).error().message, HasSubstr("allow s3:GetObject"));
}

TEST_F(AwsUpload, ListsAllPagesOfABucket) {
  for (const char* key : {"a/1", "a/2", "a/3", "a/4", "b/1"}) {
    ASSERT_TRUE(upload(file("x", key)));
  }
  const auto listed = bucket_.list("a/");
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ(listed->size(), 4U);
  EXPECT_EQ(listed->back().key, "a/4");
}

TEST(S3Url, IsABucketAndAPrefix) {
  EXPECT_EQ(parse_s3_url("s3://results")->bucket, "results");
  EXPECT_EQ(parse_s3_url("s3://results/a/b/")->prefix, "a/b");
  for (const char* wrong : {"results", "s3://", "s3://B/x", "s3://results//x", "s3://results/a//b",
                            "s3://results/a\n", "https://results/x"}) {
    EXPECT_EQ(parse_s3_url(wrong).error().code, ErrorCode::bad_input) << wrong;
  }
}

}  // namespace
}  // namespace ocibench::aws
