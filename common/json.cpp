#include "common/json.hpp"

#include <limits>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace ocibench {
namespace {

/// Builds the document while it is parsed, which is where depth and repeated names can be refused.
/// Members are appended without ordered_json's own search, which is linear and would make a
/// hostile object with a million names take hours.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(Json& root, std::size_t max_depth) : root_(root), max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& value) override { return add(std::move(value)); }
  bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (!open_.back().names.insert(name).second) {
      return refuse(ErrorCode::bad_input, fmt::format("the name \"{}\" is there twice", name));
    }
    name_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& exception) override {
    const std::string_view what = exception.what();
    const std::size_t prefix = what.find("] ");
    return refuse(ErrorCode::bad_input,
                  std::string(prefix == std::string_view::npos ? what : what.substr(prefix + 2)));
  }

  [[nodiscard]] const Error& error() const { return error_; }

 private:
  struct Level {
    Json* container;
    std::unordered_set<std::string> names;
  };

  template <class Value>
  bool add(Value&& value) {
    place(Json(std::forward<Value>(value)));
    return true;
  }

  bool open(Json container) {
    if (open_.size() == max_depth_) {
      return refuse(ErrorCode::limit, fmt::format("nested deeper than {} levels", max_depth_));
    }
    open_.push_back({&place(std::move(container)), {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  // A container only grows while it is the innermost one, so pointers to outer ones stay valid.
  Json& place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return root_;
    }
    Json& container = *open_.back().container;
    if (container.is_array()) {
      return container.get_ref<Json::array_t&>().emplace_back(std::move(value));
    }
    auto& members = container.get_ref<Json::object_t&>();
    return members.Json::object_t::Container::emplace_back(std::move(name_), std::move(value))
        .second;
  }

  bool refuse(ErrorCode code, std::string message) {
    error_ = {code, std::move(message)};
    return false;
  }

  Json& root_;
  std::size_t max_depth_;
  std::vector<Level> open_;
  std::string name_;
  Error error_;
};

bool is_signed_integer(const Json& json) {
  return json.is_number_unsigned()
             ? json.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max()
             : json.is_number_integer();
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view origin, JsonLimits limits) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorCode::limit, fmt::format("{}: {} bytes of JSON, more than {}", origin,
                                              text.size(), limits.max_bytes));
  }
  Json root;
  Builder builder(root, limits.max_depth);
  if (!Json::sax_parse(text, &builder)) {
    return fail(builder.error(), origin);
  }
  return root;
}

std::string dump_json(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

JsonObject::JsonObject(const Json& json, std::string path, std::string_view separator)
    : json_(&json), path_(std::move(path)), separator_(separator) {}

Result<JsonObject> JsonObject::open(const Json& json, std::string path) {
  if (!json.is_object()) {
    return fail(ErrorCode::bad_input, fmt::format("{}: expected an object", path));
  }
  return JsonObject(json, std::move(path), ": ");
}

bool JsonObject::has(std::string_view key) const {
  const auto found = json_->find(key);
  return found != json_->end() && !found->is_null();
}

bool JsonObject::is_null(std::string_view key) const {
  const auto found = json_->find(key);
  return found != json_->end() && found->is_null();
}

std::string JsonObject::path_of(std::string_view key) const {
  return fmt::format("{}{}{}", path_, separator_, key);
}

Result<const Json*> JsonObject::member(std::string_view key, std::string_view expected,
                                       bool (*accepts)(const Json&)) const {
  const auto found = json_->find(key);
  if (found == json_->end()) {
    return fail(ErrorCode::bad_input, fmt::format("{}: missing", path_of(key)));
  }
  if (!accepts(*found)) {
    return fail(ErrorCode::bad_input, fmt::format("{}: expected {}", path_of(key), expected));
  }
  return &*found;
}

Result<std::string> JsonObject::text(std::string_view key) const {
  return member(key, "a string", [](const Json& json) { return json.is_string(); })
      .map([](const Json* json) { return json->get<std::string>(); });
}

Result<std::int64_t> JsonObject::integer(std::string_view key) const {
  return member(key, "an integer of 64 bits", is_signed_integer).map([](const Json* json) {
    return json->get<std::int64_t>();
  });
}

Result<std::uint64_t> JsonObject::unsigned_integer(std::string_view key) const {
  return member(key, "a non-negative integer of 64 bits",
                [](const Json& json) {
                  return json.is_number_unsigned() ||
                         (json.is_number_integer() && json.get<std::int64_t>() >= 0);
                })
      .map([](const Json* json) { return json->get<std::uint64_t>(); });
}

Result<double> JsonObject::number(std::string_view key) const {
  return member(key, "a number", [](const Json& json) { return json.is_number(); })
      .map([](const Json* json) { return json->get<double>(); });
}

Result<bool> JsonObject::boolean(std::string_view key) const {
  return member(key, "true or false", [](const Json& json) { return json.is_boolean(); })
      .map([](const Json* json) { return json->get<bool>(); });
}

Result<JsonObject> JsonObject::object(std::string_view key) const {
  return member(key, "an object", [](const Json& json) { return json.is_object(); })
      .map([&](const Json* json) { return JsonObject(*json, path_of(key), "."); });
}

Result<std::vector<JsonObject>> JsonObject::objects(std::string_view key) const {
  const auto array = member(key, "an array", [](const Json& json) { return json.is_array(); });
  if (!array) {
    return tl::unexpected(array.error());
  }
  std::vector<JsonObject> readers;
  for (const Json& item : **array) {
    std::string path = fmt::format("{}[{}]", path_of(key), readers.size());
    if (!item.is_object()) {
      return fail(ErrorCode::bad_input, fmt::format("{}: expected an object", path));
    }
    readers.push_back(JsonObject(item, std::move(path), "."));
  }
  return readers;
}

Result<std::vector<std::string>> JsonObject::texts(std::string_view key) const {
  const auto array = member(key, "an array", [](const Json& json) { return json.is_array(); });
  if (!array) {
    return tl::unexpected(array.error());
  }
  std::vector<std::string> values;
  for (const Json& item : **array) {
    if (!item.is_string()) {
      return fail(ErrorCode::bad_input,
                  fmt::format("{}[{}]: expected a string", path_of(key), values.size()));
    }
    values.push_back(item.get<std::string>());
  }
  return values;
}

Result<std::vector<std::int64_t>> JsonObject::integers(std::string_view key) const {
  const auto array = member(key, "an array", [](const Json& json) { return json.is_array(); });
  if (!array) {
    return tl::unexpected(array.error());
  }
  std::vector<std::int64_t> values;
  for (const Json& item : **array) {
    if (!is_signed_integer(item)) {
      return fail(ErrorCode::bad_input, fmt::format("{}[{}]: expected an integer of 64 bits",
                                                    path_of(key), values.size()));
    }
    values.push_back(item.get<std::int64_t>());
  }
  return values;
}

Result<std::map<std::string, std::string>> JsonObject::text_map(std::string_view key) const {
  const auto object = member(key, "an object", [](const Json& json) { return json.is_object(); });
  if (!object) {
    return tl::unexpected(object.error());
  }
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : (*object)->items()) {
    if (value.is_null()) {
      continue;
    }
    if (!value.is_string()) {
      return fail(ErrorCode::bad_input,
                  fmt::format("{}.{}: expected a string", path_of(key), name));
    }
    values.emplace(name, value.get<std::string>());
  }
  return values;
}

}  // namespace ocibench
