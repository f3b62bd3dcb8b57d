// Recorded lines of the tools of competitors/.

#include "common/catalog/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/shipped_catalog.hpp"

namespace ocibench::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::shipped_catalog;

Result<std::vector<std::string>> finished(const char* tool, std::string_view log) {
  return finished_images((*shipped_catalog().tool(tool))->completion.value(), log);
}

TEST(FinishedImages, OfCrane) {
  const auto images = finished(
      "crane",
      "2026/11/21 19:27:17 Copying from 127.0.0.1:5101/lib/a:1 to 127.0.0.1:5102/c1/a:1\n"
      "2026/11/21 19:27:17 pushed blob: sha256:6b0a0d27\n"
      "2026/11/21 19:27:17 existing blob: sha256:a1d56d9c\n"
      "2026/11/21 19:27:17 127.0.0.1:5102/c1/a@sha256:dc04: digest: sha256:dc04 size: 669\n"
      "2026/11/21 19:27:17 127.0.0.1:5102/c1/a:1: digest: sha256:f9c6 size: 747\n");
  EXPECT_THAT(images.value(), ElementsAre("127.0.0.1:5102/c1/a:1"));
}

TEST(FinishedImages, OfOras) {
  const auto images = finished("oras",
                               "Copying 6b0a0d27aaaa application/vnd.oci.image.layer.v1.tar+gzip\n"
                               "Copied  6b0a0d27aaaa application/vnd.oci.image.layer.v1.tar+gzip\n"
                               "Copied [registry] 127.0.0.1:5101/lib/a:1 => [registry] "
                               "127.0.0.1:5102/o1/a:1\n"
                               "Digest: sha256:f9c6\n");
  EXPECT_THAT(images.value(), ElementsAre("127.0.0.1:5102/o1/a:1"));
}

TEST(FinishedImages, OfRegctl) {
  EXPECT_THAT(finished("regctl", "127.0.0.1:5102/x/a:1\n127.0.0.1:5102/x/b:1\n").value(),
              ElementsAre("127.0.0.1:5102/x/a:1", "127.0.0.1:5102/x/b:1"));
}

TEST(FinishedImages, OfImageSyncer) {
  const auto images = finished(
      "image-syncer",
      "Failed to log to file, using default stderr\n"
      "time=\"2026-11-21T19:40:01Z\" level=info msg=\"Finish synchronizing manifest from "
      "127.0.0.1:5101/lib/a:1 to 127.0.0.1:5102/is/a:1. Now 1/2 tasks have been processed.\"\n");
  EXPECT_THAT(images.value(), ElementsAre("127.0.0.1:5102/is/a:1"));
}

// The document of `ocync sync --json`, as its schema describes it.
constexpr std::string_view kOcync = R"({
  "run_id": "01990000-0000-7000-8000-000000000000",
  "images": [
    {
      "image_id": "01990000-0000-7000-8000-000000000001",
      "source": "lib/a:1",
      "target": "bench/r1-i1/lib/a:1",
      "status": {
        "status": "synced"
      },
      "bytes_transferred": 600399,
      "blob_stats": {
        "transferred": 4,
        "skipped": 0,
        "mounted": 0
      },
      "duration": {
        "secs": 0,
        "nanos": 412000000
      }
    },
    {
      "image_id": "01990000-0000-7000-8000-000000000002",
      "source": "lib/b:1",
      "target": "bench/r1-i1/lib/b:1",
      "status": {
        "status": "skipped",
        "reason": "digest_match"
      },
      "bytes_transferred": 0,
      "blob_stats": {
        "transferred": 0,
        "skipped": 0,
        "mounted": 0
      },
      "duration": {
        "secs": 0,
        "nanos": 0
      }
    },
    {
      "image_id": "01990000-0000-7000-8000-000000000003",
      "source": "lib/c:1",
      "target": "lib/c (target):1",
      "status": {
        "status": "failed",
        "kind": "manifest_pull",
        "error": "manifest unknown",
        "retries": 0,
        "status_code": 404
      },
      "bytes_transferred": 0,
      "blob_stats": {
        "transferred": 0,
        "skipped": 0,
        "mounted": 0
      },
      "duration": {
        "secs": 0,
        "nanos": 0
      }
    }
  ],
  "stats": {
    "images_synced": 1,
    "images_skipped": 1,
    "images_failed": 1,
    "blobs_transferred": 4,
    "blobs_skipped": 0,
    "blobs_mounted": 0,
    "bytes_transferred": 600399,
    "discovery_cache_hits": 0,
    "discovery_cache_misses": 3,
    "discovery_head_failures": 0,
    "discovery_target_stale": 0,
    "discovery_head_first_skips": 0,
    "immutable_tag_skips": 0
  },
  "duration": {
    "secs": 0,
    "nanos": 530000000
  }
}
)";

TEST(FinishedImages, OfOcyncAreThoseThatItDoesNotCallFailed) {
  EXPECT_THAT(finished("ocync", kOcync).value(),
              ElementsAre("bench/r1-i1/lib/a:1", "bench/r1-i1/lib/b:1"));
}

TEST(FinishedImages, OfOcyncAreFoundBehindItsLog) {
  const std::string log = "2026-11-21T19:27:17Z ERROR ocync: manifest unknown\n{\n" +
                          std::string("2026-11-21T19:27:17Z ERROR ocync: again\n");
  EXPECT_THAT(finished("ocync", log + std::string(kOcync)).value(), testing::SizeIs(2));
}

TEST(FinishedImages, AreUnknownWhenOcyncPrintsNoDocument) {
  EXPECT_EQ(finished("ocync", "error: no such file\n").error().code, ErrorCode::bad_input);
  EXPECT_THAT(finished("ocync", "{\n\"images\": [{}]\n}\n").error().message, HasSubstr("target"));
}

TEST(FinishedImages, AreNotLookedForInLinesWithoutEnd) {
  EXPECT_THAT(finished("regctl", "h/r:" + std::string(kMaxCompletionLine, 'x')).value(), IsEmpty());
}

}  // namespace
}  // namespace ocibench::catalog
