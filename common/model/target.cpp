#include "common/model/target.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/text.hpp"

namespace ocibench {
namespace {

constexpr std::size_t kAccountDigits = 12;
constexpr std::string_view kEcrService = ".dkr.ecr.";

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// What a component of a repository's name may be, also on ECR, which takes no two dashes in a row.
std::string component(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (is_lower(lower) || is_digit(lower)) {
      result += lower;
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
  }
  while (result.ends_with('-')) {
    result.pop_back();
  }
  return result.empty() ? "x" : result;
}

}  // namespace

std::string_view to_string(TargetKind kind) {
  switch (kind) {
    case TargetKind::local: return "local";
    case TargetKind::remote: return "remote";
    case TargetKind::ecr: return "ecr";
  }
  return "unknown";
}

std::string to_string(const TargetSpec& target) {
  return fmt::format("{}/{}", target.host, target.prefix);
}

TargetSpec below(TargetSpec target, std::string_view name) {
  if (target.kind != TargetKind::local) {
    target.prefix += fmt::format("/{}", name);
  }
  return target;
}

std::optional<EcrHost> parse_ecr_host(std::string_view host) {
  const std::size_t service = host.find(kEcrService);
  if (service != kAccountDigits || !std::ranges::all_of(host.substr(0, service), is_digit)) {
    return std::nullopt;
  }
  const std::string_view rest = host.substr(service + kEcrService.size());
  const std::size_t dot = rest.find('.');
  const std::string_view region = rest.substr(0, dot);
  const std::string_view domain = dot == std::string_view::npos ? "" : rest.substr(dot);
  const bool plain =
      std::ranges::all_of(region, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (region.empty() || !plain || (domain != ".amazonaws.com" && domain != ".amazonaws.com.cn")) {
    return std::nullopt;
  }
  return EcrHost{std::string(host.substr(0, service)), std::string(region)};
}

std::string unique_prefix(const TargetSpec& target, std::string_view campaign,
                          std::string_view trial, std::uint32_t attempt, std::uint32_t iteration) {
  return fmt::format("{}/{}/{}-a{}-i{}", target.prefix, component(campaign), component(trial),
                     attempt, iteration);
}

}  // namespace ocibench
