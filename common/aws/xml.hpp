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

/// Whether the element that it begins with, after an XML declaration, is closed at its end: that of
/// a document which was cut off is not. Whatever its name: stores that speak S3's language differ
/// in it.
bool is_whole_document(std::string_view xml);

/// The document without blanks around it and without an XML declaration.
std::string_view document_element(std::string_view xml);

/// `text` with entities for what XML reserves.
std::string xml_escaped(std::string_view text);

}  // namespace ocibench::aws
