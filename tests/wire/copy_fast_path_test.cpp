// What each optimisation of our copy does to the requests that two real registries see, and that it
// does not happen without the optimisation.
#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/oci/copy.hpp"
#include "common/units.hpp"
#include "tests/support/registry_process.hpp"
#include "tests/support/seed_image.hpp"

namespace ocibench::oci {
namespace {

using testing_support::AccessLog;
using testing_support::AccessRow;
using testing_support::connections;
using testing_support::content_of;
using testing_support::most_at_once;
using testing_support::RegistryProcess;
using testing_support::rows;
using testing_support::seed_image;
using testing_support::to_text;

constexpr std::uint32_t kConnections = 4;

/// What both registries were asked during one copy.
struct Traffic {
  AccessLog source;
  AccessLog target;

  [[nodiscard]] std::string text() const {
    return "source:\n" + to_text(source) + "target:\n" + to_text(target);
  }
};

/// The part of a blob's path that no repository's name is in.
std::string digest_in(const AccessRow& row) {
  const std::size_t at = row.target.find("sha256:");
  return at == std::string::npos ? "" : row.target.substr(at, 71);
}

bool each_digest_once(const AccessLog& log) {
  std::set<std::string> digests;
  return std::ranges::all_of(
      log, [&](const AccessRow& row) { return digests.insert(digest_in(row)).second; });
}

bool all_answered(const AccessLog& log, int status) {
  return !log.empty() &&
         std::ranges::all_of(log, [&](const AccessRow& row) { return row.status == status; });
}

bool asks_each_side_once_per_image(const Traffic& traffic) {
  const auto only_heads = [](const AccessLog& log) {
    return log.size() == 3 && rows(log, "HEAD", "/manifests/").size() == 3;
  };
  return only_heads(traffic.source) && only_heads(traffic.target);
}

bool gets_manifests_by_digest(const Traffic& traffic) {
  const AccessLog gets = rows(traffic.source, "GET", "/manifests/");
  return gets.size() == 3 && rows(gets, "GET", "/manifests/sha256:").size() == gets.size();
}

bool asks_for_each_blob_once(const Traffic& traffic) {
  const AccessLog heads = rows(traffic.target, "HEAD", "/blobs/");
  return !heads.empty() && each_digest_once(heads);
}

bool gets_each_blob_once(const Traffic& traffic) {
  const AccessLog gets = rows(traffic.source, "GET", "/blobs/");
  return !gets.empty() && each_digest_once(gets);
}

bool mounts_what_is_there(const Traffic& traffic) {
  return all_answered(rows(traffic.target, "POST", "mount="), 201);
}

/// The upload of the largest blob began before its download had ended: more than the socket buffers
/// hold is then still to come.
bool uploads_while_it_downloads(const Traffic& traffic) {
  const AccessLog gets = rows(traffic.source, "GET", "/blobs/");
  const auto longest = std::ranges::max_element(
      gets, {}, [](const AccessRow& row) { return row.ended - row.begun; });
  const AccessLog uploads = rows(traffic.target, "PUT", digest_in(*longest));
  return uploads.size() == 1 && uploads.front().begun < longest->ended;
}

bool sends_a_blob_in_one_request(const Traffic& traffic) {
  const AccessLog puts = rows(traffic.target, "PUT", "/blobs/uploads/");
  const AccessLog posts = rows(traffic.target, "POST", "/blobs/uploads/");
  const AccessLog mounts = rows(posts, "POST", "mount=");
  return all_answered(puts, 201) && puts.size() + mounts.size() == posts.size() &&
         rows(traffic.target, "PATCH").empty();
}

bool uses_a_connection_per_thread(const Traffic& traffic) {
  return connections(traffic.source) <= kConnections && connections(traffic.target) <= kConnections;
}

bool works_on_several_at_once(const Traffic& traffic) {
  const std::size_t most = most_at_once(rows(traffic.target, "PUT", "/blobs/uploads/"));
  EXPECT_LE(most, kConnections);
  return most > 1;
}

enum class Before { nothing, the_same_copy };

struct FastPath {
  CopyOptimisation optimisation;
  bool (*is_taken)(const Traffic&);
  Before before = Before::nothing;
};

constexpr std::array kFastPaths = {
    FastPath{CopyOptimisation::skip_unchanged, &asks_each_side_once_per_image,
             Before::the_same_copy},
    FastPath{CopyOptimisation::by_digest, &gets_manifests_by_digest},
    FastPath{CopyOptimisation::one_check, &asks_for_each_blob_once},
    FastPath{CopyOptimisation::shared_once, &gets_each_blob_once},
    FastPath{CopyOptimisation::mounts, &mounts_what_is_there},
    FastPath{CopyOptimisation::streaming, &uploads_while_it_downloads},
    FastPath{CopyOptimisation::single_put, &sends_a_blob_in_one_request},
    FastPath{CopyOptimisation::keep_alive, &uses_a_connection_per_thread},
    FastPath{CopyOptimisation::parallel, &works_on_several_at_once},
};

void PrintTo(const FastPath& path, std::ostream* out) { *out << to_string(path.optimisation); }

/// Two registries; at the source three images that share a layer, two of them in one repository.
class CopyFastPath : public testing::TestWithParam<FastPath> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(source_) << source_.error().message;
    ASSERT_TRUE(target_) << target_.error().message;
    Client client = Client::create(source_->endpoint()).value();
    const std::string shared = content_of("shared", 4 * kMiB);
    seed_image(client, "lib/a", "1", {shared, content_of("a1", 48 * kMiB)});
    seed_image(client, "lib/a", "2", {shared, content_of("a2", 4 * kMiB)});
    seed_image(client, "lib/b", "1", {shared, content_of("b1", 4 * kMiB)});
  }

