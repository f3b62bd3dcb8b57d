// Real tools observed through the real recorder: what they say is what is known of them.

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/gzip.hpp"
#include "tests/support/trial_world.hpp"

namespace ocibench::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// One image of three layers of 200 kB: four blobs.
CorpusSpec one_image() {
  return {.name = "one-image",
          .source = SyntheticSpec{.seed = 1,
                                  .images = 1,
                                  .layers = 3,
                                  .layer_bytes = 200'000,
                                  .compressibility = 0.1,
                                  .gzip_level = 1,
                                  .platforms = {"linux/amd64"},
                                  .repository_prefix = "synthetic/image"}};
}

/// "source manifest-get 200" -> how often.
using Counts = std::map<std::string, std::uint64_t>;

Counts counts_of(const WireObservation& seen) {
  Counts counts;
  for (const RequestCount& count : seen.requests) {
    counts[std::string(to_string(count.side)) + " " + std::string(to_string(count.request)) + " " +
           std::to_string(count.status)] = count.count;
  }
  return counts;
}

std::string unzipped(const std::string& bytes) {
  std::string text;
  GzipDecompressor gzip(1'000'000, [&text](std::string_view part) -> Result<void> {
    text += part;
    return {};
  });
  EXPECT_TRUE(gzip.write(bytes) && gzip.finish());
  return text;
}

class ObserverTest : public testing::Test {
 protected:
  ObserverTest() {
    world.use_corpus(one_image());
    world.assignment.trial.kind = TrialKind::observe;
    world.assignment.trial.iterations = 0;
  }
  ~ObserverTest() override { EXPECT_THAT(world.leftovers(), IsEmpty()); }

  /// What the tool said, once it is sure that it did its work.
  WireObservation observe(const std::string& tool, const ScenarioSteps& steps) {
    world.reporter.records.clear();
    world.assignment.steps = steps;
    world.run(tool);
    const auto observed = world.reporter.all<WireObserved>();
    const auto finished = world.reporter.all<TrialFinished>();
    EXPECT_EQ(finished.at(0).outcome, Outcome{.kind = OutcomeKind::complete})
        << finished.at(0).outcome.cause;
    if (observed.size() != 1) {
      ADD_FAILURE() << "nothing was observed";
      return {};
    }
    EXPECT_EQ(observed[0].outcome, Outcome{.kind = OutcomeKind::complete})
        << observed[0].outcome.cause;
    return observed[0].observation;
  }

  TrialWorld world;
};

const ScenarioSteps kCold;
const ScenarioSteps kWarm = {.populate = Populate::corpus, .tool_state = ToolState::kept};
const ScenarioSteps kCrossRepo = {
    .populate = Populate::corpus, .tool_state = ToolState::kept, .destination = Destination::other};

// docs/reference/wire-behaviour.md has these numbers with their reasons.

const Counts kColdSkopeo = {{"source ping 200", 1},         {"source manifest-get 200", 1},
                            {"source blob-get 200", 4},     {"target ping 200", 2},
                            {"target manifest-get 404", 1}, {"target blob-head 404", 7},
                            {"target upload-start 202", 4}, {"target upload-patch 202", 4},
                            {"target upload-put 201", 4},   {"target manifest-put 201", 1}};

TEST_F(ObserverTest, CountsAColdSyncOfSkopeo) {
  const WireObservation seen = observe("skopeo", kCold);
  EXPECT_EQ(counts_of(seen), kColdSkopeo);
  EXPECT_EQ(seen.source_connections, 7U) << "one per request, and one to try TLS";
  EXPECT_EQ(seen.target_connections, 25U);
  EXPECT_EQ(seen.duplicate_blob_gets, 0U);
  EXPECT_THAT(seen.user_agents, ElementsAre("skopeo/1.9.3"));
  ASSERT_EQ(seen.images.size(), 1U);
  EXPECT_EQ(seen.images[0].repository, "bench/r1-i1/image-01");
  EXPECT_GT(seen.images[0].after.count(), 0);
}

