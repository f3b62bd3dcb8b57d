#include "common/process/mount_plan.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

namespace ocibench {
namespace {

namespace fs = std::filesystem;

enum class Sight { hidden, sealed, writable, readable };
using Sights = std::map<fs::path, Sight>;  // what is above comes before what is below

/// From the root to the path's parent.
std::vector<fs::path> directories_above(const fs::path& path) {
  std::vector<fs::path> above;
  for (fs::path each = path.parent_path(); each.has_relative_path(); each = each.parent_path()) {
    above.push_back(each);
  }
  std::ranges::reverse(above);
  return above;
}

fs::path plain(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

void keep(Sights& sights, const std::vector<fs::path>& paths, Sight sight, const LookAtPath& look) {
  for (const fs::path& each : paths) {
    const fs::path path = plain(each);
    const std::vector<fs::path> above = directories_above(path);
    const auto barrier = std::ranges::find_if(above, [&](const fs::path& directory) {
      const PathFacts facts = look(directory);
      return facts.kind == PathFacts::Kind::directory && !facts.searchable;
    });
    if (barrier != above.end()) {
      sights.emplace(*barrier, Sight::hidden);
    }
    sights.insert_or_assign(path, sight);
  }
}

/// Turns sights, outer ones first, into steps.
class Planner {
 public:
  explicit Planner(const LookAtPath& look) : look_(look) {}

  void add(const fs::path& path, Sight sight) {
    const PathFacts::Kind kind = look_(path).kind;
    if (kind == PathFacts::Kind::absent) {
      return;
    }
    const bool covered = is_covered(path);
    if (sight == Sight::hidden || sight == Sight::sealed) {
      if (!covered) {
        put_over(path, kind, sight);
      }
    } else if (covered) {
      bring_back(path, kind, sight);
    }
  }

  [[nodiscard]] std::vector<MountStep> steps() && { return std::move(steps_); }

 private:
  /// By the nearest step above.
  [[nodiscard]] bool is_covered(const fs::path& path) const {
    for (fs::path above = path.parent_path(); above.has_relative_path();
         above = above.parent_path()) {
      if (const auto found = covered_.find(above); found != covered_.end()) {
        return found->second;
      }
    }
    return false;
  }

  void put_over(const fs::path& path, PathFacts::Kind kind, Sight sight) {
    if (sight == Sight::sealed) {
      steps_.push_back({MountStep::Kind::bind_read_only, path});
      return;
    }
    const bool directory = kind == PathFacts::Kind::directory;
    steps_.push_back(
        {directory ? MountStep::Kind::cover_directory : MountStep::Kind::cover_file, path});
    covered_[path] = true;
  }

  void bring_back(const fs::path& path, PathFacts::Kind kind, Sight sight) {
    for (const fs::path& above : directories_above(path)) {
      if (!covered_.contains(above) && is_covered(above) && made_.insert(above).second) {
        steps_.push_back({MountStep::Kind::make_directory, above});
      }
    }
    steps_.push_back({kind == PathFacts::Kind::directory ? MountStep::Kind::make_directory
                                                         : MountStep::Kind::make_file,
                      path});
    steps_.push_back(
        {sight == Sight::writable ? MountStep::Kind::bind : MountStep::Kind::bind_read_only, path});
    covered_[path] = false;
  }

  const LookAtPath& look_;
  std::map<fs::path, bool> covered_;  // false: brought back
  std::set<fs::path> made_;
  std::vector<MountStep> steps_;
};

}  // namespace

std::vector<MountStep> plan_mounts(const Confinement& confinement, const LookAtPath& look) {
  Sights sights;
  for (const fs::path& each : confinement.sealed) {
    sights.insert_or_assign(plain(each), Sight::sealed);
  }
  for (const fs::path& each : confinement.hidden) {
    sights.insert_or_assign(plain(each), Sight::hidden);
  }
  keep(sights, confinement.readable, Sight::readable, look);
  keep(sights, confinement.writable, Sight::writable, look);
  Planner planner(look);
  for (const auto& [path, sight] : sights) {
    planner.add(path, sight);
  }
  return std::move(planner).steps();
}

LookAtPath look_as(std::optional<uid_t> user) {
  return [user](const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      return PathFacts{};
    }
    PathFacts facts;
    facts.kind = S_ISDIR(status.st_mode) ? PathFacts::Kind::directory : PathFacts::Kind::file;
    if (user) {
      const mode_t wanted = status.st_uid == *user   ? S_IXUSR
                            : status.st_gid == *user ? S_IXGRP
                                                     : S_IXOTH;
      facts.searchable = (status.st_mode & wanted) != 0;
    }
    return facts;
  };
}

std::vector<fs::path> with_canonical(const std::vector<fs::path>& paths) {
  std::vector<fs::path> all;
  for (const fs::path& path : paths) {
    all.push_back(path);
    std::error_code error;
    const fs::path canonical = fs::canonical(path, error);
    if (!error && canonical != path) {
      all.push_back(canonical);
    }
  }
  return all;
}

}  // namespace ocibench
