#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/process/confinement.hpp"

namespace ocibench {

/// One thing to do in a mount namespace of one's own, in which what is bound was found before the
/// first step.
struct MountStep {
  enum class Kind {
    cover_directory,  ///< an empty file system over it
    cover_file,       ///< /dev/null over it
    make_directory,   ///< in a covered one, as a place or on the way to one
    make_file,
    bind,  ///< what was at this path before, with all that is mounted below it
    bind_read_only,
  };
  Kind kind = Kind::bind;
  std::filesystem::path path;

  friend bool operator==(const MountStep&, const MountStep&) = default;
};

/// What is at a path, symbolic links followed.
struct PathFacts {
  enum class Kind { absent, directory, file };
  Kind kind = Kind::absent;
  /// By the child's user: a directory in which it may reach what it can name; a program that it may
  /// execute.
  bool searchable = true;
};
using LookAtPath = std::function<PathFacts(const std::filesystem::path&)>;

/// What hides and keeps the paths of `confinement`, in order. Where a path that is to be kept lies
/// below a directory that the user cannot search, the first such directory is hidden too, and the
/// path is bound in at its place: so the child finds it under its own name.
std::vector<MountStep> plan_mounts(const Confinement& confinement, const LookAtPath& look);

/// Looks at this host as `user` would (by owner, group and mode); without one, all is searchable.
LookAtPath look_as(std::optional<uid_t> user);

/// A path as it is given and, where symbolic links lead elsewhere, as it is.
std::vector<std::filesystem::path> with_canonical(const std::vector<std::filesystem::path>& paths);

}  // namespace ocibench
