#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "common/error.hpp"

namespace ocibench {

/// Takes the next bytes of a stream. Its error stops the producer, which passes the error on.
using ByteSink = std::function<Result<void>(std::string_view)>;

/// Fills the front of the span and says how much; 0 is the end of the stream.
using ByteSource = std::function<Result<std::size_t>(std::span<char>)>;

/// Starts the same stream anew, so that a transfer can be repeated.
using SourceFactory = std::function<Result<ByteSource>()>;

/// Reads `source` to its end into `sink` through one buffer of fixed size.
Result<void> pump(const ByteSource& source, const ByteSink& sink);

/// The whole of `text`, which must outlive the source.
ByteSource source_of(std::string_view text);

}  // namespace ocibench
