#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::coordinator {

/// The program that wrote a bundle's texts. It need not be the one that began the campaign (its
/// commit is in the journal and in the bundle's path): a campaign may be resumed by another.
struct Producer {
  std::string version;
  std::string git_sha;  ///< 40 digits, "-dirty" appended where the tree was; or "unknown"
  std::uint16_t record_format = 0;

  friend bool operator==(const Producer&, const Producer&) = default;
};

/// This program.
Producer this_producer();

/// Whether both write the same texts of the same journal, byte for byte: they are the same known
/// commit, without changes of which nothing is known.
bool writes_the_same(const Producer& a, const Producer& b);

/// "ocibench 0.1.0 (abc1234), record format 6"
std::string to_string(const Producer& producer);

/// producer.json, schema "ocibench.producer".
std::string producer_json(const Producer& producer);
/// Errors: bad_input.
Result<Producer> parse_producer(std::string_view json);

}  // namespace ocibench::coordinator
