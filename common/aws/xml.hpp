#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ocibench::aws {

// As much of XML as S3's answers need: elements by name, no attributes, no nesting of an element in
// one of its own name. Whatever is malformed is not found; nothing is allocated but the results.

/// What is between <name> and </name>, for each of them in order.
std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name);

/// The text of the first of them, entities decoded; empty when there is none.
std::string xml_text(std::string_view xml, std::string_view name);

/// `text` with entities for what XML reserves.
std::string xml_escaped(std::string_view text);

}  // namespace ocibench::aws
