#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace ocibench {

/// Who may change what is at a path, symbolic links followed.
struct PathRights {
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;  ///< with the type, as stat(2) has it
};
using LookAtRights = std::function<std::optional<PathRights>(const std::filesystem::path&)>;

/// Who is believed already, so that to distrust them elsewhere would gain nothing.
struct Believed {
  std::set<uid_t> owners;
  /// Whoever may write there could replace our own program.
  std::set<std::filesystem::path> folders;
};

/// Why a program or folder must not be used: somebody else could have put it there, or could
/// replace it, because a folder from it up to the root belongs to them or may be written to by
/// others. nullopt: nobody could. A folder with the sticky bit is no danger to what lies deeper,
/// since entries there can be replaced by their owners only; it is to what lies in it itself.
/// Requires: absolute, without symbolic links.
std::optional<std::string> find_distrust(const std::filesystem::path& path,
                                         const Believed& believed, const LookAtRights& look);

/// The same on this host, for the path as it is named and for where it leads. Believed are root,
/// our own user, and the owners of the folders above our own executable.
std::optional<std::string> find_distrust(const std::filesystem::path& path);

}  // namespace ocibench
