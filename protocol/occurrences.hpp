#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ocibench::protocol {

/// Which repetitions of an event are worth a line in the log: the first, the tenth, the hundredth
/// and so on, per key. A stranger who knocks all night must not fill a disk.
class Occurrences {
 public:
  /// Of different keys; beyond that the counts begin again.
  static constexpr std::size_t kMaxKeys = 256;

  /// How often it has happened, when that is worth saying.
  std::optional<std::uint64_t> count(const std::string& key);

 private:
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace ocibench::protocol
