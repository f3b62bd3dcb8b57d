#include "common/http/url.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

#include "common/text.hpp"

namespace ocibench::http {
namespace {

constexpr std::size_t kLongestUrlShown = 300;

using UrlHandle = std::unique_ptr<CURLU, void (*)(CURLU*)>;

std::string url_part(CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) {
    return {};
  }
  const std::unique_ptr<char, void (*)(void*)> owner(text, &curl_free);
  return text;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

}  // namespace

Result<UrlParts> parse_url(std::string_view url) {
  const UrlHandle handle(curl_url(), &curl_url_cleanup);
  const std::string text(url);
  if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return fail(ErrorCode::bad_input, fmt::format("\"{}\" is no URL", printable_url(url)));
  }
  UrlParts parts{.scheme = url_part(handle.get(), CURLUPART_SCHEME),
                 .host = lower_case(url_part(handle.get(), CURLUPART_HOST))};
  if (parts.scheme != "http" && parts.scheme != "https") {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is neither http nor https", printable_url(url)));
  }
  const std::string port = url_part(handle.get(), CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  if (!port.empty()) {
    parts.host += ":" + port;
  }
  return parts;
}

Result<std::string> resolve_url(std::string_view base, std::string_view location) {
  if (location.find("://") != std::string_view::npos &&
      location.find("://") < location.find_first_of("/?#")) {
    return std::string(location);
  }
  const UrlHandle handle(curl_url(), &curl_url_cleanup);
  const std::string from(base);
  const std::string to(location);
  if (location.empty() || curl_url_set(handle.get(), CURLUPART_URL, from.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, to.c_str(), 0) != CURLUE_OK) {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no location", printable_url(location)));
  }
  return url_part(handle.get(), CURLUPART_URL);
}

Result<std::string> next_url(std::string_view from, std::string_view location) {
  Result<std::string> target = resolve_url(from, location);
  const Result<UrlParts> there =
      target.and_then([](const std::string& url) { return parse_url(url); });
  const Result<UrlParts> here = parse_url(from);
  if (!there || !here) {
    return tl::unexpected(there ? here.error() : there.error());
  }
  if (here->scheme == "https" && there->scheme != "https") {
    return fail(ErrorCode::unavailable,
                fmt::format("leads from https to plain http ({})", printable_url(*target)));
  }
  return target;
}

std::string printable_url(std::string_view url) {
  std::string shown(url.substr(0, std::min(url.find_first_of("?#"), kLongestUrlShown)));
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace ocibench::http
