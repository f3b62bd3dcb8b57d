#pragma once

#include "common/catalog/catalog.hpp"

namespace ocibench::testing_support {

/// The definitions of this source tree, read once.
inline const catalog::Catalog& shipped_catalog() {
  static const catalog::Catalog kCatalog = catalog::Catalog::load(OCIBENCH_SOURCE_DIR).value();
  return kCatalog;
}

}  // namespace ocibench::testing_support
