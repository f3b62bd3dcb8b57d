#include "common/aws/xml.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/text.hpp"

namespace ocibench::aws {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};

std::string decoded(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const auto* const entity = std::ranges::find_if(
        kEntities, [&](const auto& each) { return text.starts_with(each.first); });
    if (entity != kEntities.end()) {
      plain += entity->second;
      text.remove_prefix(entity->first.size());
    } else {
      plain += text.front();
      text.remove_prefix(1);
    }
  }
  return plain;
}

}  // namespace

std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const std::string close = fmt::format("</{}>", name);
  std::vector<std::string_view> elements;
  for (;;) {
    const std::size_t begin = xml.find(open);
    const std::size_t end =
        begin == std::string_view::npos ? begin : xml.find(close, begin + open.size());
    if (end == std::string_view::npos) {
      return elements;
    }
    elements.push_back(xml.substr(begin + open.size(), end - begin - open.size()));
    xml.remove_prefix(end + close.size());
  }
}

std::string xml_text(std::string_view xml, std::string_view name) {
  const std::vector<std::string_view> all = xml_elements(xml, name);
  return all.empty() ? std::string() : decoded(all.front());
}

std::string_view document_element(std::string_view xml) {
  xml = trimmed(xml);
  if (xml.starts_with("<?xml")) {
    const std::size_t end = xml.find("?>");
    xml = end == std::string_view::npos ? std::string_view{} : trimmed(xml.substr(end + 2));
  }
  return xml;
}

bool is_whole_document(std::string_view xml) {
  xml = document_element(xml);
  const std::size_t end = xml.find_first_of(" \t\r\n>");
  return xml.starts_with('<') && end != std::string_view::npos &&
         xml.ends_with(fmt::format("</{}>", xml.substr(1, end - 1)));
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto* const entity =
        std::ranges::find_if(kEntities, [c](const auto& each) { return each.second == c; });
    if (entity != kEntities.end()) {
      escaped += entity->first;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace ocibench::aws
