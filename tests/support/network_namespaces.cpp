#include "tests/support/network_namespaces.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "tests/support/program.hpp"

namespace ocibench::testing_support {
namespace {

constexpr const char* kIp = "/usr/sbin/ip";
constexpr const char* kTc = "/usr/sbin/tc";

bool succeeds(const std::string& command) {
  std::vector<std::string> argv;
  std::istringstream words(command);
  for (std::string word; words >> word;) {
    argv.push_back(word);
  }
  return run_program(std::filesystem::temp_directory_path(), argv).status == 0;
}

void must(const std::string& command) {
  if (!succeeds(command)) {
    throw std::runtime_error("failed: " + command);
  }
}

/// Names of interfaces have 15 characters at most.
std::string bridge() { return fmt::format("ob{}", ::getpid()); }

}  // namespace

bool NetworkNamespaces::permitted() {
  const std::string probe = fmt::format("obprobe{}", ::getpid());
  const bool made = ::geteuid() == 0 && ::access(kIp, X_OK) == 0 &&
                    succeeds(fmt::format("{} netns add {}", kIp, probe));
  // Where the root is no mount point, as in a chroot, ip(8) makes one and can't enter it.
  const bool entered = made && succeeds(fmt::format("{} -n {} link set lo up", kIp, probe));
  if (made) {
    succeeds(fmt::format("{} netns del {}", kIp, probe));
  }
  return entered;
}

NetworkNamespaces::NetworkNamespaces(std::size_t hosts) : hosts_(hosts) {
  try {
    create();
  } catch (const std::runtime_error&) {
    remove();
    throw;
  }
}

NetworkNamespaces::~NetworkNamespaces() { remove(); }

void NetworkNamespaces::create() const {
  // Without IPv6 addresses nobody looks for neighbours and routers: all that is counted on an
  // interface is the test's.
  must(fmt::format("{} link add {} type bridge", kIp, bridge()));
  must(fmt::format("{} link set {} addrgenmode none", kIp, bridge()));
  must(fmt::format("{} link set {} up", kIp, bridge()));
  for (std::size_t i = 0; i < hosts_; ++i) {
    must(fmt::format("{} netns add {}", kIp, name(i)));
    must(fmt::format("{} link add {} type veth peer name eth0 netns {}", kIp, name(i), name(i)));
    must(fmt::format("{} link set {} addrgenmode none", kIp, name(i)));
    must(fmt::format("{} -n {} link set eth0 addrgenmode none", kIp, name(i)));
    must(fmt::format("{} link set {} master {} up", kIp, name(i), bridge()));
    must(fmt::format("{} -n {} addr add {}/24 dev eth0", kIp, name(i), address(i)));
    must(fmt::format("{} -n {} link set eth0 up", kIp, name(i)));
    must(fmt::format("{} -n {} link set lo up", kIp, name(i)));
    must(fmt::format("{} -n {} route add default via 198.18.99.254", kIp, name(i)));
  }
}

void NetworkNamespaces::remove() const {
  for (std::size_t i = 0; i < hosts_; ++i) {
    succeeds(fmt::format("{} link del {}", kIp, name(i)));
    succeeds(fmt::format("{} netns del {}", kIp, name(i)));
  }
  succeeds(fmt::format("{} link del {}", kIp, bridge()));
}

std::string NetworkNamespaces::name(std::size_t host) const {
  return fmt::format("{}h{}", bridge(), host);
}

std::string NetworkNamespaces::address(std::size_t host) const {
  return fmt::format("198.18.99.{}", host + 1);
}

std::vector<std::string> NetworkNamespaces::on(std::size_t host) const {
  return {kIp, "netns", "exec", name(host)};
}

void NetworkNamespaces::enter(std::size_t host) const {
  const Fd network(::open(("/run/netns/" + name(host)).c_str(), O_RDONLY | O_CLOEXEC));
  if (!network || ::setns(network.get(), CLONE_NEWNET) != 0) {
    throw std::runtime_error("cannot enter " + name(host));
  }
}

void NetworkNamespaces::cut(std::size_t host) {
  must(fmt::format("{} link set {} down", kIp, name(host)));
}

void NetworkNamespaces::heal(std::size_t host) {
  must(fmt::format("{} link set {} up", kIp, name(host)));
}

bool NetworkNamespaces::disturb(std::size_t host, const std::string& netem) {
  return succeeds(
      fmt::format("{} -n {} qdisc replace dev eth0 root netem {}", kTc, name(host), netem));
}

}  // namespace ocibench::testing_support
