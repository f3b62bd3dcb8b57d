#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace ocibench::catalog {

/// What a template may name: texts as {{name}}, flags as {{#name}}..{{/name}} and
/// {{^name}}..{{/name}}, lists as {{#name}}..{{/name}}, whose elements shadow what is outside.
struct TemplateValues {
  std::map<std::string, std::string> texts;
  std::map<std::string, bool> flags;
  std::map<std::string, std::vector<TemplateValues>> lists;
};

/// Renders a mustache template (mustache(5)) without any escaping. Strict: mustache renders what it
/// does not know as nothing, here it is an error, also inside a section that is not rendered (but
/// for the elements of an empty list). Partials and changes of delimiters are refused. Errors:
/// bad_input with `origin` and the placeholder.
Result<std::string> render_template(std::string_view text, std::string_view origin,
                                    const TemplateValues& values);

}  // namespace ocibench::catalog
