#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/model/record.hpp"

namespace ocibench::coordinator {

/// `text` as one component of a path: "cold/skopeo/r1" gives "cold~skopeo~r1". Letters, digits,
/// '.',
/// '_' and '-' stay, '/' becomes '~', every other byte %XX; "" , "." and ".." cannot come out.
/// Different texts give different names.
std::string path_component(std::string_view text);

/// Where an artefact lies in a bundle: "logs/cold~skopeo~r1+a1+i3+stderr.log.gz". *.csv go to
/// samples/, everything else to logs/. Whatever the name holds, it stays in that folder.
std::string artifact_path(const AttemptId& id, std::uint32_t iteration, std::string_view name);

/// The evidence of an outcome as a path in the bundle: agents name a file of their iteration.
/// Empty when there is none.
std::string evidence_path(const AttemptId& id, const Iteration& iteration);

/// Which chunks make up a file: those that follow each other from offset 0. A chunk that does not
/// continue its file is left out, by the writer of a bundle and by its verification alike.
class ArtifactAssembly {
 public:
  /// True when `chunk` continues the file at `path`, which then counts as longer by its bytes.
  bool accept(const std::string& path, const ArtifactChunk& chunk);

 private:
  std::map<std::string, std::uint64_t> sizes_;
};

}  // namespace ocibench::coordinator
