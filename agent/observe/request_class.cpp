#include "agent/observe/request_class.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace ocibench::agent {
namespace {

constexpr std::string_view kRoot = "/v2/";

/// Undoes percent-encoding (RFC 3986, 2.1); what is none of it stays as it is.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint8_t byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// Takes the last word off a path: "lib/a/manifests/1" gives "1" and leaves "lib/a/manifests".
std::string_view take_last(std::string_view& path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view last = slash == path.npos ? path : path.substr(slash + 1);
  path = slash == path.npos ? std::string_view() : path.substr(0, slash);
  return last;
}

bool take_suffix(std::string_view& path, std::string_view suffix) {
  if (!path.ends_with(suffix)) {
    return false;
  }
  path.remove_suffix(suffix.size());
  return true;
}

bool has_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (pair.substr(0, pair.find('=')) == name) {
      return true;
    }
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
  }
  return false;
}

RequestClass manifest_request(std::string_view method) {
  if (method == "HEAD") {
    return RequestClass::manifest_head;
  }
  if (method == "GET") {
    return RequestClass::manifest_get;
  }
  return method == "PUT" ? RequestClass::manifest_put : RequestClass::other;
}

RequestClass blob_request(std::string_view method) {
  if (method == "HEAD") {
    return RequestClass::blob_head;
  }
  return method == "GET" ? RequestClass::blob_get : RequestClass::other;
}

RequestClass session_request(std::string_view method) {
  if (method == "PATCH") {
    return RequestClass::upload_patch;
  }
  return method == "PUT" ? RequestClass::upload_put : RequestClass::other;
}

RequestClass start_request(std::string_view method, std::string_view query) {
  if (method != "POST") {
    return RequestClass::other;
  }
  return has_parameter(query, "mount") ? RequestClass::mount : RequestClass::upload_start;
}

/// `path` is what comes after /v2/.
RegistryCall classify_endpoint(std::string_view method, std::string_view path,
                               std::string_view query) {
  std::string_view name = path;
  if (take_suffix(name, "/blobs/uploads/") || take_suffix(name, "/blobs/uploads")) {
    return {start_request(method, query), std::string(name), ""};
  }
  if (take_suffix(name, "/tags/list")) {
    return {method == "GET" ? RequestClass::tag_list : RequestClass::other, std::string(name), ""};
  }
  const std::string_view last = take_last(name);
  if (take_suffix(name, "/blobs/uploads")) {
    return {session_request(method), std::string(name), ""};
  }
  if (take_suffix(name, "/manifests")) {
    return {manifest_request(method), std::string(name), decoded(last)};
  }
  if (take_suffix(name, "/blobs")) {
    return {blob_request(method), std::string(name), decoded(last)};
  }
  if (take_suffix(name, "/referrers")) {
    return {method == "GET" ? RequestClass::referrers : RequestClass::other, std::string(name),
            decoded(last)};
  }
  return {};
}

bool is_token_service(std::string_view path) {
  const std::string_view last = take_last(path);
  return last == "token" || last == "auth";
}

}  // namespace

RegistryCall classify(std::string_view method, std::string_view target) {
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  if (path == kRoot || path == "/v2") {
    return {method == "GET" || method == "HEAD" ? RequestClass::ping : RequestClass::other, "", ""};
  }
  RegistryCall call;
  if (path.starts_with(kRoot)) {
    call = classify_endpoint(method, path.substr(kRoot.size()), query);
  }
  if (call.repository.empty() && is_token_service(path)) {
    call.request = RequestClass::token;
  }
  return call;
}

}  // namespace ocibench::agent
