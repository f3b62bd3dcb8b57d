#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/byte_stream.hpp"
#include "common/error.hpp"

namespace ocibench::oci {

enum class Method { get, head, post, patch, put };
std::string_view to_string(Method method);

/// What becomes of a connection after an answer.
enum class KeepAlive { kept, closed };

struct HttpSettings {
  std::filesystem::path ca_file;  ///< empty: the system's certificates
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds idle_timeout{0};
  KeepAlive keep_alive = KeepAlive::kept;
};

struct HttpRequest {
  Method method = Method::get;
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  SourceFactory body;                ///< empty: no body
  std::uint64_t body_bytes = 0;
  ByteSink sink;                                ///< gets the body of a 200; empty: it is collected
  std::size_t max_collected_bytes = 64 * 1024;  ///< of any body that does not go to the sink
};

struct HttpResponse {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::chrono::nanoseconds first_byte{0};
  std::chrono::nanoseconds total{0};
  std::uint64_t body_bytes = 0;
  std::optional<std::chrono::seconds> retry_after;

  /// The first header of that name, or nothing.
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

/// One exchange after the other over kept-alive connections, HTTP/2 where TLS offers it. Follows no
/// redirects and knows no credentials: that is RegistrySession's business. One thread at a time.
class HttpConnection {
 public:
  static Result<HttpConnection> create(const HttpSettings& settings);
  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  /// Any status is an answer. Errors: unavailable (connection, TLS), timeout, limit (headers or
  /// body), io, those of source and sink. They name neither method nor URL.
  Result<HttpResponse> send(const HttpRequest& request);

  /// Like send(), but comes back when the body of a 200 begins: it is left to read(). What nobody
  /// reads is given up, with its connection, by the next send() or open().
  Result<HttpResponse> open(const HttpRequest& request);
  /// The next bytes of that body; 0 is its end. Waits when none has arrived, and holds no more of
  /// the body in memory than a receive buffer or two. Requires: an open() that answered 200.
  Result<std::size_t> read(std::span<char> buffer);

  /// Lets time pass, as a retry asks for.
  void wait(std::chrono::milliseconds duration);

 private:
  struct Transport;
  explicit HttpConnection(std::unique_ptr<Transport> transport);
  std::unique_ptr<Transport> transport_;
};

}  // namespace ocibench::oci
