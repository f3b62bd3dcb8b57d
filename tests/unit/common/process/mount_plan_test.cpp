#include "common/process/mount_plan.hpp"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = MountStep::Kind;
using What = PathFacts::Kind;

/// A host of which only these paths are known; folders above them are there and searchable.
class Terrain {
 public:
  Terrain& folder(const std::string& path) { return add(path, {What::directory, true}); }
  Terrain& closed(const std::string& path) { return add(path, {What::directory, false}); }
  Terrain& file(const std::string& path) { return add(path, {What::file, true}); }
  [[nodiscard]] LookAtPath look() const {
    return [this](const std::filesystem::path& path) {
      const auto found = facts_.find(path);
      return found == facts_.end() ? PathFacts{} : found->second;
    };
  }

 private:
  Terrain& add(const std::filesystem::path& path, PathFacts facts) {
    for (auto above = path.parent_path(); above.has_relative_path(); above = above.parent_path()) {
      facts_.emplace(above, PathFacts{What::directory, true});
    }
    facts_[path] = facts;
    return *this;
  }
  std::map<std::filesystem::path, PathFacts> facts_;
};

TEST(MountPlan, CoversWhatIsHiddenAndThere) {
  const auto there = Terrain().folder("/var/spool").file("/etc/keys/a.key");
  EXPECT_THAT(plan_mounts({.hidden = {"/var/spool/", "/etc/keys/a.key", "/nowhere"}}, there.look()),
              ElementsAre(MountStep{Kind::cover_file, "/etc/keys/a.key"},
                          MountStep{Kind::cover_directory, "/var/spool"}));
}

TEST(MountPlan, BringsBackWhatIsBelowAHiddenFolderUnderItsOwnName) {
  const auto there = Terrain().folder("/s/work/i1/work").file("/s/ca.pem").folder("/s/work/i1/b");
  EXPECT_THAT(
      plan_mounts({.hidden = {"/s"},
                   .writable = {"/s/work/i1/work", "/s/work/i1/b"},
                   .readable = {"/s/ca.pem"}},
                  there.look()),
      ElementsAre(
          MountStep{Kind::cover_directory, "/s"}, MountStep{Kind::make_file, "/s/ca.pem"},
          MountStep{Kind::bind_read_only, "/s/ca.pem"}, MountStep{Kind::make_directory, "/s/work"},
          MountStep{Kind::make_directory, "/s/work/i1"},
          MountStep{Kind::make_directory, "/s/work/i1/b"}, MountStep{Kind::bind, "/s/work/i1/b"},
          MountStep{Kind::make_directory, "/s/work/i1/work"},
          MountStep{Kind::bind, "/s/work/i1/work"}));
}

TEST(MountPlan, LeavesAloneWhatNothingHides) {
  const auto there = Terrain().file("/usr/bin/skopeo").folder("/srv/work");
  EXPECT_THAT(plan_mounts({.writable = {"/srv/work"}, .readable = {"/usr/bin/skopeo", "/no/such"}},
                          there.look()),
              IsEmpty());
}

TEST(MountPlan, CoversTheFirstFolderThatTheUserCannotSearch) {
  const auto there =
      Terrain().closed("/root").closed("/root/.local").file("/root/.local/tools/bin/crane");
  EXPECT_THAT(
      plan_mounts({.user = 61184, .readable = {"/root/.local/tools/bin/crane"}}, there.look()),
      ElementsAre(MountStep{Kind::cover_directory, "/root"},
                  MountStep{Kind::make_directory, "/root/.local"},
                  MountStep{Kind::make_directory, "/root/.local/tools"},
                  MountStep{Kind::make_directory, "/root/.local/tools/bin"},
                  MountStep{Kind::make_file, "/root/.local/tools/bin/crane"},
                  MountStep{Kind::bind_read_only, "/root/.local/tools/bin/crane"}));
}

TEST(MountPlan, HidesInsideWhatItBroughtBack) {
  const auto there = Terrain().folder("/s/run/target/storage").folder("/s/run/work");
  EXPECT_THAT(
      plan_mounts({.hidden = {"/s", "/s/run/target", "/s/run/target/storage", "/s/other"},
                   .writable = {"/s/run"}},
                  there.look()),
      ElementsAre(MountStep{Kind::cover_directory, "/s"}, MountStep{Kind::make_directory, "/s/run"},
                  MountStep{Kind::bind, "/s/run"},
                  MountStep{Kind::cover_directory, "/s/run/target"}));
}

TEST(MountPlan, MakesEachFolderOnTheWayOnce) {
  const auto there = Terrain().closed("/root").file("/root/bin/a").file("/root/bin/b");
  EXPECT_THAT(
      plan_mounts({.user = 61184, .readable = {"/root/bin/b", "/root/bin/a", "/root/bin/a"}},
                  there.look()),
      ElementsAre(
          MountStep{Kind::cover_directory, "/root"}, MountStep{Kind::make_directory, "/root/bin"},
          MountStep{Kind::make_file, "/root/bin/a"}, MountStep{Kind::bind_read_only, "/root/bin/a"},
          MountStep{Kind::make_file, "/root/bin/b"},
          MountStep{Kind::bind_read_only, "/root/bin/b"}));
}

TEST(MountPlan, SealsWhereItIs) {
  const auto there = Terrain().folder("/sys/fs/cgroup");
  EXPECT_THAT(plan_mounts({.sealed = {"/sys/fs/cgroup"}}, there.look()),
              ElementsAre(MountStep{Kind::bind_read_only, "/sys/fs/cgroup"}));
}

}  // namespace
}  // namespace ocibench
