#include "common/trust.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include <fmt/format.h>

#include "common/host.hpp"

namespace ocibench {
namespace {

namespace fs = std::filesystem;

bool others_may_write(const PathRights& rights) {
  // A group of the user's own number is the user's alone: Debian and its kin make one for each.
  const bool group_counts = rights.group != 0 && rights.group != rights.owner;
  return (rights.mode & S_IWOTH) != 0 || (group_counts && (rights.mode & S_IWGRP) != 0);
}

/// What has to be done about one path. `near`: it is what is to be used, or the folder that holds
/// it.
std::optional<std::string> distrust_of(const fs::path& path, const PathRights& rights, bool near,
                                       const Believed& believed) {
  if (!believed.owners.contains(rights.owner)) {
    return fmt::format(
        "{} belongs to user {}, who could replace it; install it as a user that is "
        "trusted here (root, or the one that runs this)",
        path.string(), rights.owner);
  }
  const bool sticky = (rights.mode & S_ISVTX) != 0;
  const bool folder = S_ISDIR(rights.mode);
  if (!others_may_write(rights) || (folder && sticky && !near) ||
      (!sticky && believed.folders.contains(path))) {
    return std::nullopt;
  }
  return fmt::format(
      "{} may be written to by other users; use another folder, or take that away "
      "(chmod go-w)",
      path.string());
}

std::optional<PathRights> rights_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return PathRights{status.st_uid, status.st_gid, status.st_mode};
}

Believed believed_here() {
  Believed believed{.owners = {0, ::geteuid()}, .folders = {}};
  const fs::path own = executable_path();
  for (fs::path each = own;; each = each.parent_path()) {
    if (const auto rights = rights_of(each)) {
      believed.owners.insert(rights->owner);
      believed.folders.insert(each);
    }
    if (!each.has_relative_path()) {
      return believed;
    }
  }
}

}  // namespace

std::optional<std::string> find_distrust(const fs::path& path, const Believed& believed,
                                         const LookAtRights& look) {
  bool holds = false;  // the path itself was a file: so what comes next holds it
  for (fs::path each = path;; each = each.parent_path()) {
    const std::optional<PathRights> rights = look(each);
    if (!rights) {
      return fmt::format("{} cannot be looked at", each.string());
    }
    if (auto distrust = distrust_of(each, *rights, each == path || holds, believed)) {
      return distrust;
    }
    if (!each.has_relative_path()) {
      return std::nullopt;
    }
    holds = each == path && !S_ISDIR(rights->mode);
  }
}

std::optional<std::string> find_distrust(const fs::path& path) {
  static const Believed kBelieved = believed_here();
  std::error_code error;
  const fs::path named = fs::absolute(path, error).lexically_normal();
  const fs::path real = fs::canonical(path, error);
  if (error) {
    return fmt::format("{} cannot be looked at: {}", path.string(), error.message());
  }
  auto distrust = find_distrust(real, kBelieved, rights_of);
  return distrust || named == real ? distrust : find_distrust(named, kBelieved, rights_of);
}

}  // namespace ocibench
