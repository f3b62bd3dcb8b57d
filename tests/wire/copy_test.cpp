// Copies between two real docker-registries, by the library and by the program.
#include "common/oci/copy.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/oci/digest.hpp"
#include "common/units.hpp"
#include "tests/support/program.hpp"
#include "tests/support/registry_process.hpp"
#include "tests/support/seed_image.hpp"

namespace ocibench::oci {
namespace {

using testing::HasSubstr;
using testing_support::AccessLog;
using testing_support::content_of;
using testing_support::Program;
using testing_support::RegistryProcess;
using testing_support::rows;
using testing_support::run_program;
using testing_support::seed_image;
using testing_support::seed_index;

const std::string kProgram = OCIBENCH_BINARY_DIR "/ocibench";

class Copy : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(source_) << source_.error().message;
    ASSERT_TRUE(target_) << target_.error().message;
  }

  CopyReport copy(const std::vector<CopyJob>& jobs, const CopyOptions& options = {}) {
    auto report = copy_images(source_->endpoint(), target_->endpoint(), jobs, options);
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(CopyReport{});
  }

  std::string digest_at_target(std::string_view repository, std::string_view reference) {
    const auto fetched = at_target_.get_manifest(repository, reference);
    return fetched ? fetched->digest : fetched.error().message;
  }

  /// `ocibench image copy` with both hosts and these words.
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const {
    std::vector<std::string> all = {kProgram,        "image", "copy",         "--from",
                                    source_->host(), "--to",  target_->host()};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }

  std::filesystem::path write_list(const std::string& text) const {
    const std::filesystem::path file = directory_.path() / "images.txt";
    EXPECT_TRUE(write_file_atomically(file, text));
    return file;
  }

  Result<RegistryProcess> source_ = RegistryProcess::start();
  Result<RegistryProcess> target_ = RegistryProcess::start();
  Client at_source_ = Client::create(source_->endpoint()).value();
  Client at_target_ = Client::create(target_->endpoint()).value();
  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "ocibench-copy-").value();
};

TEST_F(Copy, BringsEveryManifestAndBlobOfAnIndex) {
  const std::string shared = content_of("shared", kMiB);
  const std::string digest =
      seed_index(at_source_, "lib/multi", "v1", {shared, content_of("one", 100)}, {shared, ""});
  const CopyReport report = copy({{"lib/multi", "v1", "mirror/multi"}});
  ASSERT_EQ(report.images.size(), 1U);
  EXPECT_EQ(report.images.front().outcome, CopyOutcome::copied);
  EXPECT_EQ(digest_at_target("mirror/multi", "v1"), digest);
  const Manifest index = at_target_.get_manifest("mirror/multi", digest)->manifest;
  for (const Descriptor& child : index.children) {
    const Manifest image = at_target_.get_manifest("mirror/multi", child.digest)->manifest;
    for (const Descriptor& layer : image.layers) {
      EXPECT_EQ(at_target_.head_blob("mirror/multi", layer.digest)->size_bytes, layer.size_bytes);
    }
  }
}

TEST_F(Copy, GivesThePerImageResultAsItGoes) {
  seed_image(at_source_, "lib/a", "1", {content_of("a", 1000)});
  std::vector<CopyOutcome> seen;
  const std::vector<CopyJob> jobs = {{"lib/a", "1", "m/a"}, {"lib/absent", "1", "m/b"}};
  const auto report =
      copy_images(source_->endpoint(), target_->endpoint(), jobs, {.connections = 1},
                  [&](const CopiedImage& image) { seen.push_back(image.outcome); });
  ASSERT_TRUE(report);
  EXPECT_THAT(seen, testing::UnorderedElementsAre(CopyOutcome::copied, CopyOutcome::failed));
  EXPECT_EQ(report->count(CopyOutcome::failed), 1U);
}

TEST_F(Copy, ReplacesATagThatHasMovedAndSendsOnlyWhatIsNew) {
  const std::string old = content_of("old", kMiB);
  seed_image(at_source_, "lib/a", "1", {old});
  copy({{"lib/a", "1", "m/a"}});
  const std::string digest = seed_image(at_source_, "lib/a", "1", {old, content_of("new", 5000)});
  const CopyReport report = copy({{"lib/a", "1", "m/a"}});
  EXPECT_EQ(digest_at_target("m/a", "1"), digest);
  EXPECT_EQ(report.present_blobs, 2U);  // the layer, and the config
  EXPECT_EQ(report.uploaded_blobs, 1U);
}

