#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace ocibench {

/// How a child is set apart from the process that starts it; by default not at all. Once a user or
/// namespaces are given, no program that it executes gains privileges (PR_SET_NO_NEW_PRIVS).
struct Confinement {
  /// Runs as this user and the group of the same number, in no other group. Needs root.
  std::optional<uid_t> user;
  /// Mounts and process ids of its own: it sees the paths below as described, and no process but
  /// its descendants, in /proc too; it can signal and trace no other. Without root it has a user
  /// namespace as well, in which its user and group are what they were.
  bool namespaces = false;
  /// Each is an empty folder, or an empty file, to the child. What does not exist stays so.
  /// Only with namespaces. Absolute, without symbolic links.
  std::vector<std::filesystem::path> hidden;
  /// Stay where they are though a folder above is hidden, or cannot be searched by the user.
  /// Absolute. Nothing is made more writable or readable than it is.
  std::vector<std::filesystem::path> writable;
  std::vector<std::filesystem::path> readable;  ///< the same, read-only: programs, certificates
  std::vector<std::filesystem::path> sealed;    ///< read-only with all below, whoever owns it
};

}  // namespace ocibench
