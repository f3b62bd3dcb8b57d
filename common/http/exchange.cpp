#include "common/http/exchange.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/host_name.hpp"
#include "common/http/url.hpp"
#include "common/text.hpp"

namespace ocibench::http {
namespace {

constexpr long kReceiveBufferBytes = 512 * 1024;  // a third of the CPU of libcurl's default
constexpr long kSendBufferBytes = 2 * 1024 * 1024;
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxHeaders = 200;
constexpr std::size_t kMaxWaitingBytes = 512 * 1024;  // of a body that is read too slowly
constexpr int kStatusOk = 200;
constexpr std::chrono::milliseconds kLongestWait{1000};  // libcurl's own timers end it earlier

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::chrono::nanoseconds microseconds_of(CURL* easy, CURLINFO what) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, what, &value);
  return std::chrono::microseconds(value);
}

}  // namespace

Exchange::Exchange(CURL* easy, const Settings& settings, Request request, Delivery delivery)
    : easy_(easy),
      request_(std::move(request)),
      delivery_(delivery),
      headers_(nullptr, &curl_slist_free_all),
      detail_(CURL_ERROR_SIZE, '\0'),
      answer_timeout_(settings.answer_timeout),
      sent_at_(clock_.now()) {
  curl_easy_reset(easy_);  // keeps TLS sessions
  set_transport(settings);
  set_callbacks();
  set_method();
  set_headers();
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, detail_.data());
  const Result<UrlParts> parts = parse_url(request_.url);
  if (settings.proxy == Proxy::none || (parts && is_loopback(parts->host))) {
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  }
}

Exchange::~Exchange() { curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, nullptr); }

Result<void> Exchange::begin() {
  if (request_.body && !open_source()) {
    return tl::unexpected(*error_);
  }
  return {};
}

void Exchange::lend(std::span<char> buffer) {
  room_ = buffer;
  filled_ = waiting_.copy(room_.data(), room_.size());
  waiting_.erase(0, filled_);
}

std::size_t Exchange::take_back() {
  room_ = {};
  return std::exchange(filled_, 0);
}

void Exchange::resume() {
  if (std::exchange(paused_, false)) {
    curl_easy_pause(easy_, CURLPAUSE_CONT);
  }
}

Result<void> Exchange::check_deadline() {
  const MonoTime now = clock_.now();
  curl_off_t sent = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &sent);
  if (std::exchange(sent_bytes_, sent) != sent) {
    sent_at_ = now;  // the answer cannot come before the request is there
  }
  if (streaming_ || now - sent_at_ < answer_timeout_) {
    return {};
  }
  return fail(
      ErrorCode::timeout,
      fmt::format("the answer was not complete {} s after the request, the longest for what "
                  "is kept in memory",
                  std::chrono::duration<double>(answer_timeout_).count()));
}

int Exchange::longest_wait_ms() const {
  return static_cast<int>(
      std::clamp(answer_timeout_, std::chrono::milliseconds(1), kLongestWait).count());
}

Result<void> Exchange::finish(CURLcode code) {
  if (code == CURLE_OK) {
    return {};
  }
  if (error_) {
    return tl::unexpected(*error_);
  }
  std::string message = detail_.substr(0, detail_.find('\0'));
  if (message.empty()) {
    message = curl_easy_strerror(code);
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return fail(ErrorCode::timeout, std::move(message));
  }
  const bool cut_short = code == CURLE_PARTIAL_FILE || code == CURLE_WEIRD_SERVER_REPLY;
  return fail(cut_short ? ErrorCode::bad_input : ErrorCode::unavailable, std::move(message));
}

Response Exchange::take_response() {
  response_.status = status();
  response_.first_byte = microseconds_of(easy_, CURLINFO_STARTTRANSFER_TIME_T);
  response_.total = microseconds_of(easy_, CURLINFO_TOTAL_TIME_T);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &retry_after);
  if (response_.headers.contains("retry-after")) {
    response_.retry_after = std::chrono::seconds(retry_after);
  }
  return std::move(response_);
}

std::size_t Exchange::on_header(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->take_header({bytes, size * count}) ? size * count : 0;
}

std::size_t Exchange::on_body(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->take_body({bytes, size * count});
}

