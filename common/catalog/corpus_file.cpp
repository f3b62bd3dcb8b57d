#include "common/catalog/corpus_file.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/model/limits.hpp"
#include "common/model/reference.hpp"
#include "common/toml.hpp"
#include "common/units.hpp"

namespace ocibench::catalog {
namespace {

void check_platforms(TomlTable& table, const std::vector<std::string>& platforms) {
  if (platforms.size() > kMaxPlatforms) {
    table.problem("platforms", fmt::format("key `platforms`: at most {}", kMaxPlatforms));
  }
  std::set<std::string> seen;
  for (const std::string& platform : platforms) {
    if (!is_platform(platform) || !is_repository(platform)) {
      table.problem("platforms", fmt::format("key `platforms`: expected \"os/architecture\" such "
                                             "as \"linux/amd64\", found \"{}\"",
                                             platform));
    } else if (!seen.insert(platform).second) {
      table.problem("platforms", fmt::format("key `platforms`: {} is named twice", platform));
    }
  }
}

SyntheticSpec read_synthetic(TomlTable table) {
  SyntheticSpec spec;
  spec.seed = static_cast<std::uint64_t>(table.optional_integer("seed", {}).value_or(1));
  spec.images =
      static_cast<std::uint32_t>(table.integer("images", {.min = 1, .max = kMaxCorpusImages}));
  spec.layers =
      static_cast<std::uint32_t>(table.integer("layers", {.min = 1, .max = kMaxImageLayers}));
  spec.layer_bytes =
      table.bytes("layer_bytes", {.min = 1, .max = static_cast<std::int64_t>(kMaxLayerBytes)});
  spec.shared_share = table.optional_number("shared_share", {}).value_or(0);
  spec.compressibility = table.optional_number("compressibility", {}).value_or(0);
  spec.gzip_level = static_cast<std::int32_t>(
      table.optional_integer("gzip_level", {.min = 0, .max = kMaxGzipLevel}).value_or(1));
  spec.platforms = table.texts("platforms");
  spec.referrer = table.optional_boolean("referrer").value_or(false);
  spec.repository_prefix = table.text("repository_prefix");
  check_platforms(table, spec.platforms);
  if (!is_repository(spec.repository_prefix + "-01")) {
    table.problem("repository_prefix",
                  fmt::format("key `repository_prefix`: \"{}\" is no repository name",
                              spec.repository_prefix));
  }
  const std::uint64_t total = spec.layer_bytes * spec.layers * spec.images *
                              std::min<std::uint64_t>(spec.platforms.size(), kMaxPlatforms);
  if (total > kMaxCorpusBytes) {
    table.problem("layer_bytes", fmt::format("the corpus would have {}, more than {}",
                                             format_bytes(total), format_bytes(kMaxCorpusBytes)));
  }
  return spec;
}

/// The host of "host/repository:tag[@digest]", or empty when it is none.
std::string host_of(const std::string& text) {
  const Result<Reference> reference = parse_reference(text);
  return reference && !reference->tag.empty() ? reference->host : std::string();
}

ReferenceSpec read_references(TomlTable table) {
  ReferenceSpec spec{.images = table.texts("images")};
  if (spec.images.size() > kMaxCorpusImages) {
    table.problem("images", fmt::format("key `images`: at most {}", kMaxCorpusImages));
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < spec.images.size(); ++i) {
    const std::string& image = spec.images[i];
    const std::string host = host_of(image);
    if (host.empty()) {
      table.problem("images", i,
                    fmt::format("key `images`: expected \"host/repository:tag\", "
                                "found \"{}\"",
                                image));
    } else if (host != host_of(spec.images.front())) {
      table.problem("images", i,
                    fmt::format("key `images`: {} is on another host than {}; a "
                                "corpus has one source",
                                image, spec.images.front()));
    } else if (!seen.insert(image).second) {
      table.problem("images", i, fmt::format("key `images`: {} is named twice", image));
    }
  }
  return spec;
}

LocalFileSpec read_files(TomlTable& root) {
  LocalFileSpec spec;
  std::vector<TomlTable> tables = root.tables("files");
  if (tables.size() > kMaxCorpusImages) {
    root.problem("files", fmt::format("key `files`: at most {}", kMaxCorpusImages));
  }
  std::set<std::pair<std::string, std::string>> seen;
  for (TomlTable& table : tables) {
    LocalFile file{.path = table.text("path"),
                   .repository = table.text("repository"),
                   .tag = table.text("tag")};
    if (!file.path.starts_with('/')) {
      table.problem("path", "key `path`: every agent reads it, so it must be absolute");
    }
    if (!is_repository(file.repository)) {
      table.problem("repository",
                    fmt::format("key `repository`: \"{}\" is no repository name", file.repository));
    }
    if (!is_tag(file.tag)) {
      table.problem("tag", fmt::format("key `tag`: \"{}\" is no tag", file.tag));
    }
    if (!seen.emplace(file.repository, file.tag).second) {
      table.problem("tag", fmt::format("{}:{} is named twice", file.repository, file.tag));
    }
    spec.files.push_back(std::move(file));
  }
  return spec;
}

}  // namespace

Result<CorpusSpec> parse_corpus(std::string_view toml, const std::string& origin) {
  auto document = TomlDocument::parse(toml, origin);
  if (!document) {
    return tl::unexpected(document.error());
  }
  TomlTable root = document->root();
  root.integer("schema", {.min = 1, .max = 1});
  CorpusSpec corpus{.name = root.name("name")};
  const int kinds = static_cast<int>(root.has("synthetic")) +
                    static_cast<int>(root.has("references")) + static_cast<int>(root.has("files"));
  if (kinds != 1) {
    root.problem("name", "a corpus has exactly one of [synthetic], [references] and [[files]]");
  }
  if (auto synthetic = root.optional_table("synthetic")) {
    corpus.source = read_synthetic(*synthetic);
  }
  if (auto references = root.optional_table("references")) {
    corpus.source = read_references(*references);
  }
  if (root.has("files")) {
    corpus.source = read_files(root);
  }
  if (auto finished = document->finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  return corpus;
}

}  // namespace ocibench::catalog
