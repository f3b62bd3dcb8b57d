#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/catalog/program.hpp"
#include "common/catalog/registry.hpp"
#include "common/catalog/tool.hpp"
#include "common/error.hpp"
#include "common/model/comparability.hpp"
#include "common/model/corpus.hpp"

namespace ocibench::catalog {

/// One image of the corpus and where a tool puts it.
struct PlacedImage {
  std::string repository;  ///< at the source: "synthetic/image-01"
  std::string tag;         ///< kept at the target
  std::string digest;
  std::string destination;  ///< repository at the target: "bench/t3/image-01"

  friend bool operator==(const PlacedImage&, const PlacedImage&) = default;
};

/// Where the tool puts each image of the corpus, in the corpus's order. No destination equals a
/// source repository (a tool could mount instead of copying) and no two images share one with the
/// same tag (the second would overwrite the first).
/// Requires: a tool of kind sync. Errors: bad_input naming the images and the tool's file.
Result<std::vector<PlacedImage>> place_images(const ToolDefinition& tool,
                                              const ResolvedCorpus& corpus,
                                              const std::string& prefix);

/// What a tool's templates are filled with.
struct ToolContext {
  std::string source;        ///< "127.0.0.1:5101", no scheme
  std::string target;        ///< the same for the other registry
  bool tls = false;          ///< of both registries
  std::string ca_file;       ///< PEM that both certificates chain to; empty without TLS
  bool credentials = false;  ///< those of the registries are in state_dir/config.json
  std::string prefix;        ///< namespace at the target, "bench/r1-i3"
  std::string work_dir;      ///< where the rendered files will be
  std::string state_dir;     ///< private to the run: the tool's HOME and caches
  std::vector<PlacedImage> images;
  Comparability comparability;
  std::map<std::string, std::filesystem::path> needed;  ///< binaries of what the tool needs
};

/// The name of the file with the credentials, as docker calls it.
inline constexpr const char* kCredentialsFile = "config.json";

/// What a registry's templates are filled with.
struct RegistryContext {
  std::string address;      ///< "127.0.0.1:5101": where it listens
  std::string storage_dir;  ///< where it keeps its content
  std::string work_dir;     ///< where the rendered files will be
  std::string secret;       ///< signs upload sessions; any text
  bool tls = false;
  std::string certificate_file;  ///< empty without TLS
  std::string key_file;          ///< empty without TLS
};

/// A command ready to run.
struct RenderedCommand {
  std::vector<std::string> argv;             ///< argv[0] is the binary as given
  std::map<std::string, std::string> files;  ///< name in the working directory -> content
  std::map<std::string, std::string> environment;

  friend bool operator==(const RenderedCommand&, const RenderedCommand&) = default;
};

/// The program with which tools that copy one image per process are run, from Debian's findutils.
inline constexpr const char* kXargs = "/usr/bin/xargs";
/// What it reads, in the working directory: an argument a line, equally many for each image.
inline constexpr const char* kArgumentFile = "arguments.txt";
/// Its exit codes, which hide those of the tool. xargs(1)
const std::map<int, std::string>& xargs_exit_codes();

/// Arguments that render to nothing are left out.
/// Requires: context.needed has what the tool needs. Errors: bad_input naming the placeholder and
/// the file.
Result<RenderedCommand> render_tool(const ToolDefinition& tool, const std::string& binary,
                                    const ToolContext& context);
/// The sentence about so many things at once; empty when the tool cannot be told.
/// Errors: bad_input naming the placeholder and the file.
Result<std::string> render_matched(const ToolDefinition& tool, std::uint32_t concurrency);

/// Errors: bad_input naming the placeholder and the file.
Result<RenderedCommand> render_registry(const RegistryDefinition& registry,
                                        const std::string& binary, const RegistryContext& context);

}  // namespace ocibench::catalog
