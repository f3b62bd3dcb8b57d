#include "agent/service/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "common/fd.hpp"

namespace ocibench::agent {

Result<void> notify_service(const std::string& socket, std::string_view state) {
  sockaddr_un address{};
  const bool known = socket.starts_with('/') || socket.starts_with('@');
  if (!known || socket.size() < 2 || socket.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::bad_input,
                fmt::format("NOTIFY_SOCKET is \"{}\": neither a path nor an abstract name that "
                            "fits into a socket's address",
                            socket));
  }
  address.sun_family = AF_UNIX;
  std::memcpy(static_cast<char*>(address.sun_path), socket.data(), socket.size());
  if (socket.front() == '@') {
    address.sun_path[0] = '\0';
  }
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  // sockets(7): the generic address type is what sendto takes.
  const auto* const to = reinterpret_cast<const sockaddr*>(&address);
  if (!fd || ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, to, length) < 0) {
    return fail_errno(fmt::format("cannot tell the service manager at {}", socket), errno);
  }
  return {};
}

}  // namespace ocibench::agent
