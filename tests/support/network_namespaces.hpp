#pragma once

#include <string>
#include <vector>

namespace ocibench::testing_support {

/// Hosts of their own on one cable each to a switch: network namespaces, veth pairs and a bridge.
/// Everything goes with the object. Needs root and iproute2.
class NetworkNamespaces {
 public:
  /// Whether this machine lets us, for a test that must be skipped otherwise.
  static bool permitted();

  /// Host i (from 0) has the address 198.18.99.(i+1)/24 (RFC 2544: for benchmarks).
  /// Throws std::runtime_error.
  explicit NetworkNamespaces(std::size_t hosts);
  NetworkNamespaces(const NetworkNamespaces&) = delete;
  NetworkNamespaces& operator=(const NetworkNamespaces&) = delete;
  ~NetworkNamespaces();

  [[nodiscard]] std::string address(std::size_t host) const;
  /// What to put before a command so that it runs on that host.
  [[nodiscard]] std::vector<std::string> on(std::size_t host) const;
  /// Puts the calling thread, and those that it starts, on that host. Throws std::runtime_error.
  void enter(std::size_t host) const;

  /// Pulls the plug of that host, and puts it back.
  void cut(std::size_t host);
  void heal(std::size_t host);
  /// What netem(8) does to everything that the host sends: "delay 50ms loss 2%". False where the
  /// kernel has no netem.
  [[nodiscard]] bool disturb(std::size_t host, const std::string& netem);

 private:
  void create() const;
  void remove() const;
  [[nodiscard]] std::string name(std::size_t host) const;

  std::size_t hosts_;
};

}  // namespace ocibench::testing_support
