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

namespace ocibench::http {

enum class Method { get, head, post, patch, put, remove };  // remove: DELETE
std::string_view to_string(Method method);

/// What becomes of a connection after an answer.
enum class KeepAlive { kept, closed };

/// Whether a proxy that the environment names may be asked; one on loopback never is.
enum class Proxy { as_environment_says, none };

/// A transfer with fewer bytes than this in a second, in either direction and for as long as
/// Settings::idle_timeout, has stalled.
inline constexpr long kStallBytesPerSecond = 1024;

struct Settings {
  std::filesystem::path ca_file;  ///< empty: the system's certificates
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds idle_timeout{0};  ///< see kStallBytesPerSecond; in whole seconds
  /// From the last byte of a request until all of an answer is there that is kept in memory: its
  /// headers, and a body that goes neither to a sink nor to read(). A peer that sends a byte now
  /// and then does not make it longer.
  std::chrono::milliseconds answer_timeout{300'000};
  KeepAlive keep_alive = KeepAlive::kept;
  Proxy proxy = Proxy::as_environment_says;
};

inline constexpr std::size_t kMaxCollectedBytes =
    64 * 1024;  ///< errors, tokens, answers to uploads

struct Request {
  Method method = Method::get;
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  SourceFactory body;                ///< empty: no body
  std::uint64_t body_bytes = 0;
  ByteSink sink;  ///< gets the body of a 200; empty: it is collected
  std::size_t max_collected_bytes = kMaxCollectedBytes;  ///< of a body that goes to no sink
};

struct Response {
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
/// redirects and knows no credentials: that is the business of those who use it. One thread at a
/// time.
class Connection {
 public:
  static Result<Connection> create(const Settings& settings);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Any status is an answer. Errors: unavailable (connection, TLS), timeout (one of Settings'),
  /// limit (headers or body), bad_input (no HTTP, or cut off), io, those of source and sink. They
  /// name neither method nor URL.
  Result<Response> send(const Request& request);

  /// Like send(), but comes back when the body of a 200 begins: it is left to read(). What nobody
  /// reads is given up, with its connection, by the next send() or open().
  Result<Response> open(const Request& request);
  /// The next bytes of that body; 0 is its end. Waits when none has arrived, and holds no more of
  /// the body in memory than a receive buffer or two. Requires: an open() that answered 200.
  Result<std::size_t> read(std::span<char> buffer);

  /// Lets time pass, as a retry asks for.
  void wait(std::chrono::milliseconds duration);

 private:
  struct Transport;
  explicit Connection(std::unique_ptr<Transport> transport);
  std::unique_ptr<Transport> transport_;
};

}  // namespace ocibench::http
