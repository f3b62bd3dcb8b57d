#include "agent/process/output_capture.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "agent/process/nameless_file.hpp"
#include "common/gzip.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
constexpr int kPipeBytes = 1024 * 1024;  // fewer wakeups; what an unprivileged process may have

}  // namespace

OutputCapture::OutputCapture(std::filesystem::path log, std::uint64_t max_bytes, Pipe pipe, Fd raw)
    : log_(std::move(log)),
      max_bytes_(max_bytes),
      pipe_(std::move(pipe)),
      raw_(std::move(raw)),
      buffer_(kChunk, '\0') {}

Result<OutputCapture> OutputCapture::open(std::filesystem::path log, std::uint64_t max_bytes) {
  Result<Pipe> pipe = Pipe::create();
  if (!pipe) {
    return fail(pipe.error(), log.string());
  }
  Result<Fd> raw = nameless_file(log.has_parent_path() ? log.parent_path() : ".");
  if (!raw) {
    return fail(raw.error(), "keeping a tool's output");
  }
  ::fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(pipe->read_end.get(), F_SETPIPE_SZ, kPipeBytes);
  return OutputCapture(std::move(log), max_bytes, std::move(*pipe), std::move(*raw));
}

void OutputCapture::drain() {
  for (std::size_t taken = 0; taken < kMaxPerDrain && pipe_.read_end;) {
    const ssize_t got = ::read(pipe_.read_end.get(), buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EAGAIN) {
      return;
    }
    if (got <= 0) {
      pipe_.read_end.reset();
      return;
    }
    taken += static_cast<std::size_t>(got);
    keep(std::string_view(buffer_.data(), static_cast<std::size_t>(got)));
  }
}

void OutputCapture::keep(std::string_view bytes) {
  produced_ += bytes.size();
  tail_.append(bytes);
  const std::uint64_t room = full_ ? 0 : max_bytes_ - kept_;
  bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size())));
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(raw_.get(), bytes.data(), bytes.size());
    if (wrote <= 0) {
      full_ = true;  // no space: what follows is counted only
      return;
    }
    kept_ += static_cast<std::uint64_t>(wrote);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

Result<void> OutputCapture::finish() {
  // Once: a pipe holds no more than this, and somebody outside the tree may keep it open.
  drain();
  pipe_.read_end.reset();
  Result<GzipFile> file = GzipFile::create(log_);
  if (!file) {
    return fail(file.error(), log_.string());
  }
  for (std::uint64_t offset = 0; offset < kept_;) {
    const ssize_t got =
        ::pread(raw_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(offset));
    if (got <= 0) {
      return fail_errno("cannot read a tool's output back", got < 0 ? errno : EIO);
    }
    const auto size = static_cast<std::size_t>(got);
    if (auto written = file->write(std::string_view(buffer_.data(), size)); !written) {
      return written;
    }
    offset += size;
  }
  if (kept_ < produced_) {
    const std::string note =
        fmt::format("\n[ocibench: {} more bytes were not kept]\n", produced_ - kept_);
    if (auto written = file->write(note); !written) {
      return written;
    }
  }
  return file->close();
}

}  // namespace ocibench::agent