TEST_F(ObserverTest, CountsTheSameWhenColdIsRunTwice) {
  const WireObservation first = observe("skopeo", kCold);
  const WireObservation second = observe("skopeo", kCold);
  EXPECT_EQ(counts_of(first), counts_of(second));
  EXPECT_EQ(first.target_connections, second.target_connections);
}

TEST_F(ObserverTest, CountsAWarmSyncOfSkopeo) {
  const WireObservation seen = observe("skopeo", kWarm);
  EXPECT_EQ(counts_of(seen), (Counts{{"source ping 200", 1},
                                     {"source manifest-get 200", 1},
                                     {"target ping 200", 1},
                                     {"target manifest-get 200", 1}}));
  EXPECT_THAT(seen.images, IsEmpty()) << "nothing was put";
}

TEST_F(ObserverTest, CountsTheMountsOfSkopeoInOtherRepositories) {
  const WireObservation seen = observe("skopeo", kCrossRepo);
  EXPECT_EQ(counts_of(seen), (Counts{{"source ping 200", 1},
                                     {"source manifest-get 200", 1},
                                     {"source blob-get 200", 1},
                                     {"target ping 200", 2},
                                     {"target manifest-get 404", 1},
                                     {"target blob-head 200", 3},
                                     {"target blob-head 404", 4},
                                     {"target mount 201", 3},
                                     {"target upload-start 202", 1},
                                     {"target upload-patch 202", 1},
                                     {"target upload-put 201", 1},
                                     {"target manifest-put 201", 1}}))
      << "three layers are mounted, the config never is";
}

TEST_F(ObserverTest, CountsTheSameOverTls) {
  world.assignment.registry.tls = true;
  const WireObservation seen = observe("skopeo", kCold);
  EXPECT_EQ(counts_of(seen), kColdSkopeo);
  EXPECT_EQ(seen.source_connections, 6U) << "one per request";
}

TEST_F(ObserverTest, TellsEveryByteOfTheContent) {
  const WireObservation seen = observe("skopeo", kCold);
  for (const RequestCount& count : seen.requests) {
    if (count.request == RequestClass::blob_get) {
      EXPECT_GT(count.response_bytes, unique_bytes(world.lock()) * 99 / 100);
    }
    if (count.request == RequestClass::upload_patch) {
      EXPECT_GT(count.request_bytes, unique_bytes(world.lock()) * 99 / 100);
    }
  }
}

TEST_F(ObserverTest, KeepsTheLogsOfTheObservedRunOnly) {
  observe("skopeo", kWarm);
  const std::string log = unzipped(world.reporter.artifact("target-requests.log.gz", 0));
  EXPECT_THAT(log, HasSubstr("\"method\":\"GET\""));
  EXPECT_THAT(log, Not(HasSubstr("PUT"))) << "the untimed run before is forgotten";
}

TEST_F(ObserverTest, TellsAConnectionPerProcessAndKeepsRepeatedHeaders) {
  // curl sends each --header as a line of its own.
  world.add_script("asker", R"sh(
test "$(curl -s -o /dev/null -w '%{http_code}' -H 'Accept: text/plain' \
  -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
  http://{{source}}/v2/synthetic/image-01/manifests/1)" = 200 || exit 1
curl -s http://{{source}}/v2/ http://{{source}}/v2/ > /dev/null
for i in 1 2; do
  case $(curl -s -D - -X POST http://{{target}}/v2/a/b/blobs/uploads/) in
    *"ocation: http://{{target}}/v2/a/b/blobs/uploads/"*) ;;
    *) exit 2 ;;
  esac
done)sh");
  world.reporter.records.clear();
  world.run("asker");
  const auto observed = world.reporter.all<WireObserved>();
  ASSERT_EQ(observed.size(), 1U);
  EXPECT_THAT(observed[0].outcome.cause, HasSubstr("nothing arrived"));
  EXPECT_EQ(counts_of(observed[0].observation), (Counts{{"source manifest-get 200", 1},
                                                        {"source ping 200", 2},
                                                        {"target upload-start 202", 2}}));
  EXPECT_EQ(observed[0].observation.source_connections, 2U);
  EXPECT_EQ(observed[0].observation.target_connections, 2U);
}

}  // namespace
}  // namespace ocibench::agent
