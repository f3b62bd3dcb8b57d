#include "tests/support/scripted_registry.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <utility>

#include <httplib.h>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench::testing_support {

struct ScriptedRegistry::Server {
  Script script;
  httplib::Server http;
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

ScriptedRegistry::ScriptedRegistry(Script script) : server_(std::make_unique<Server>()) {
  server_->script = std::move(script);
  const auto handler = [server = server_.get()](const httplib::Request& request,
                                                httplib::Response& response) {
    server->answer(request, response);
  };
  server_->http.Get(".*", handler);
  server_->http.Post(".*", handler);
  server_->http.Put(".*", handler);
  server_->http.Patch(".*", handler);
  server_->http.Delete(".*", handler);
  server_->http.set_keep_alive_timeout(1);
  server_->port = server_->http.bind_to_any_port("127.0.0.1");
  OCIBENCH_ASSERT(server_->port > 0);
  server_->thread = std::thread([server = server_.get()] { server->http.listen_after_bind(); });
}

ScriptedRegistry::~ScriptedRegistry() {
  // stop() before the thread has got to listening would be lost.
  while (!server_->http.is_running()) {
    std::this_thread::yield();
  }
  server_->http.stop();
  server_->thread.join();
}

std::string ScriptedRegistry::host() const { return "127.0.0.1:" + std::to_string(server_->port); }

std::vector<ScriptedRequest> ScriptedRegistry::requests() const {
  const std::lock_guard lock(server_->mutex);
  return server_->requests;
}

struct RawServer::Listener {
  std::string bytes;
  AfterAnswer after = AfterAnswer::close;
  Fd socket;
  int port = 0;
  std::thread thread;

  void serve() {
    for (;;) {
      const Fd peer(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) {
        return;  // shut down
      }
      std::array<char, 4096> request{};
      if (::recv(peer.get(), request.data(), request.size(), 0) <= 0) {
        continue;
      }
      for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t wrote =
            ::send(peer.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (wrote <= 0) {
          break;
        }
        sent += static_cast<std::size_t>(wrote);
      }
      while (after == AfterAnswer::stay_silent &&
             ::recv(peer.get(), request.data(), request.size(), 0) > 0) {
      }
    }
  }
};

RawServer::RawServer(std::string bytes, AfterAnswer after)
    : listener_(std::make_unique<Listener>()) {
  listener_->bytes = std::move(bytes);
  listener_->after = after;
  listener_->socket = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  OCIBENCH_ASSERT(::bind(listener_->socket.get(), generic, size) == 0);
  OCIBENCH_ASSERT(::listen(listener_->socket.get(), SOMAXCONN) == 0);
  OCIBENCH_ASSERT(::getsockname(listener_->socket.get(), generic, &size) == 0);
  listener_->port = ntohs(address.sin_port);
  listener_->thread = std::thread([listener = listener_.get()] { listener->serve(); });
}

RawServer::~RawServer() {
  ::shutdown(listener_->socket.get(), SHUT_RDWR);
  listener_->thread.join();
}

oci::Endpoint RawServer::endpoint() const {
  return {.host = "127.0.0.1:" + std::to_string(listener_->port), .scheme = oci::Scheme::http};
}

}  // namespace ocibench::testing_support
