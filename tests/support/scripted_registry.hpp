#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/oci/endpoint.hpp"

namespace ocibench::testing_support {

struct ScriptedRequest {
  std::string method;
  std::string target;  ///< path and query as sent
  std::string authorization;
  std::string body;
  std::string content_length;  ///< the header, empty when there is none
};

struct ScriptedAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// A registry that says what a test tells it to: for what a real one cannot be made to show. Serves
/// on a loopback port of the kernel's choice until it goes out of scope; with https it has a
/// certificate of its own making, which is the endpoint's ca_file.
class ScriptedRegistry {
 public:
  using Script = std::function<ScriptedAnswer(const ScriptedRequest&)>;

  explicit ScriptedRegistry(Script script, oci::Scheme scheme = oci::Scheme::http);
  ScriptedRegistry(const ScriptedRegistry&) = delete;
  ScriptedRegistry& operator=(const ScriptedRegistry&) = delete;
  ~ScriptedRegistry();

  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::string url() const { return oci::base_url(endpoint()); }
  [[nodiscard]] oci::Endpoint endpoint() const;
  /// What it was asked so far.
  [[nodiscard]] std::vector<ScriptedRequest> requests() const;

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

enum class AfterAnswer { close, stay_silent };

/// Some bytes at once, the others bit by bit.
struct Slowly {
  std::size_t at_once_bytes = 0;
  std::size_t then_bytes = 1;  ///< every 50 ms
};

/// The answers of one connection; after the last one it is closed.
using RawAnswers = std::vector<std::string>;

/// Accepts one connection after the other and sends `bytes`, whatever is asked: for answers that no
/// HTTP library would send.
class RawServer {
 public:
  explicit RawServer(std::string bytes, AfterAnswer after = AfterAnswer::close);
  RawServer(std::string bytes, Slowly slowly);
  /// The n-th connection gets the n-th of these, and those after the last one get nothing.
  explicit RawServer(std::vector<RawAnswers> connections);
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer();
  [[nodiscard]] oci::Endpoint endpoint() const;

 private:
  struct Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace ocibench::testing_support
