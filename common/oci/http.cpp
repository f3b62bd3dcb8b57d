#include "common/oci/http.hpp"

#include <algorithm>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "common/oci/endpoint.hpp"
#include "common/oci/text.hpp"
#include "common/oci/url.hpp"

namespace ocibench::oci {
namespace {

constexpr long kReceiveBufferBytes = 512 * 1024;  // a third of the CPU of libcurl's default
constexpr long kSendBufferBytes = 2 * 1024 * 1024;
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxHeaders = 200;
constexpr int kStatusOk = 200;

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// One exchange while it runs: what libcurl's callbacks see. The first error wins and ends it.
struct Exchange {
  const HttpRequest* request;
  CURL* easy;
  HttpResponse response;
  ByteSource source;
  std::size_t header_bytes = 0;
  std::optional<Error> error;

  bool refuse(Error what) {
    error = std::move(what);
    return false;
  }

  bool take_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kMaxHeaderBytes || response.headers.size() > kMaxHeaders) {
      return refuse({ErrorCode::limit, "the answer has too many headers"});
    }
    if (line.starts_with("HTTP/")) {  // a 100 came before: what follows is the real answer
      response.headers.clear();
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      response.headers.emplace(lower_case(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    return true;
  }

  bool take_body(std::string_view bytes) {
    response.body_bytes += bytes.size();
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (request->sink && status == kStatusOk) {
      const Result<void> taken = request->sink(bytes);
      return taken || refuse(taken.error());
    }
    if (bytes.size() > request->max_collected_bytes - response.body.size()) {
      return refuse({ErrorCode::limit, fmt::format("the answer is longer than {} bytes",
                                                   request->max_collected_bytes)});
    }
    response.body += bytes;
    return true;
  }

  bool open_source() {
    Result<ByteSource> opened = request->body();
    if (!opened) {
      return refuse(opened.error());
    }
    source = std::move(*opened);
    return true;
  }

  std::size_t give(std::span<char> buffer) {
    const Result<std::size_t> got = source(buffer);
    if (!got) {
      refuse(got.error());
      return CURL_READFUNC_ABORT;
    }
    return *got;
  }
};

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->take_header({bytes, size * count}) ? size * count : 0;
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->take_body({bytes, size * count}) ? size * count : 0;
}

std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* exchange) {
  return static_cast<Exchange*>(exchange)->give({buffer, size * count});
}

// libcurl goes back to the start when a kept-alive connection turned out to be closed.
int on_seek(void* exchange, curl_off_t offset, int origin) {
  const bool to_start = offset == 0 && origin == SEEK_SET;
  return to_start && static_cast<Exchange*>(exchange)->open_source() ? CURL_SEEKFUNC_OK
                                                                     : CURL_SEEKFUNC_CANTSEEK;
}

Error error_of(CURLcode code, const Exchange& exchange, std::string_view detail) {
  if (exchange.error) {
    return *exchange.error;
  }
  std::string message(detail.empty() ? curl_easy_strerror(code) : detail);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return {ErrorCode::timeout, std::move(message)};
  }
  const bool cut_short = code == CURLE_PARTIAL_FILE || code == CURLE_WEIRD_SERVER_REPLY;
  return {cut_short ? ErrorCode::bad_input : ErrorCode::unavailable, std::move(message)};
}

using Easy = std::unique_ptr<CURL, void (*)(CURL*)>;
using Multi = std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)>;
using HeaderList = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

HeaderList header_list(const HttpRequest& request) {
  HeaderList list(nullptr, &curl_slist_free_all);
  const auto append = [&list](const char* line) {
    curl_slist* const longer = curl_slist_append(list.get(), line);
    OCIBENCH_ASSERT(longer != nullptr);
    static_cast<void>(list.release());
    list.reset(longer);
  };
  append("Expect:");  // without it libcurl waits a second for "100 Continue" on every upload
  append("User-Agent: ocibench");
  for (const std::string& header : request.headers) {
    append(header.c_str());
  }
  return list;
}

void set_method(CURL* easy, const HttpRequest& request) {
  switch (request.method) {
    case Method::get: curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); break;
    case Method::head: curl_easy_setopt(easy, CURLOPT_NOBODY, 1L); break;
    case Method::post:
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
      break;
    case Method::put:
      curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body_bytes));
      break;
  }
}

void set_callbacks(CURL* easy, Exchange& exchange) {
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, &exchange);
}

void set_transport(CURL* easy, const HttpSettings& settings) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(settings.connect_timeout.count()));
  const auto idle = std::chrono::ceil<std::chrono::seconds>(settings.idle_timeout);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(idle.count()));
  if (!settings.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
  }
}

std::chrono::nanoseconds microseconds_of(CURL* easy, CURLINFO what) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, what, &value);
  return std::chrono::microseconds(value);
}

void read_facts(CURL* easy, HttpResponse& response) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  response.first_byte = microseconds_of(easy, CURLINFO_STARTTRANSFER_TIME_T);
  response.total = microseconds_of(easy, CURLINFO_TOTAL_TIME_T);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  if (response.headers.contains("retry-after")) {
    response.retry_after = std::chrono::seconds(retry_after);
  }
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
  }
  return "?";
}

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  return found == headers.end() ? std::string_view{} : found->second;
}

struct HttpConnection::Transport {
  HttpSettings settings;
  Easy easy{nullptr, &curl_easy_cleanup};
  Multi idle{nullptr, &curl_multi_cleanup};  // only its poll() is used, to wait
};

Result<HttpConnection> HttpConnection::create(const HttpSettings& settings) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto transport = std::make_unique<Transport>();
  transport->settings = settings;
  transport->easy.reset(curl_easy_init());
  transport->idle.reset(curl_multi_init());
  if (kReady != CURLE_OK || !transport->easy || !transport->idle) {
    return fail(ErrorCode::internal, "libcurl cannot be initialised");
  }
  return HttpConnection(std::move(transport));
}

HttpConnection::HttpConnection(std::unique_ptr<Transport> transport)
    : transport_(std::move(transport)) {}
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;
HttpConnection::~HttpConnection() = default;

Result<HttpResponse> HttpConnection::send(const HttpRequest& request) {
  const Result<UrlParts> parts = parse_url(request.url);
  if (!parts) {
    return tl::unexpected(parts.error());
  }
  CURL* const easy = transport_->easy.get();
  curl_easy_reset(easy);  // keeps connections, the DNS cache and TLS sessions
  Exchange exchange{.request = &request, .easy = easy};
  if (request.body && !exchange.open_source()) {
    return tl::unexpected(*exchange.error);
  }
  char detail[CURL_ERROR_SIZE] = "";
  const HeaderList headers = header_list(request);
  set_transport(easy, transport_->settings);
  set_callbacks(easy, exchange);
  set_method(easy, request);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  if (is_loopback(parts->host)) {
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  if (code != CURLE_OK) {
    return tl::unexpected(error_of(code, exchange, detail));
  }
  read_facts(easy, exchange.response);
  return std::move(exchange.response);
}

void HttpConnection::wait(std::chrono::milliseconds duration) {
  curl_multi_poll(transport_->idle.get(), nullptr, 0, static_cast<int>(duration.count()), nullptr);
}

}  // namespace ocibench::oci
