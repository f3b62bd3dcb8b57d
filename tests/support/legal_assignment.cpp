#include "tests/support/legal_assignment.hpp"

#include <chrono>

#include "common/sha256.hpp"

namespace ocibench::testing_support {

std::string digest_of(std::string_view name) { return "sha256:" + sha256_hex(name); }

ResolvedImage legal_image(const std::string& repository) {
  const ManifestInfo index{.digest = digest_of(repository + " index"),
                           .media_type = "application/vnd.oci.image.index.v1+json",
                           .size_bytes = 500,
                           .children = {digest_of(repository + " manifest")}};
  const ManifestInfo manifest{
      .digest = digest_of(repository + " manifest"),
      .media_type = "application/vnd.oci.image.manifest.v1+json",
      .size_bytes = 700,
      .blobs = {{digest_of(repository + " config"), 300}, {digest_of("shared layer"), 4096}},
      .platform = "linux/arm64/v8"};
  return {
      .repository = repository, .tag = "1", .digest = index.digest, .manifests = {index, manifest}};
}

Assignment legal_assignment() {
  ResolvedImage newer = legal_image("newer");
  newer.repository = "synthetic/image-01";
  return {
      .campaign = CampaignId("20261121T201500Z-3f9a1c"),
      .trial = {.id = TrialId("warm/skopeo/r1"),
                .scenario = "warm",
                .tool = "skopeo",
                .round = 3,
                .lane = 2,
                .images = 2,
                .iterations = 5,
                .iteration_timeout = std::chrono::seconds(300),
                .overhead_timeout = std::chrono::seconds(600)},
      .attempt = 2,
      .tool_definition_sha256 = std::string(64, 'b'),
      .registry = {.name = "docker-registry",
                   .definition_sha256 = std::string(64, 'c'),
                   .tls = true,
                   .storage = "memory"},
      .steps = {.populate = Populate::corpus,
                .tool_state = ToolState::kept,
                .destination = Destination::other},
      .comparability = {.concurrency = 4},
      .corpus = {"small", SyntheticSpec{.images = 2,
                                        .layers = 3,
                                        .layer_bytes = 1'048'576,
                                        .shared_share = 0.25,
                                        .compressibility = 0.5,
                                        .platforms = {"linux/arm64/v8"},
                                        .repository_prefix = "synthetic/image"}},
      .lock = {.name = "small",
               .images = {legal_image("synthetic/image-01"), legal_image("synthetic/image-02")}},
      .moved = {newer}};
}

std::vector<NamedAssignment> legal_assignments() {
  Assignment references = legal_assignment();
  references.corpus = {"public", ReferenceSpec{{"registry.example:5000/library/alpine:1"}}};
  references.lock = {.name = "public",
                     .source_host = "registry.example:5000",
                     .images = {legal_image("library/alpine")}};
  references.trial.images = 0;
  references.moved.clear();
  references.registry.target = {
      .kind = TargetKind::remote, .host = "[2001:db8::1]:5000", .prefix = "team/bench"};
  Assignment files = legal_assignment();
  files.corpus = {"local", LocalFileSpec{{{"/images/a.tar", "local/a", "1"}}}};
  files.lock = {.name = "local", .images = {legal_image("local/a")}};
  files.trial.images = 0;
  files.moved.clear();
  files.registry.target = {.kind = TargetKind::ecr,
                           .host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
                           .prefix = "bench"};
  Assignment observed = legal_assignment();
  observed.trial.kind = TrialKind::observe;
  observed.trial.iterations = 0;
  return {{"synthetic", legal_assignment()},
          {"references", references},
          {"files", files},
          {"observed", observed}};
}

}  // namespace ocibench::testing_support
