// `ocibench keys`, `ocibench upload` and `ocibench run --upload`, as a person runs them, against an
// AWS that verifies every signature.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "common/aws/session.hpp"
#include "common/aws/ssm.hpp"
#include "tests/integration/campaign_run.hpp"
#include "tests/support/scripted_aws.hpp"

namespace ocibench::integration {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing_support::Finished;
using testing_support::ScriptedAws;

constexpr std::uint64_t kMaxFileBytes = 100'000'000;

class AwsCommands : public CampaignRun {
 protected:
  /// With the credentials that the scripted AWS accepts and nothing else of this user's.
  std::vector<std::string> with_aws(std::vector<std::string> argv) const {
    const aws::Settings settings = aws_.settings();
    std::vector<std::string> words = {"/usr/bin/env", "AWS_ACCESS_KEY_ID=" + settings.key->id,
                                      "AWS_SECRET_ACCESS_KEY=" + settings.key->secret,
                                      "AWS_REGION=" + settings.region,
                                      "AWS_ENDPOINT_URL=" + aws_.url()};
    words.insert(words.end(), argv.begin(), argv.end());
    return words;
  }
  std::vector<std::string> keys(std::vector<std::string> words) const {
    words.insert(words.begin(), {std::string(OCIBENCH_BINARY_DIR) + "/ocibench", "keys"});
    return words;
  }
  Finished run(const std::vector<std::string>& argv) {
    return testing_support::run_program(directory_.path(), argv);
  }

  std::string public_key(const std::string& name) const {
    return "schema = 1\nname = \"" + name + "\"\npublic_key = \"" + std::string(40, 'k') + "\"\n";
  }
  Finished publish(const std::string& name) {
    EXPECT_TRUE(write_file_atomically(path(name + ".pub"), public_key(name)));
    return run(with_aws(keys({"publish", path(name + ".pub"), "--ssm", "/ocibench/c/agents"})));
  }
  std::vector<std::string> fetch(std::vector<std::string> more) const {
    more.insert(more.begin(),
                {"fetch", "--ssm", "/ocibench/c/agents", "--output", path("agents").string()});
    return with_aws(keys(more));
  }
  std::string fetched(const std::string& name) const {
    return read_file(path("agents") / (name + ".pub"), kMaxFileBytes).value_or("");
  }

  std::vector<std::string> run_and_upload() {
    auto words = run_local(write_campaign("\"null\"", 3));
    words.insert(words.end(), {"--upload", "s3://results/bench"});
    return with_aws(words);
  }
  std::vector<std::string> upload(const fs::path& bundle) const {
    return with_aws(ocibench({"upload", bundle.string(), "s3://results/bench/"}));
  }

  ScriptedAws aws_;
};

TEST_F(AwsCommands, ExchangePublicKeys) {
  ASSERT_EQ(publish("lane-1").status, 0);
  ASSERT_EQ(publish("lane-2").status, 0);
  const Finished done = run(fetch({"--expect", "2"}));
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("2 of 2 keys"));
  EXPECT_EQ(fetched("lane-1"), public_key("lane-1"));
  EXPECT_EQ(fetched("lane-2"), public_key("lane-2"));
}

TEST_F(AwsCommands, WaitForKeysThatAreToCome) {
  ASSERT_EQ(publish("lane-1").status, 0);
  auto waiting = start("fetch", fetch({"--expect", "2", "--wait", "60"}));
  ASSERT_TRUE(waiting.wait_for_err("1 of 2 keys", std::chrono::seconds(20))) << waiting.err();
  ASSERT_EQ(publish("lane-2").status, 0);
  EXPECT_EQ(waiting.wait(std::chrono::seconds(20)), 0) << waiting.err();
}

TEST_F(AwsCommands, SayThatThereAreTooFewKeysAndKeepThoseThatCame) {
  ASSERT_EQ(publish("lane-1").status, 0);
  const Finished done = run(fetch({"--expect", "2"}));
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("1 of 2 keys"));
  EXPECT_EQ(fetched("lane-1"), public_key("lane-1"));
}

