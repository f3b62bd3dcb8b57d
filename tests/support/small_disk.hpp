#pragma once

#include <cstdint>
#include <filesystem>

namespace ocibench::testing_support {

/// A file system of its own with little room (tmpfs), at a folder that it makes. Goes with the
/// object, and everything on it. Needs root.
class SmallDisk {
 public:
  /// Whether this machine lets us, for a test that must be skipped otherwise.
  static bool permitted();

  /// Throws std::runtime_error.
  SmallDisk(std::filesystem::path folder, std::uint64_t bytes);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

  /// Takes all the room that is left, and gives it back.
  void fill();
  void free();

 private:
  std::filesystem::path folder_;
};

}  // namespace ocibench::testing_support
