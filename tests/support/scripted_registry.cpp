#include "tests/support/scripted_registry.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <thread>
#include <utility>

#include <httplib.h>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/file.hpp"
#include "tests/support/registry_process.hpp"

namespace ocibench::testing_support {

struct ScriptedRegistry::Server {
  Script script;
  oci::Scheme scheme = oci::Scheme::http;
  std::optional<TemporaryDirectory> certificate;
  std::unique_ptr<httplib::Server> http;
  int port = 0;
  mutable std::mutex mutex;
  std::vector<ScriptedRequest> requests;
  std::thread thread;

  void answer(const httplib::Request& request, httplib::Response& response) {
    ScriptedRequest seen{request.method, request.target, request.get_header_value("Authorization"),
                         request.body, request.get_header_value("Content-Length")};
    ScriptedAnswer answer;
    {
      const std::lock_guard lock(mutex);
      requests.push_back(seen);
      answer = script(seen);
    }
    response.status = answer.status;
    std::string type = "application/json";
    for (const auto& [name, value] : answer.headers) {
      if (name == "Content-Type") {
        type = value;
      } else {
        response.set_header(name, value);
      }
    }
    response.set_content(answer.body, type);
  }
};

ScriptedRegistry::ScriptedRegistry(Script script, oci::Scheme scheme)
    : server_(std::make_unique<Server>()) {
  server_->script = std::move(script);
  server_->scheme = scheme;
  if (scheme == oci::Scheme::http) {
    server_->http = std::make_unique<httplib::Server>();
  } else {
    server_->certificate = TemporaryDirectory::create("/tmp", "scripted-registry-").value();
    const std::string folder = server_->certificate->path().string();
    OCIBENCH_ASSERT(make_certificate(folder));
    server_->http = std::make_unique<httplib::SSLServer>((folder + "/cert.pem").c_str(),
                                                         (folder + "/key.pem").c_str());
    OCIBENCH_ASSERT(server_->http->is_valid());
  }
  const auto handler = [server = server_.get()](const httplib::Request& request,
                                                httplib::Response& response) {
    server->answer(request, response);
  };
  server_->http->Get(".*", handler);
  server_->http->Post(".*", handler);
  server_->http->Put(".*", handler);
  server_->http->Patch(".*", handler);
  server_->http->Delete(".*", handler);
  server_->http->set_keep_alive_timeout(1);
  server_->port = server_->http->bind_to_any_port("127.0.0.1");
  OCIBENCH_ASSERT(server_->port > 0);
  server_->thread = std::thread([server = server_.get()] { server->http->listen_after_bind(); });
}

ScriptedRegistry::~ScriptedRegistry() {
  // stop() before the thread has got to listening would be lost.
  while (!server_->http->is_running()) {
    std::this_thread::yield();
  }
  server_->http->stop();
  server_->thread.join();
}

oci::Endpoint ScriptedRegistry::endpoint() const {
  return {.host = host(),
          .scheme = server_->scheme,
          .ca_file = server_->certificate ? server_->certificate->path() / "cert.pem"
                                          : std::filesystem::path()};
}

std::string ScriptedRegistry::host() const { return "127.0.0.1:" + std::to_string(server_->port); }

std::vector<ScriptedRequest> ScriptedRegistry::requests() const {
  const std::lock_guard lock(server_->mutex);
  return server_->requests;
}

struct RawServer::Listener {
  std::function<RawAnswers(std::size_t connection)> answers;
  AfterAnswer after = AfterAnswer::close;
  std::optional<Slowly> slowly;
  Fd socket;
  Fd stop{::eventfd(0, EFD_CLOEXEC)};
  int port = 0;
  std::thread thread;

  Listener() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    OCIBENCH_ASSERT(::bind(socket.get(), generic, size) == 0);
    OCIBENCH_ASSERT(::listen(socket.get(), SOMAXCONN) == 0);
    OCIBENCH_ASSERT(::getsockname(socket.get(), generic, &size) == 0);
    port = ntohs(address.sin_port);
  }

  void begin() {
    thread = std::thread([this] { serve(); });
  }

  /// False when the server goes away.
  [[nodiscard]] bool wait(std::chrono::milliseconds duration) const {
    pollfd event{.fd = stop.get(), .events = POLLIN, .revents = 0};
    return ::poll(&event, 1, static_cast<int>(duration.count())) == 0;
  }

  static bool send_all(const Fd& peer, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (wrote <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }

  /// All of it: a connection that is closed before may be reset, and lose the answer.
  static bool take_request(const Fd& peer) {
    std::string request;
    std::size_t wanted = 0;
    while (wanted == 0 || request.size() < wanted) {
      std::array<char, 4096> bytes{};
      const ssize_t got = ::recv(peer.get(), bytes.data(), bytes.size(), 0);
      if (got <= 0) {
        return false;
      }
      request.append(bytes.data(), static_cast<std::size_t>(got));
      const std::size_t head = request.find("\r\n\r\n");
      const std::size_t length = request.find("Content-Length: ");
      if (wanted == 0 && head != std::string::npos) {
        wanted = head + 4 + (length < head ? std::stoul(request.substr(length + 16)) : 0);
      }
    }
    return true;
  }

  void answer(const Fd& peer, std::string_view bytes) const {
    const std::size_t first = slowly ? slowly->at_once_bytes : bytes.size();
    bool connected = send_all(peer, bytes.substr(0, first));
    bytes.remove_prefix(std::min(first, bytes.size()));
    while (connected && !bytes.empty() && wait(std::chrono::milliseconds(50))) {
      const std::string_view step = bytes.substr(0, slowly->then_bytes);
      connected = send_all(peer, step);
      bytes.remove_prefix(step.size());
    }
  }

  void serve() {
    for (std::size_t connection = 0;; ++connection) {
      const Fd peer(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) {
        return;  // shut down
      }
      for (const std::string& bytes : answers(connection)) {
        if (!take_request(peer)) {
          break;
        }
        answer(peer, bytes);
      }
      std::array<char, 4096> request{};
      while (after == AfterAnswer::stay_silent &&
             ::recv(peer.get(), request.data(), request.size(), 0) > 0) {
      }
    }
  }
};

RawServer::RawServer(std::string bytes, AfterAnswer after)
    : listener_(std::make_unique<Listener>()) {
  listener_->answers = [bytes = std::move(bytes)](std::size_t) { return RawAnswers{bytes}; };
  listener_->after = after;
  listener_->begin();
}

RawServer::RawServer(std::string bytes, Slowly slowly) : listener_(std::make_unique<Listener>()) {
  listener_->answers = [bytes = std::move(bytes)](std::size_t) { return RawAnswers{bytes}; };
  listener_->slowly = slowly;
  listener_->begin();
}

RawServer::RawServer(std::vector<RawAnswers> connections)
    : listener_(std::make_unique<Listener>()) {
  listener_->answers = [connections = std::move(connections)](std::size_t connection) {
    return connection < connections.size() ? connections[connection] : RawAnswers{};
  };
  listener_->begin();
}

RawServer::~RawServer() {
  ::eventfd_write(listener_->stop.get(), 1);
  ::shutdown(listener_->socket.get(), SHUT_RDWR);
  listener_->thread.join();
}

oci::Endpoint RawServer::endpoint() const {
  return {.host = "127.0.0.1:" + std::to_string(listener_->port), .scheme = oci::Scheme::http};
}

}  // namespace ocibench::testing_support