TEST_F(Copy, OfAnUnchangedImageIsOneHeadAtEitherSide) {
  seed_index(at_source_, "lib/a", "1", {content_of("a", 1000)}, {content_of("b", 1000)});
  copy({{"lib/a", "1", "m/a"}});
  const std::size_t source_before = source_->access_log().size();
  const std::size_t target_before = target_->access_log().size();
  const CopyReport report = copy({{"lib/a", "1", "m/a"}});
  EXPECT_EQ(report.count(CopyOutcome::unchanged), 1U);
  EXPECT_EQ(report.moved_bytes, 0U);
  for (const auto& [log, before] : {std::pair(source_->access_log(), source_before),
                                    std::pair(target_->access_log(), target_before)}) {
    ASSERT_EQ(log.size(), before + 1);
    EXPECT_EQ(log.back().method, "HEAD");
  }
}

TEST_F(Copy, WorksOverTlsWithHttp2) {
  const auto source = RegistryProcess::start(Scheme::https);
  const auto target = RegistryProcess::start(Scheme::https);
  ASSERT_TRUE(source && target);
  Client client = Client::create(source->endpoint()).value();
  seed_image(client, "lib/a", "1", {content_of("a", 20 * kMiB), content_of("b", 3 * kMiB)});
  const std::vector<CopyJob> jobs = {{"lib/a", "1", "m/a"}};
  const auto report = copy_images(source->endpoint(), target->endpoint(), jobs);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->count(CopyOutcome::copied), 1U) << report->images.front().error->message;
  EXPECT_NE(target->log().find("HTTP/2.0"), std::string::npos);
  EXPECT_LE(connections(target->access_log()), 4U);
}

TEST_F(Copy, ProgramPrintsALinePerImageAndTellsFailuresByItsStatus) {
  const std::string digest = seed_image(at_source_, "lib/a", "1", {content_of("a", 1000)});
  const auto list = write_list("lib/a:1 m/a\nlib/absent:1 m/b\n");
  const auto run = run_program(directory_.path(), command({"--images", list.string()}));
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "lib/a:1 " + digest + "\n");
  EXPECT_THAT(run.err, HasSubstr("ocibench: lib/absent:1: GET http://"));
  EXPECT_THAT(run.err, HasSubstr("404 MANIFEST_UNKNOWN"));
  EXPECT_THAT(run.err, HasSubstr("1 of 2 images failed"));
  EXPECT_EQ(run_program(directory_.path(), command({"lib/a:1", "m/a"})).status, 0);
}

TEST_F(Copy, ProgramReportsInJson) {
  seed_image(at_source_, "lib/a", "1", {content_of("a", 1000)});
  const auto run = run_program(directory_.path(), command({"lib/a:1", "m/a", "--json"}));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr(R"("outcome": "copied")"));
  EXPECT_THAT(run.out, HasSubstr(R"("uploaded_blobs": 2)"));
}

TEST_F(Copy, ProgramTellsWrongWordsFromAWrongList) {
  EXPECT_EQ(run_program(directory_.path(), command({})).status, 64);
  EXPECT_EQ(run_program(directory_.path(), command({"no-tag", "m/a"})).status, 64);
  const auto run = run_program(directory_.path(),
                               command({"--images", write_list("lib/a:1 m/a\nx\n").string()}));
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("images.txt:2: expected"));
  EXPECT_EQ(run_program(directory_.path(), command({"--images", "/absent"})).status, 65);
}

/// The most memory that a process has had so far; VmHWM is exec's own, unlike what wait4 says.
std::uint64_t peak_rss_bytes(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::stoull(line.substr(line.find_first_of("0123456789"))) * 1024;
    }
  }
  return 0;
}

TEST_F(Copy, NeedsLittleMemoryHoweverLargeTheBlobsAre) {
  seed_image(at_source_, "lib/a", "1",
             {content_of("a", 80 * kMiB), content_of("b", 80 * kMiB), content_of("c", 80 * kMiB),
              content_of("d", 80 * kMiB)});
  Program program(directory_.path(), "copy", command({"lib/a:1", "m/a"}));
  std::uint64_t peak = 0;
  while (!program.wait(std::chrono::milliseconds(1))) {
    peak = std::max(peak, peak_rss_bytes(program.pid()));
  }
  EXPECT_EQ(program.wait(std::chrono::milliseconds(1)), 0) << program.err();
  EXPECT_GT(peak, kMiB);
  EXPECT_LT(peak, 64 * kMiB);
}

TEST_F(Copy, WritesNoFile) {
  seed_image(at_source_, "lib/a", "1", {content_of("a", kMiB)});
  const auto run_without_files = [&](std::string_view options) {
    // Whoever writes to a file is killed; a pipe and a socket are none.
    const std::string script = fmt::format("set -o pipefail; (ulimit -f 0; exec {} {}) | cat",
                                           fmt::join(command({"lib/a:1", "m/a"}), " "), options);
    return run_program(directory_.path(), {"/bin/bash", "-c", script}).status;
  };
  EXPECT_NE(run_without_files("--without streaming"), 0);
  EXPECT_EQ(run_without_files(""), 0);
}

}  // namespace
}  // namespace ocibench::oci