TEST_F(AwsCommands, LeaveOutWhatIsNoKeyOrSomebodyElses) {
  ASSERT_EQ(publish("lane-1").status, 0);
  const std::string mine = "/ocibench/c/agents/";
  SystemClock clock;
  aws::Session session(aws_.settings(), clock);
  auto store = aws::ParameterStore::create(session).value();
  ASSERT_TRUE(store.put({mine + "lane-2", public_key("lane-1")}));
  ASSERT_TRUE(store.put({mine + "lane-3", "nonsense"}));
  ASSERT_TRUE(store.put({mine + "lane-4", public_key("../../etc/passwd")}));
  const Finished done = run(fetch({}));
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.err, AllOf(HasSubstr("lane-2"), HasSubstr("lane-3"), HasSubstr("lane-4")));
  EXPECT_EQ(std::distance(fs::directory_iterator(path("agents")), fs::directory_iterator()), 1);
}

TEST_F(AwsCommands, NeverPublishASecretKey) {
  const std::string secret =
      public_key("lane-1") + "secret_key = \"" + std::string(40, 's') + "\"\n";
  ASSERT_TRUE(write_file_atomically(path("lane-1.key"), secret));
  const Finished done =
      run(with_aws(keys({"publish", path("lane-1.key"), "--ssm", "/ocibench/c/agents"})));
  EXPECT_EQ(done.status, 65);
  EXPECT_THAT(done.err, Not(HasSubstr(std::string(40, 's'))));
  EXPECT_THAT(aws_.parameters(), IsEmpty());
}

TEST_F(AwsCommands, SayWhereTheyLookedForCredentials) {
  std::vector<std::string> argv = {"/usr/bin/env", "-i", "HOME=/nonexistent",
                                   "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=eu-central-1"};
  const auto words = keys({"fetch", "--ssm", "/x", "--output", path("agents").string()});
  argv.insert(argv.end(), words.begin(), words.end());
  const Finished done = run(argv);
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err,
              AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr("/nonexistent/.aws/credentials")));
}

TEST_F(AwsCommands, UploadTheBundleOfARun) {
  const Finished done = run(run_and_upload());
  ASSERT_EQ(done.status, 0) << done.err;
  const auto objects = aws_.objects();
  const fs::path place = bundle().lexically_relative(path("results"));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(bundle())) {
    if (entry.is_regular_file()) {
      ++files;
      const auto key = "results/bench/bundles" / place / entry.path().lexically_relative(bundle());
      ASSERT_TRUE(objects.contains(key)) << key;
      EXPECT_EQ(objects.at(key), read_file(entry.path(), kMaxFileBytes).value()) << key;
    }
  }
  EXPECT_THAT(objects, SizeIs(files + 1));  // and the table
  const auto calls = aws_.calls().size();
  const Finished again = run(upload(bundle()));
  EXPECT_EQ(again.status, 0) << again.err;
  const auto all = aws_.calls();
  EXPECT_TRUE(std::none_of(all.begin() + static_cast<std::ptrdiff_t>(calls), all.end(),
                           [](const auto& call) { return call.operation.starts_with("PUT"); }));
}

TEST_F(AwsCommands, LoseNothingWhenAnUploadFails) {
  auto running = start("run", run_and_upload());
  ASSERT_TRUE(running.wait_for_err("cold/null/r1", std::chrono::seconds(60))) << running.err();
  aws_.refuse(1, 403, "AccessDenied");
  EXPECT_EQ(running.wait(std::chrono::seconds(60)), 3);
  EXPECT_THAT(running.err(), AllOf(HasSubstr("allow s3:"), HasSubstr("to go on: ocibench upload")));
  EXPECT_TRUE(fs::exists(bundle() / "SHA256SUMS"));
  EXPECT_EQ(run(upload(bundle())).status, 0);
}

TEST_F(AwsCommands, AskForTheBucketBeforeTheyMeasure) {
  aws_.refuse(1, 403, "AccessDenied");
  const Finished done = run(run_and_upload());
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("allow s3:ListBucket"));
  EXPECT_FALSE(fs::exists(path("results")));
}

TEST_F(AwsCommands, RefuseABundleThatWasTouched) {
  ASSERT_EQ(run(run_local(write_campaign("\"null\"", 3))).status, 0);
  ASSERT_TRUE(write_file_atomically(bundle() / "summary.md", "all is well"));
  const Finished done = run(upload(bundle()));
  EXPECT_EQ(done.status, 65);
  EXPECT_THAT(done.err, HasSubstr("SHA256SUMS"));
  EXPECT_THAT(aws_.objects(), IsEmpty());
}

}  // namespace
}  // namespace ocibench::integration
