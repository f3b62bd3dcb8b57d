#include "common/gzip.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include "common/fd.hpp"

namespace ocibench {
namespace {

constexpr std::size_t kOutputBytes = 256 * 1024;
constexpr std::size_t kStoredBlockBytes = 65'535;  // RFC 1951, 3.2.4: LEN has 16 bits
constexpr int kGzipWindowBits = 15 + 16;           // zlib.h: +16 asks for gzip
constexpr int kDefaultMemoryLevel = 8;
// RFC 1952, 2.3: magic, deflate, no flags, mtime 0, no extra flags, OS 255 = unknown.
constexpr std::string_view kStoredHeader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);

void append_little_endian(std::string& text, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
  }
}

Bytef* input_of(std::string_view bytes) {
  // zlib declares next_in without const unless ZLIB_CONST, but never writes to it.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // NOLINT
}

/// zlib counts in 32 bits; larger views are cut.
std::string_view take_front(std::string_view& bytes) {
  const std::string_view front = bytes.substr(0, std::numeric_limits<std::int32_t>::max());
  bytes.remove_prefix(front.size());
  return front;
}

Result<void> write_whole(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote < 0) {
      return fail_errno(fmt::format("cannot write {}", path.string()), errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

struct GzipCompressor::State {
  State(int wanted_level, ByteSink wanted_sink)
      : level(wanted_level), sink(std::move(wanted_sink)) {
    OCIBENCH_ASSERT(level >= 0 && level <= 9);
    if (level == 0) {
      pending = kStoredHeader;
      return;
    }
    output.resize(kOutputBytes);
    OCIBENCH_ASSERT(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindowBits, kDefaultMemoryLevel,
                                 Z_DEFAULT_STRATEGY) == Z_OK);
    OCIBENCH_ASSERT(deflateSetHeader(&stream, &header) == Z_OK);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (level > 0) {
      deflateEnd(&stream);
    }
  }

  Result<void> deflate_all(std::string_view bytes, int flush) {
    stream.next_in = input_of(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    for (;;) {
      stream.next_out = output.data();
      stream.avail_out = static_cast<uInt>(output.size());
      const int status = ::deflate(&stream, flush);
      OCIBENCH_ASSERT(status != Z_STREAM_ERROR);
      const std::size_t made = output.size() - stream.avail_out;
      if (made > 0) {
        if (Result<void> taken = sink({reinterpret_cast<const char*>(output.data()), made});
            !taken) {
          return taken;
        }
      }
      if (flush == Z_FINISH ? status == Z_STREAM_END : stream.avail_out > 0) {
        return {};
      }
    }
  }

  // One block is kept back so that the last one can say that it is the last.
  Result<void> store(std::string_view bytes) {
    crc = crc32_z(crc, input_of(bytes), bytes.size());
    total += static_cast<std::uint32_t>(bytes.size());
    while (!bytes.empty()) {
      if (block.size() == kStoredBlockBytes) {
        if (Result<void> taken = emit_block(false); !taken) {
          return taken;
        }
      }
      const std::size_t room = std::min(bytes.size(), kStoredBlockBytes - block.size());
      block.append(bytes.substr(0, room));
      bytes.remove_prefix(room);
    }
    return {};
  }

  Result<void> emit_block(bool last) {
    const auto length = static_cast<std::uint32_t>(block.size());
    pending.push_back(last ? '\x01' : '\x00');
    append_little_endian(pending, length, 2);
    append_little_endian(pending, ~length, 2);
    pending += block;
    block.clear();
    Result<void> taken;
    if (last || pending.size() >= kOutputBytes) {
      taken = sink(std::exchange(pending, {}));
    }
    return taken;
  }

  Result<void> finish_stored() {
    if (Result<void> taken = emit_block(true); !taken) {
      return taken;
    }
    std::string trailer;
    append_little_endian(trailer, static_cast<std::uint32_t>(crc), 4);
    append_little_endian(trailer, total, 4);
    return sink(trailer);
  }

  int level;
  ByteSink sink;
  z_stream stream{};
  gz_header header{.os = 255};
  std::vector<Bytef> output;
  // level 0 only
  uLong crc = 0;
  std::uint32_t total = 0;  // modulo 2^32, as the trailer wants it
  std::string block;
  std::string pending;
};

GzipCompressor::GzipCompressor(int level, ByteSink sink)
    : state_(std::make_unique<State>(level, std::move(sink))) {}
GzipCompressor::GzipCompressor(GzipCompressor&&) noexcept = default;
GzipCompressor& GzipCompressor::operator=(GzipCompressor&&) noexcept = default;
GzipCompressor::~GzipCompressor() = default;

Result<void> GzipCompressor::write(std::string_view bytes) {
  if (state_->level == 0) {
    return state_->store(bytes);
  }
  while (!bytes.empty()) {
    if (Result<void> taken = state_->deflate_all(take_front(bytes), Z_NO_FLUSH); !taken) {
      return taken;
    }
  }
  return {};
}

Result<void> GzipCompressor::finish() {
  return state_->level == 0 ? state_->finish_stored() : state_->deflate_all({}, Z_FINISH);
}

struct GzipDecompressor::State {
  State(std::uint64_t max_bytes, ByteSink wanted_sink)
      : left(max_bytes), sink(std::move(wanted_sink)), output(kOutputBytes) {
    OCIBENCH_ASSERT(inflateInit2(&stream, kGzipWindowBits) == Z_OK);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { inflateEnd(&stream); }

  Result<void> inflate_all(std::string_view bytes) {
    stream.next_in = input_of(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
      if (!within_member) {
        inflateReset(&stream);
        within_member = true;
      }
      stream.next_out = output.data();
      stream.avail_out = static_cast<uInt>(output.size());
      const int status = ::inflate(&stream, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        return fail(ErrorCode::bad_input,
                    fmt::format("not valid gzip: {}", stream.msg ? stream.msg : "damaged"));
      }
      within_member = status != Z_STREAM_END;
      if (Result<void> taken = deliver(output.size() - stream.avail_out); !taken) {
        return taken;
      }
    } while (stream.avail_in > 0 || stream.avail_out == 0);
    return {};
  }

  Result<void> deliver(std::size_t made) {
    if (made > left) {
      return fail(ErrorCode::limit, "the gzip stream unpacks to more than is allowed");
    }
    left -= made;
    return made == 0 ? Result<void>{} : sink({reinterpret_cast<const char*>(output.data()), made});
  }

  std::uint64_t left;
  ByteSink sink;
  std::vector<Bytef> output;
  z_stream stream{};
  bool within_member = true;
};

GzipDecompressor::GzipDecompressor(std::uint64_t max_output_bytes, ByteSink sink)
    : state_(std::make_unique<State>(max_output_bytes, std::move(sink))) {}
GzipDecompressor::GzipDecompressor(GzipDecompressor&&) noexcept = default;
GzipDecompressor& GzipDecompressor::operator=(GzipDecompressor&&) noexcept = default;
GzipDecompressor::~GzipDecompressor() = default;

Result<void> GzipDecompressor::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (Result<void> done = state_->inflate_all(take_front(bytes)); !done) {
      return done;
    }
  }
  return {};
}

Result<void> GzipDecompressor::finish() {
  if (state_->within_member) {
    return fail(ErrorCode::bad_input, "the gzip stream ends early");
  }
  return {};
}

struct GzipFile::State {
  State(Fd wanted_fd, std::filesystem::path wanted_path, int level)
      : fd(std::move(wanted_fd)),
        path(std::move(wanted_path)),
        compressor(level,
                   [this](std::string_view bytes) { return write_whole(fd.get(), bytes, path); }) {}

  Fd fd;
  std::filesystem::path path;
  GzipCompressor compressor;
};

Result<GzipFile> GzipFile::create(const std::filesystem::path& path, int level) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) {
    return fail_errno(fmt::format("cannot create {}", path.string()), errno);
  }
  return GzipFile(std::make_unique<State>(std::move(fd), path, level));
}

GzipFile::GzipFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
GzipFile::GzipFile(GzipFile&&) noexcept = default;
GzipFile& GzipFile::operator=(GzipFile&&) noexcept = default;
GzipFile::~GzipFile() = default;

Result<void> GzipFile::write(std::string_view bytes) { return state_->compressor.write(bytes); }

Result<void> GzipFile::close() {
  Result<void> finished = state_->compressor.finish();
  if (finished && ::close(state_->fd.release()) != 0) {
    return fail_errno(fmt::format("cannot write {}", state_->path.string()), errno);
  }
  return finished;
}

std::string_view zlib_release() { return zlibVersion(); }

}  // namespace ocibench
