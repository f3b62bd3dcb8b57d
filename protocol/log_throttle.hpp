#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ocibench::protocol {

/// Which repetitions of an event are worth a line in the log: the first, the tenth, the hundredth
/// and so on, for each key. Whoever causes the event must not be able to fill a disk with it, so
/// the key is what is proven of him (the name of his key), never what he chooses to send.
class LogThrottle {
 public:
  /// Keys that are counted apart. All further ones are counted together.
  static constexpr std::size_t kMaxKeys = 256;

  /// `text`, with how often it has happened by now; nullopt when this time is not worth a line.
  std::optional<std::string> line(const std::string& key, const std::string& text);

 private:
  std::map<std::string, std::uint64_t> counts_;
  std::uint64_t of_others_ = 0;
};

}  // namespace ocibench::protocol
