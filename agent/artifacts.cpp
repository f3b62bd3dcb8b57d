#include "agent/artifacts.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/gzip.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

Result<std::filesystem::path> compress(const std::filesystem::path& raw) {
  std::filesystem::path compressed = raw.string() + ".gz";
  Result<GzipFile> file = GzipFile::create(compressed);
  if (!file) {
    return tl::unexpected(std::move(file.error()));
  }
  std::ifstream input(raw, std::ios::binary);
  for (std::string buffer(64 * kKiB, '\0'); input;) {
    input.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(input.gcount());
    if (auto written = file->write(std::string_view(buffer).substr(0, got)); !written) {
      return tl::unexpected(std::move(written.error()));
    }
  }
  if (input.bad()) {
    return fail(ErrorCode::io, fmt::format("cannot read {}", raw.string()));
  }
  return file->close().map([&] { return compressed; });
}

/// Sends one file up to `budget` bytes, and takes them off it.
Result<void> send(const std::filesystem::path& file, std::uint32_t iteration, TrialLog& log,
                  std::uint64_t& budget) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  std::ifstream input(file, std::ios::binary);
  if (error || !input) {
    return fail(ErrorCode::io, "cannot be read");
  }
  const std::uint64_t kept = std::min(size, budget);
  std::uint64_t offset = 0;
  do {
    ArtifactChunk chunk{
        .id = log.id(), .iteration = iteration, .name = file.filename().string(), .offset = offset};
    chunk.bytes.resize(std::min<std::uint64_t>(ArtifactChunk::kMaxBytes, kept - offset));
    input.read(chunk.bytes.data(), static_cast<std::streamsize>(chunk.bytes.size()));
    chunk.bytes.resize(static_cast<std::size_t>(input.gcount()));
    offset += chunk.bytes.size();
    chunk.last = offset >= kept || !input;
    log.write(chunk);
  } while (offset < kept && input);
  budget -= kept;
  return kept == size ? Result<void>()
                      : fail(ErrorCode::limit, fmt::format("cut after {} of {}", format_bytes(kept),
                                                           format_bytes(size)));
}

}  // namespace

std::vector<std::string> upload_artifacts(const std::vector<std::filesystem::path>& files,
                                          std::uint32_t iteration, TrialLog& log,
                                          std::uint64_t max_bytes) {
  std::vector<std::string> marks;
  for (const std::filesystem::path& file : files) {
    if (!std::filesystem::exists(file)) {
      continue;
    }
    const Result<std::filesystem::path> ready =
        file.extension() == ".log" ? compress(file) : Result<std::filesystem::path>(file);
    const Result<void> sent = ready.and_then(
        [&](const std::filesystem::path& path) { return send(path, iteration, log, max_bytes); });
    if (!sent) {
      marks.push_back(fmt::format("{}: {}", file.filename().string(), sent.error().message));
    }
  }
  return marks;
}

}  // namespace ocibench::agent
