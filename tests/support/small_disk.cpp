#include "tests/support/small_disk.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "common/fd.hpp"

namespace ocibench::testing_support {
namespace {

constexpr const char* kFiller = "filler";

}  // namespace

bool SmallDisk::permitted() {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("small-disk-" + std::to_string(::getpid()));
  try {
    const SmallDisk tried(folder, 1'000'000);
  } catch (const std::runtime_error&) {
    return false;
  }
  std::filesystem::remove(folder);
  return true;
}

SmallDisk::SmallDisk(std::filesystem::path folder, std::uint64_t bytes)
    : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  const std::string size = "size=" + std::to_string(bytes);
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) != 0) {
    throw std::runtime_error("cannot mount a tmpfs at " + folder_.string());
  }
}

SmallDisk::~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  const Fd file(::open((folder_ / kFiller).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::string block(1 << 16, 'x');
  std::size_t next = block.size();
  while (next > 0) {  // smaller and smaller writes, until not a byte more goes
    const ssize_t written = ::write(file.get(), block.data(), next);
    next = written > 0 ? next : next / 2;
  }
}

void SmallDisk::free() { std::filesystem::remove(folder_ / kFiller); }

}  // namespace ocibench::testing_support