std::size_t Exchange::on_read(char* buffer, std::size_t size, std::size_t count, void* exchange) {
  auto* const self = static_cast<Exchange*>(exchange);
  const Result<std::size_t> got = self->source_({buffer, size * count});
  self->sent_at_ = self->clock_.now();  // a source may take its time
  if (!got) {
    self->refuse(got.error());
    return CURL_READFUNC_ABORT;
  }
  return *got;
}

// libcurl goes back to the start when a kept-alive connection turned out to be closed.
int Exchange::on_seek(void* exchange, curl_off_t offset, int origin) {
  const bool to_start = offset == 0 && origin == SEEK_SET;
  return to_start && static_cast<Exchange*>(exchange)->open_source() ? CURL_SEEKFUNC_OK
                                                                     : CURL_SEEKFUNC_CANTSEEK;
}

bool Exchange::refuse(Error what) {
  error_ = std::move(what);
  return false;
}

bool Exchange::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes || response_.headers.size() > kMaxHeaders) {
    return refuse({ErrorCode::limit, "the answer has too many headers"});
  }
  if (line.starts_with("HTTP/")) {  // a 100 came before: what follows is the real answer
    response_.headers.clear();
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers.emplace(lower_case(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return true;
}

/// How many of the bytes were taken; libcurl ends the transfer when it is not all of them.
std::size_t Exchange::take_body(std::string_view bytes) {
  streaming_ = status() == kStatusOk && (delivery_ == Delivery::pulled || request_.sink);
  if (status() == kStatusOk && delivery_ == Delivery::pulled) {
    return keep_for_reader(bytes);
  }
  response_.body_bytes += bytes.size();
  if (status() == kStatusOk && request_.sink) {
    const Result<void> taken = request_.sink(bytes);
    return taken || refuse(taken.error()) ? bytes.size() : 0;
  }
  if (bytes.size() > request_.max_collected_bytes - response_.body.size()) {
    refuse({ErrorCode::limit,
            fmt::format("the answer is longer than {} bytes", request_.max_collected_bytes)});
    return 0;
  }
  response_.body += bytes;
  return bytes.size();
}

std::size_t Exchange::keep_for_reader(std::string_view bytes) {
  if (waiting_.size() >= kMaxWaitingBytes) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  response_.body_bytes += bytes.size();
  const std::size_t fits =
      waiting_.empty() ? bytes.copy(room_.data() + filled_, room_.size() - filled_) : 0;
  filled_ += fits;
  waiting_ += bytes.substr(fits);
  return bytes.size();
}

bool Exchange::open_source() {
  Result<ByteSource> opened = request_.body();
  if (!opened) {
    return refuse(opened.error());
  }
  source_ = std::move(*opened);
  return true;
}

int Exchange::status() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

void Exchange::set_method() {
  switch (request_.method) {
    case Method::get: curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L); break;
    case Method::head: curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L); break;
    case Method::post:
      curl_easy_setopt(easy_, CURLOPT_POST, 1L);
      if (!request_.body) {
        curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, "");
      }
      curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request_.body_bytes));
      break;
    case Method::remove: curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "DELETE"); break;
    case Method::patch: curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "PATCH"); [[fallthrough]];
    case Method::put:
      curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(easy_, CURLOPT_INFILESIZE_LARGE,
                       static_cast<curl_off_t>(request_.body_bytes));
      break;
  }
}

void Exchange::set_callbacks() {
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &on_read);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, &on_seek);
  curl_easy_setopt(easy_, CURLOPT_SEEKDATA, this);
}

void Exchange::set_transport(const Settings& settings) {
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(settings.connect_timeout.count()));
  const auto idle = std::chrono::ceil<std::chrono::seconds>(settings.idle_timeout);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(idle.count()));
  if (settings.keep_alive == KeepAlive::closed) {
    curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  }
  if (!settings.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, settings.ca_file.c_str());
  }
}

void Exchange::set_headers() {
  const auto append = [this](const char* line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line);
    OCIBENCH_ASSERT(longer != nullptr);
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  append("Expect:");  // without it libcurl waits a second for "100 Continue" on every upload
  append("User-Agent: ocibench");
  for (const std::string& header : request_.headers) {
    append(header.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.get());
}

}  // namespace ocibench::http
