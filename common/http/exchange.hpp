#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "common/byte_stream.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/http/connection.hpp"

namespace ocibench::http {

/// Where the body of a 200 goes.
enum class Delivery { pushed, pulled };

/// One exchange on one libcurl handle while it runs: the options it needs and what the callbacks
/// see. The first error wins and ends it. Lives at one address for as long as the handle runs.
class Exchange {
 public:
  /// Requires: `easy` outlives this; `request.url` is valid.
  Exchange(CURL* easy, const Settings& settings, Request request, Delivery delivery);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  /// Opens the request's body if it has one. Errors: the source's.
  Result<void> begin();

  /// Fills the front of `buffer` with what has arrived, and lets what comes next go behind it until
  /// the buffer is taken back. What has no room waits here, at most about a receive buffer of it.
  void lend(std::span<char> buffer);
  /// How much of the lent buffer is filled.
  std::size_t take_back();
  /// Whether there is something to read.
  [[nodiscard]] bool has_body() const { return filled_ > 0 || !waiting_.empty(); }
  /// Goes on with a transfer that was paused because nobody read.
  void resume();

  /// Errors: timeout (Settings::answer_timeout).
  Result<void> check_deadline();
  /// For how long nothing but the network need be waited for.
  [[nodiscard]] int longest_wait_ms() const;

  /// Errors: those of Connection::send.
  Result<void> finish(CURLcode code);
  /// What the answer is so far. Once: its headers and body are given away.
  Response take_response();

 private:
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* exchange);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* exchange);
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* exchange);
  static int on_seek(void* exchange, curl_off_t offset, int origin);

  bool refuse(Error what);
  bool take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  std::size_t keep_for_reader(std::string_view bytes);
  bool open_source();
  [[nodiscard]] int status() const;
  void set_method();
  void set_callbacks();
  void set_transport(const Settings& settings);
  void set_headers();

  CURL* easy_;
  Request request_;
  Delivery delivery_;
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_;
  std::string detail_;  ///< libcurl's own words about a failure
  Response response_;
  ByteSource source_;
  std::size_t header_bytes_ = 0;
  std::optional<Error> error_;
  std::span<char> room_;
  std::size_t filled_ = 0;
  std::string waiting_;
  bool paused_ = false;
  bool streaming_ = false;  ///< the body has begun and is not kept in memory
  const SystemClock clock_;
  const std::chrono::milliseconds answer_timeout_;
  curl_off_t sent_bytes_ = 0;  ///< of the request's body, when it was looked at last
  MonoTime sent_at_;           ///< when bytes of the request went out last
};

}  // namespace ocibench::http