  /// Into repositories that begin with `prefix`.
  void copy(const std::string& prefix, const CopyOptions& options) {
    const std::vector<CopyJob> jobs = {{"lib/a", "1", prefix + "/a"},
                                       {"lib/a", "2", prefix + "/a"},
                                       {"lib/b", "1", prefix + "/b"}};
    const auto report = copy_images(source_->endpoint(), target_->endpoint(), jobs, options);
    ASSERT_TRUE(report) << report.error().message;
    for (const CopiedImage& image : report->images) {
      EXPECT_FALSE(image.error) << image.error->message;
    }
  }

  Traffic observe(const std::string& prefix, const CopyOptions& options) {
    const std::size_t old_source = source_->access_log().size();
    const std::size_t old_target = target_->access_log().size();
    copy(prefix, options);
    Traffic traffic{source_->access_log(), target_->access_log()};
    traffic.source.erase(traffic.source.begin(),
                         traffic.source.begin() + static_cast<std::ptrdiff_t>(old_source));
    traffic.target.erase(traffic.target.begin(),
                         traffic.target.begin() + static_cast<std::ptrdiff_t>(old_target));
    return traffic;
  }

  Result<RegistryProcess> source_ = RegistryProcess::start();
  Result<RegistryProcess> target_ = RegistryProcess::start();
};

TEST_P(CopyFastPath, IsTakenUnlessItIsSwitchedOff) {
  if (GetParam().before == Before::the_same_copy) {
    copy("on", {});
    copy("off", {});
  }
  const Traffic with = observe("on", {.connections = kConnections});
  EXPECT_TRUE(GetParam().is_taken(with)) << with.text();
  const Traffic without =
      observe("off", {.connections = kConnections, .without = {GetParam().optimisation}});
  EXPECT_FALSE(GetParam().is_taken(without)) << without.text();
}

std::string name_of(const testing::TestParamInfo<FastPath>& path) {
  std::string name(to_string(path.param.optimisation));
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Each, CopyFastPath, testing::ValuesIn(kFastPaths), &name_of);

TEST(CopyOptimisations, AllHaveATestOnTheWire) {
  for (const CopyOptimisation each : kAllCopyOptimisations) {
    EXPECT_EQ(std::ranges::count(kFastPaths, each, &FastPath::optimisation), 1) << to_string(each);
  }
  // The list itself: an optimisation that is not in it would be missed above.
  EXPECT_EQ(kAllCopyOptimisations.size(),
            static_cast<std::size_t>(kAllCopyOptimisations.back()) + 1);
}

}  // namespace
}  // namespace ocibench::oci
