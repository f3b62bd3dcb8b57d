// One legal assignment of each kind, and every single thing that may be wrong with one.

#include "common/model/check_assignment.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/limits.hpp"
#include "common/model/names.hpp"
#include "protocol/codec.hpp"
#include "tests/support/assignment_exercise.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/legal_assignment.hpp"

namespace ocibench {
namespace {

using testing::StartsWith;
using testing_support::digest_of;
using testing_support::legal_assignment;
using testing_support::legal_assignments;
using testing_support::legal_image;

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

struct Deviation {
  std::string field;  ///< that the refusal must begin with
  std::function<void(Assignment&)> make;
};

std::string refusal_of(const Assignment& assignment) {
  const Result<void> sound = check_assignment(assignment);
  return sound ? "taken" : sound.error().message;
}

void expect_refused(const std::string& legal, const std::vector<Deviation>& deviations) {
  for (const testing_support::NamedAssignment& each : legal_assignments()) {
    if (each.name == legal) {
      for (std::size_t i = 0; i < deviations.size(); ++i) {
        Assignment assignment = each.assignment;
        deviations[i].make(assignment);
        EXPECT_THAT(refusal_of(assignment), StartsWith(deviations[i].field + ": ")) << "no. " << i;
      }
    }
  }
}

SyntheticSpec& synthetic(Assignment& a) { return std::get<SyntheticSpec>(a.corpus.source); }
ReferenceSpec& references(Assignment& a) { return std::get<ReferenceSpec>(a.corpus.source); }
LocalFileSpec& files(Assignment& a) { return std::get<LocalFileSpec>(a.corpus.source); }
ManifestInfo& index_of(Assignment& a) { return a.lock.images[0].manifests[0]; }
ManifestInfo& child_of(Assignment& a) { return a.lock.images[0].manifests[1]; }

TEST(CheckAssignment, TakesWhatIsLegal) {
  for (const testing_support::NamedAssignment& each : legal_assignments()) {
    EXPECT_EQ(refusal_of(each.assignment), "taken") << each.name;
  }
}

TEST(CheckAssignment, RefusesEverySingleDeviationOfATrial) {
  using std::chrono::milliseconds;
  expect_refused(
      "synthetic",
      {{"campaign", [](Assignment& a) { a.campaign = CampaignId(""); }},
       {"campaign", [](Assignment& a) { a.campaign = CampaignId("a/b"); }},
       {"attempt", [](Assignment& a) { a.attempt = 0; }},
       {"attempt", [](Assignment& a) { a.attempt = kMaxAttempts + 1; }},
       {"trial.id", [](Assignment& a) { a.trial.id = TrialId("../r1"); }},
       {"trial.scenario", [](Assignment& a) { a.trial.scenario = "Warm"; }},
       {"trial.tool", [](Assignment& a) { a.trial.tool = "../skopeo"; }},
       {"trial.tool", [](Assignment& a) { a.trial.tool = std::string(65, 'a'); }},
       {"trial.round", [](Assignment& a) { a.trial.round = 0; }},
       {"trial.round", [](Assignment& a) { a.trial.round = kMaxRounds + 1; }},
       {"trial.lane", [](Assignment& a) { a.trial.lane = 0; }},
       {"trial.lane", [](Assignment& a) { a.trial.lane = kMaxPlannedLanes + 1; }},
       {"trial.images", [](Assignment& a) { a.trial.images = 3; }},
       {"trial.iterations", [](Assignment& a) { a.trial.iterations = 0; }},
       {"trial.iterations", [](Assignment& a) { a.trial.iterations = kMaxIterations + 1; }},
       {"trial.iteration_timeout",
        [](Assignment& a) { a.trial.iteration_timeout = milliseconds(0); }},
       {"trial.iteration_timeout",
        [](Assignment& a) { a.trial.iteration_timeout = kMaxTimeout + milliseconds(1); }},
       {"trial.overhead_timeout",
        [](Assignment& a) { a.trial.overhead_timeout = milliseconds(-1); }},
       {"trial.overhead_timeout",
        [](Assignment& a) { a.trial.overhead_timeout = kMaxOverheadTimeout + milliseconds(1); }},
       {"tool_definition_sha256", [](Assignment& a) { a.tool_definition_sha256 = "abc"; }},
       {"comparability.concurrency", [](Assignment& a) { a.comparability.concurrency = 0; }},
       {"comparability.concurrency",
        [](Assignment& a) { a.comparability.concurrency = kMaxConcurrency + 1; }},
       {"steps.tool_state", [](Assignment& a) { a.steps.populate = Populate::nothing; }},
       {"steps.destination", [](Assignment& a) { a.steps = {.destination = Destination::other}; }},
       {"moved", [](Assignment& a) { a.steps = {}; }}});
  expect_refused("observed",
                 {{"trial.iterations", [](Assignment& a) { a.trial.iterations = 1; }},
                  {"registry.target", [](Assignment& a) {
                     a.registry.target = {TargetKind::remote, "registry.example", "team"};
                   }}});
}

TEST(CheckAssignment, RefusesEverySingleDeviationOfARegistry) {
  expect_refused(
      "synthetic",
      {{"registry.name", [](Assignment& a) { a.registry.name = "a b"; }},
       {"registry.definition_sha256", [](Assignment& a) { a.registry.definition_sha256 = "C"; }},
       {"registry.storage", [](Assignment& a) { a.registry.storage = "tape"; }},
       {"registry.target", [](Assignment& a) { a.registry.target.host = "registry.example"; }},
       {"registry.target", [](Assignment& a) { a.registry.target.prefix = "team"; }}});
  expect_refused(
      "references",
      {{"registry.target", [](Assignment& a) { a.registry.target.host = ""; }},
       {"registry.target", [](Assignment& a) { a.registry.target.host = "user@registry.example"; }},
       {"registry.target", [](Assignment& a) { a.registry.target.prefix = ""; }},
       {"registry.target", [](Assignment& a) { a.registry.target.prefix = "team/../bench"; }},
       {"registry.target", [](Assignment& a) { a.registry.target.prefix = "team\n{{x}}: y"; }},
       {"registry.target", [](Assignment& a) { a.registry.target.kind = TargetKind::local; }},
       {"registry.target", [](Assignment& a) { a.registry.target.kind = TargetKind::ecr; }}});
  expect_refused(
      "files",
      {{"registry.target", [](Assignment& a) { a.registry.target.host = "evil.example"; }},
       {"registry.target", [](Assignment& a) { a.registry.target.host += ".evil.example"; }},
       {"registry.tls", [](Assignment& a) { a.registry.tls = false; }}});
}

TEST(CheckAssignment, RefusesEverySingleDeviationOfASyntheticCorpus) {
  expect_refused(
      "synthetic",
      {{"corpus.name", [](Assignment& a) { a.corpus.name = "../small"; }},
       {"corpus.images", [](Assignment& a) { synthetic(a).images = 0; }},
       {"corpus.images", [](Assignment& a) { synthetic(a).images = kMaxCorpusImages + 1; }},
       {"corpus.layers", [](Assignment& a) { synthetic(a).layers = 0; }},
       {"corpus.layers", [](Assignment& a) { synthetic(a).layers = kMaxImageLayers + 1; }},
       {"corpus.layer_bytes", [](Assignment& a) { synthetic(a).layer_bytes = 0; }},
       {"corpus.layer_bytes", [](Assignment& a) { synthetic(a).layer_bytes = kMaxLayerBytes + 1; }},
       {"corpus.layer_bytes",
        [](Assignment& a) {
          synthetic(a).images = kMaxCorpusImages;
          synthetic(a).layer_bytes = kMaxLayerBytes;
        }},
       {"corpus.shared_share", [](Assignment& a) { synthetic(a).shared_share = 1.01; }},
       {"corpus.shared_share", [](Assignment& a) { synthetic(a).shared_share = kNoNumber; }},
       {"corpus.compressibility", [](Assignment& a) { synthetic(a).compressibility = -0.1; }},
       {"corpus.gzip_level", [](Assignment& a) { synthetic(a).gzip_level = 10; }},
       {"corpus.gzip_level", [](Assignment& a) { synthetic(a).gzip_level = -1; }},
       {"corpus.platforms", [](Assignment& a) { synthetic(a).platforms = {"linux"}; }},
       {"corpus.platforms",
        [](Assignment& a) {
          synthetic(a).platforms = {"linux/amd64", "linux/amd64"};
        }},
       {"corpus.platforms",
        [](Assignment& a) {
          for (std::size_t i = 0; i < kMaxPlatforms; ++i) {
            synthetic(a).platforms.push_back("linux/a" + std::to_string(i));
          }
        }},
       {"corpus.repository_prefix",
        [](Assignment& a) { synthetic(a).repository_prefix = "a/../b"; }}});
}

TEST(CheckAssignment, RefusesEverySingleDeviationOfReferencesAndFiles) {
  expect_refused(
      "references",
      {{"corpus.images", [](Assignment& a) { references(a).images.clear(); }},
       {"corpus.images", [](Assignment& a) { references(a).images[0] = "alpine:1"; }},
       {"corpus.images",
        [](Assignment& a) {
          references(a).images[0] = "registry.example:5000/library/alpine@" + digest_of("x");
        }},
       {"corpus.images",
        [](Assignment& a) { references(a).images.emplace_back("other.example/library/alpine:2"); }},
       {"corpus.images",
        [](Assignment& a) { references(a).images.push_back(references(a).images[0]); }},
       {"lock.source_host", [](Assignment& a) { a.lock.source_host = "registry.example"; }},
       {"lock.source_host", [](Assignment& a) { a.lock.source_host = ""; }},
       {"lock.images",
        [](Assignment& a) { a.lock.images.push_back(legal_image("somebody/private")); }},
       {"moved", [](Assignment& a) { a.moved = {legal_image("library/alpine")}; }}});
  expect_refused(
      "files",
      {{"corpus.files", [](Assignment& a) { files(a).files.clear(); }},
       {"corpus.files.path", [](Assignment& a) { files(a).files[0].path = "a.tar"; }},
       {"corpus.files.path",
        [](Assignment& a) { files(a).files[0].path = std::string("/a\0b", 4); }},
       {"corpus.files.path",
        [](Assignment& a) { files(a).files[0].path = "/" + std::string(kMaxPathBytes, 'a'); }},
       {"corpus.files.repository", [](Assignment& a) { files(a).files[0].repository = "A"; }},
       {"corpus.files.tag", [](Assignment& a) { files(a).files[0].tag = ".1"; }},
       {"corpus.files", [](Assignment& a) { files(a).files.push_back(files(a).files[0]); }},
       {"lock.source_host", [](Assignment& a) { a.lock.source_host = "h.example"; }},
       {"lock.images", [](Assignment& a) { files(a).files[0].repository = "other"; }}});
}

TEST(CheckAssignment, RefusesEverySingleDeviationOfALock) {
  expect_refused(
      "synthetic",
      {{"lock.name", [](Assignment& a) { a.lock.name = "other"; }},
       {"lock.source_host", [](Assignment& a) { a.lock.source_host = "h.example"; }},
       {"trial.images", [](Assignment& a) { a.lock.images.clear(); }},
       {"lock.images",
        [](Assignment& a) {
          a.trial.images = 0;
          a.lock.images.clear();
        }},
       {"lock.images[0].repository", [](Assignment& a) { a.lock.images[0].repository = "a//b"; }},
       {"lock.images[1].tag", [](Assignment& a) { a.lock.images[1].tag = "a b"; }},
       {"lock.images[1].tag", [](Assignment& a) { a.lock.images[1] = a.lock.images[0]; }},
       {"lock.images[0].digest", [](Assignment& a) { a.lock.images[0].digest = "sha256:11"; }},
       {"lock.images[0].manifests",
        [](Assignment& a) { a.lock.images[0].digest = digest_of("other"); }},
       {"lock.images[0].manifests", [](Assignment& a) { a.lock.images[0].manifests.clear(); }},
       {"lock.images[0].manifests.children",
        [](Assignment& a) { a.lock.images[0].manifests.pop_back(); }},
       {"lock.images[0].manifests.digest", [](Assignment& a) { index_of(a).children.clear(); }},
       {"lock.images[0].manifests.digest",
        [](Assignment& a) { a.lock.images[0].manifests.push_back(child_of(a)); }},
       {"lock.images[0].manifests.digest",
        [](Assignment& a) {
          child_of(a).digest = "sha256:ab";
          index_of(a).children = {"sha256:ab"};
        }},
       {"lock.images[0].manifests.media_type", [](Assignment& a) { index_of(a).media_type = ""; }},
       {"lock.images[0].manifests.media_type",
        [](Assignment& a) { index_of(a).media_type = "a/b\r\nX: y"; }},
       {"lock.images[0].manifests.platform", [](Assignment& a) { child_of(a).platform = "linux"; }},
       {"lock.images[0].manifests.size_bytes", [](Assignment& a) { child_of(a).size_bytes = 0; }},
       {"lock.images[0].manifests.size_bytes",
        [](Assignment& a) { child_of(a).size_bytes = kMaxManifestBytes + 1; }},
       {"lock.images[0].manifests",
        [](Assignment& a) {
          child_of(a).blobs.resize(kMaxDescriptors + 1, child_of(a).blobs.front());
        }},
       {"lock.images[0].manifests.blobs.digest",
        [](Assignment& a) { child_of(a).blobs[0].digest = "md5:1"; }},
       {"lock.images[1].manifests.blobs.size_bytes",
        [](Assignment& a) { child_of(a).blobs[1].size_bytes += 1; }},
       {"lock.images[0].manifests.blobs.size_bytes",
        [](Assignment& a) { child_of(a).blobs[0].size_bytes = ~std::uint64_t{0}; }}});
}

TEST(CheckAssignment, RefusesTagsThatMoveElsewhere) {
  expect_refused("synthetic",
                 {{"moved", [](Assignment& a) { a.moved[0].repository = "synthetic/image-03"; }},
                  {"moved", [](Assignment& a) { a.moved[0].tag = "2"; }},
                  {"moved",
                   [](Assignment& a) {
                     a.trial.images = 1;
                     a.moved[0].repository = "synthetic/image-02";
                   }},
                  {"moved[1].tag", [](Assignment& a) { a.moved.push_back(a.moved[0]); }},
                  {"moved[0].digest", [](Assignment& a) { a.moved[0].digest = ""; }}});
}

TEST(CheckAssignment, QuotesWhatIsWrongSoThatItFitsALine) {
  Assignment assignment = legal_assignment();
  assignment.trial.tool = "a\nb" + std::string(500, 'c');
  EXPECT_EQ(refusal_of(assignment),
            "trial.tool: \"a b" + std::string(97, 'c') + "\" is no plain name");
}

TEST(CheckTarget, LetsAnEmulatorOfEcrBeOnLoopbackOnly) {
  EXPECT_FALSE(target_problem({TargetKind::ecr, "127.0.0.1:4510", "bench"}));
  EXPECT_FALSE(target_problem({TargetKind::ecr, "localhost:4510", "bench"}));
  EXPECT_TRUE(target_problem({TargetKind::ecr, "10.0.0.1:4510", "bench"}));
  EXPECT_TRUE(target_problem(
      {TargetKind::ecr, "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example", "bench"}));
}

// ---- the seeds of the fuzz target

std::string frame_of(const Assignment& assignment) {
  return protocol::encode(
      protocol::CoordinatorMessage(protocol::Assign{BootId("5f2b9c"), assignment}));
}

TEST(AssignmentSeeds, AreTheLegalAssignments) {
  for (const testing_support::NamedAssignment& each : legal_assignments()) {
    EXPECT_TRUE(testing_support::matches_golden(
        frame_of(each.assignment), "tests/fuzz/corpus/assignment/" + each.name + ".bin"));
  }
}

TEST(AssignmentSeeds, AreHarmlessToFilesAndPlaces) {
  const std::filesystem::path seeds =
      std::filesystem::path(OCIBENCH_SOURCE_DIR) / "tests/fuzz/corpus/assignment";
  std::size_t rendered = 0;
  for (const auto& entry : std::filesystem::directory_iterator(seeds)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string frame{std::istreambuf_iterator<char>(file), {}};
    rendered += testing_support::exercise_assignment(frame) == "rendered" ? 1U : 0U;
  }
  EXPECT_GE(rendered, legal_assignments().size());
}

TEST(AssignmentSeeds, LeadToRefusalsWhenTheirBytesChange) {
  std::size_t refused = 0;
  for (const testing_support::NamedAssignment& each : legal_assignments()) {
    const std::string frame = frame_of(each.assignment);
    for (std::size_t at = 16; at < frame.size(); ++at) {
      std::string changed = frame;
      changed[at] = '\n';
      refused += testing_support::exercise_assignment(testing_support::sealed(changed))
                         .starts_with("refused: ")
                     ? 1U
                     : 0U;
    }
  }
  EXPECT_GT(refused, 1000U) << "most bytes are of names and digests";
}

}  // namespace
}  // namespace ocibench
