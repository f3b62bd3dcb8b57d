#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/bounded_archive.hpp"

// How leaves and containers lie on the wire, for BoundedReader and for every output archive that
// has put() and put_count(). They stand in for cereal/types/*, which must not be included here.

namespace ocibench::protocol {

template <class Archive, class T>
concept Puts = requires(Archive& archive, const T& value) { archive.put(value); };
template <class Archive>
concept Sink = requires(Archive& archive) { archive.put_count(std::size_t{}); };
template <class Archive>
concept Fields = requires(Archive& archive) { archive.enter_field(""); };

template <class T, class Archive>
  requires Puts<Archive, T>
void save(Archive& archive, const T& value) {
  archive.put(value);
}

template <class T>
  requires requires(BoundedReader& reader, T& value) { reader.get(value); }
void load(BoundedReader& reader, T& value) {
  reader.get(value);
}

template <Fields Archive, class T>
void serialize(Archive& archive, cereal::NameValuePair<T>& field) {
  archive.enter_field(field.name);
  archive(field.value);
}

/// What the smallest T takes: all strings and lists empty, every optional absent.
template <class T>
std::size_t least_bytes() {
  static const std::size_t kBytes = [] {
    std::string encoded;
    BoundedWriter writer(encoded);
    writer(T{});
    return std::max<std::size_t>(encoded.size(), 1);
  }();
  return kBytes;
}

template <Sink Archive, class T>
void save(Archive& archive, const std::vector<T>& list) {
  archive.put_count(list.size());
  for (const T& element : list) {
    archive(element);
  }
}

template <class T>
void load(BoundedReader& reader, std::vector<T>& list) {
  list.resize(reader.get_count(least_bytes<T>()));
  for (T& element : list) {
    reader(element);
  }
}

template <Sink Archive, class Key, class T>
void save(Archive& archive, const std::map<Key, T>& map) {
  archive.put_count(map.size());
  for (const auto& [key, value] : map) {
    archive(key, value);
  }
}

template <class Key, class T>
void load(BoundedReader& reader, std::map<Key, T>& map) {
  const std::size_t count = reader.get_count(least_bytes<Key>() + least_bytes<T>());
  for (std::size_t i = 0; i < count; ++i) {
    Key key;
    T value;
    reader(key, value);
    // One form per value: what was decoded encodes to the same bytes again.
    if (!map.empty() && key <= map.rbegin()->first) {
      reader.refuse("keys are not in ascending order");
    }
    map.emplace_hint(map.end(), std::move(key), std::move(value));
  }
}

template <Sink Archive, class T>
void save(Archive& archive, const std::optional<T>& value) {
  archive(value.has_value());
  if (value) {
    archive(*value);
  }
}

template <class T>
void load(BoundedReader& reader, std::optional<T>& value) {
  bool present = false;
  reader(present);
  value.reset();
  if (present) {
    reader(value.emplace());
  }
}

template <Sink Archive, class... Ts>
void save(Archive& archive, const std::variant<Ts...>& value) {
  archive(static_cast<std::uint8_t>(value.index()));
  std::visit([&archive](const auto& alternative) { archive(alternative); }, value);
}

template <class... Ts>
void load(BoundedReader& reader, std::variant<Ts...>& value) {
  const std::uint8_t index = reader.get_below(sizeof...(Ts));
  std::uint8_t at = 0;
  (void)((at++ == index && (reader(value.template emplace<Ts>()), true)) || ...);
}

}  // namespace ocibench::protocol

// cereal has a raw, unchecked way for enums; ours takes precedence.
template <class Archive, ocibench::protocol::WireEnum Enum>
struct cereal::specialize<Archive, Enum, cereal::specialization::non_member_load_save> {};
