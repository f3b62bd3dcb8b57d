#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ocibench::testing_support {

/// A block of Terraform's language with what it contains; a file is a block without a type.
struct HclBlock {
  std::string type;                 ///< "resource"
  std::vector<std::string> labels;  ///< "aws_instance", "machine"
  std::size_t line = 0;
  std::map<std::string, std::size_t> attributes;  ///< by name, the line; values are not kept
  std::vector<HclBlock> blocks;
};

/// Reads blocks and the names of attributes; expressions are skipped, with their strings,
/// templates, heredocs and brackets. Throws std::runtime_error with the line of what it cannot
/// read: terraform itself says more. https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
HclBlock parse_hcl(std::string_view text);

}  // namespace ocibench::testing_support
