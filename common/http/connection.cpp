#include "common/http/connection.hpp"

#include <utility>

#include <curl/curl.h>

#include "common/http/exchange.hpp"
#include "common/http/url.hpp"

namespace ocibench::http {
namespace {

constexpr long kMostConnections = 8;  // kept: registry, token server, storage

using Easy = std::unique_ptr<CURL, void (*)(CURL*)>;
using Multi = std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)>;

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::patch: return "PATCH";
    case Method::put: return "PUT";
    case Method::remove: return "DELETE";
  }
  return "?";
}

std::string_view Response::header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  return found == headers.end() ? std::string_view{} : found->second;
}

/// The handles and the exchange that runs on them. A multi handle although there is one exchange at
/// a time: only that can stop in the middle of a body.
struct Connection::Transport {
  Settings settings;
  Easy easy{nullptr, &curl_easy_cleanup};
  Multi multi{nullptr, &curl_multi_cleanup};
  std::unique_ptr<Exchange> exchange;
  bool running = false;
  Result<void> outcome;

  ~Transport() { give_up(); }

  void give_up() {
    if (exchange) {
      curl_multi_remove_handle(multi.get(), easy.get());
    }
    exchange.reset();
    running = false;
  }

  Result<void> start(const Request& request, Delivery delivery) {
    give_up();
    if (const Result<UrlParts> parts = parse_url(request.url); !parts) {
      return tl::unexpected(parts.error());
    }
    auto fresh = std::make_unique<Exchange>(easy.get(), settings, request, delivery);
    if (Result<void> begun = fresh->begin(); !begun) {
      return begun;
    }
    exchange = std::move(fresh);
    outcome = {};
    running = curl_multi_add_handle(multi.get(), easy.get()) == CURLM_OK;
    OCIBENCH_ASSERT(running);
    return {};
  }

  /// Lets libcurl do what it can without waiting.
  void step() {
    int left = 0;
    const CURLMcode code = curl_multi_perform(multi.get(), &left);
    int queued = 0;
    const CURLMsg* const message = curl_multi_info_read(multi.get(), &queued);
    if (code != CURLM_OK) {
      outcome = fail(ErrorCode::internal, curl_multi_strerror(code));
      running = false;
    } else if (message != nullptr && message->msg == CURLMSG_DONE) {
      outcome = exchange->finish(message->data.result);
      running = false;
    }
  }

  /// Ends an exchange whose answer takes too long.
  void check_deadline() {
    if (Result<void> in_time = exchange->check_deadline(); running && !in_time) {
      outcome = std::move(in_time);
      running = false;
    }
  }

  template <class Condition>
  void run_until(Condition reached) {
    step();
    while (running && !reached()) {
      curl_multi_poll(multi.get(), nullptr, 0, exchange->longest_wait_ms(), nullptr);
      step();
      check_deadline();
    }
  }

  /// Of an exchange that has ended.
  Result<Response> result() {
    Result<Response> response = outcome.map([this] { return exchange->take_response(); });
    give_up();
    return response;
  }
};

Result<Connection> Connection::create(const Settings& settings) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto transport = std::make_unique<Transport>();
  transport->settings = settings;
  transport->easy.reset(curl_easy_init());
  transport->multi.reset(curl_multi_init());
  if (kReady != CURLE_OK || !transport->easy || !transport->multi) {
    return fail(ErrorCode::internal, "libcurl cannot be initialised");
  }
  curl_multi_setopt(transport->multi.get(), CURLMOPT_MAXCONNECTS, kMostConnections);
  return Connection(std::move(transport));
}

Connection::Connection(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Response> Connection::send(const Request& request) {
  return transport_->start(request, Delivery::pushed).and_then([this] {
    transport_->run_until([] { return false; });
    return transport_->result();
  });
}

Result<Response> Connection::open(const Request& request) {
  if (const Result<void> started = transport_->start(request, Delivery::pulled); !started) {
    return tl::unexpected(started.error());
  }
  transport_->run_until([this] { return transport_->exchange->has_body(); });
  if (transport_->running || transport_->exchange->has_body()) {
    return transport_->exchange->take_response();
  }
  return transport_->result();
}

Result<std::size_t> Connection::read(std::span<char> buffer) {
  Exchange* const exchange = transport_->exchange.get();
  if (exchange == nullptr) {
    return 0;  // an empty body ended with open()
  }
  exchange->lend(buffer);
  if (!exchange->has_body() && transport_->running) {
    exchange->resume();
    transport_->run_until([exchange] { return exchange->has_body(); });
  }
  const std::size_t got = exchange->take_back();
  if (got > 0 || transport_->running) {
    return got;
  }
  return transport_->result().map([](const Response& /*answer*/) { return std::size_t{0}; });
}

void Connection::wait(std::chrono::milliseconds duration) {
  curl_multi_poll(transport_->multi.get(), nullptr, 0, static_cast<int>(duration.count()), nullptr);
}

}  // namespace ocibench::http
