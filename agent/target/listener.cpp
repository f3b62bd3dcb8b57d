#include "agent/target/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint64_t kMaxSocketTableBytes = 64 * kMiB;
constexpr std::string_view kListening = "0A";  // TCP_LISTEN

/// The inodes of the sockets that listen on `port`, as "socket:[4711]".
std::set<std::string> listening_sockets(std::uint16_t port) {
  const std::string suffix = fmt::format(":{:04X}", port);
  std::set<std::string> sockets;
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines(read_file(table, kMaxSocketTableBytes).value_or(""));
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
          timeout >> inode;
      if (state == kListening && local.ends_with(suffix)) {
        sockets.insert(fmt::format("socket:[{}]", inode));
      }
    }
  }
  return sockets;
}

}  // namespace

Result<std::uint16_t> free_loopback_port() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), generic, size) != 0 ||
      ::getsockname(socket.get(), generic, &size) != 0) {
    return fail_errno("cannot get a port of 127.0.0.1", errno);
  }
  return ntohs(address.sin_port);
}

bool listens_on(pid_t pid, std::uint16_t port) {
  const std::set<std::string> sockets = listening_sockets(port);
  std::error_code error;
  std::filesystem::directory_iterator descriptors(fmt::format("/proc/{}/fd", pid), error);
  for (; !error && descriptors != std::filesystem::directory_iterator();
       descriptors.increment(error)) {
    std::error_code closed_meanwhile;
    const auto target = std::filesystem::read_symlink(descriptors->path(), closed_meanwhile);
    if (!closed_meanwhile && sockets.contains(target.string())) {
      return true;
    }
  }
  return false;
}

}  // namespace ocibench::agent
