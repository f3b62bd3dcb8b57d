#include "tests/fault/tap.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace ocibench::fault {
namespace {

constexpr std::size_t kBehind = 4096;

bool send_all(int to, std::string_view bytes) {
  return ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

int connect_socket(std::uint16_t port, int how) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | how, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    ::close(fd);
    return -1;
  }
  return fd;
}

}  // namespace

int connect_to(std::uint16_t port) { return connect_socket(port, 0); }
int begin_to_connect_to(std::uint16_t port) { return connect_socket(port, SOCK_NONBLOCK); }

Tap::Tap(std::uint16_t to, Mischief mischief)
    : to_(to), mischief_(mischief), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_.get(), 1);
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { pass_on(); });
}

Tap::~Tap() {
  if (thread_.joinable()) {
    (void)finish();
  }
}

std::string Tap::finish() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  return std::move(heard_);
}

void Tap::pass_on() {
  for (;;) {
    const Fd agent(::accept(listener_.get(), nullptr, nullptr));
    const Fd coordinator(agent ? connect_to(to_) : -1);
    if (!coordinator) {
      return;
    }
    std::array<pollfd, 2> ends{{{agent.get(), POLLIN, 0}, {coordinator.get(), POLLIN, 0}}};
    while (::poll(ends.data(), ends.size(), -1) > 0 &&
           copy(ends[0], coordinator.get(), Speaker::agent) &&
           copy(ends[1], agent.get(), Speaker::coordinator)) {
    }
  }
}

bool Tap::copy(const pollfd& from, int to, Speaker speaker) {
  if ((from.revents & (POLLIN | POLLHUP | POLLERR)) == 0) {
    return true;
  }
  std::array<char, 65536> buffer{};
  const ssize_t got = ::recv(from.fd, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    return false;
  }
  const std::string_view said(buffer.data(), static_cast<std::size_t>(got));
  heard_ += said;
  if (mischief_ == Mischief::replay && speaker == Speaker::agent && heard_.size() > kBehind) {
    mischief_ = Mischief::none;
    return send_all(to, said) && send_all(to, said);
  }
  return send_all(to, said);
}

}  // namespace ocibench::fault
