#include "coordinator/keys_command.hpp"

#include <poll.h>

#include <algorithm>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/aws/session.hpp"
#include "common/aws/ssm.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "protocol/key_file.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kBetweenLooks{5};

/// The name in a public key file. Errors: bad_input (it is none, or has a secret in it).
Result<std::string> name_in(const std::string& text, const std::string& origin) {
  auto key = protocol::parse_public_key_file(text, origin);
  if (!key) {
    return tl::unexpected(key.error());
  }
  return key->name.str();
}

Result<ExitCode> publish_key(const KeysOptions& options, aws::ParameterStore& store) {
  const Result<std::string> text = read_file(options.file, protocol::kMaxKeyFileBytes);
  if (!text) {
    return fail(ErrorCode::bad_input, text.error().message);
  }
  const Result<std::string> name = name_in(*text, options.file.string());
  if (!name) {
    return tl::unexpected(name.error());
  }
  const std::string parameter = fmt::format("{}/{}", options.path, *name);
  if (const Result<void> put = store.put({parameter, *text}); !put) {
    return tl::unexpected(put.error());
  }
  log_info(fmt::format("the public key of {} is the parameter {}", *name, parameter));
  return ExitCode::valid;
}

/// Key files by name. What is no key, or not filed under its own name, is said and left out: one
/// machine that publishes nonsense must not keep the others out.
std::map<std::string, std::string> keys_among(const std::vector<aws::Parameter>& parameters,
                                              const std::string& path) {
  std::map<std::string, std::string> keys;
  for (const aws::Parameter& each : parameters) {
    const Result<std::string> name = name_in(each.value, "parameter " + each.name);
    if (name && each.name == fmt::format("{}/{}", path, *name)) {
      keys.emplace(*name, each.value);
    } else {
      log_warning(
          name ? fmt::format("parameter {} is not taken: it holds the key of {}", each.name, *name)
               : fmt::format("not taken: {}", name.error().message));
    }
  }
  return keys;
}

/// Files that are as they should be are left alone.
Result<void> store_keys(const std::map<std::string, std::string>& keys, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", folder.string(), error.message()));
  }
  for (const auto& [name, text] : keys) {
    const fs::path file = folder / (name + ".pub");
    if (read_file(file, protocol::kMaxKeyFileBytes).value_or(std::string()) == text) {
      continue;
    }
    if (Result<void> written = write_file_atomically(file, text); !written) {
      return written;
    }
  }
  return {};
}

std::string names_of(const std::map<std::string, std::string>& keys) {
  std::string names;
  for (const auto& [name, text] : keys) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "none" : names;
}

/// False when a signal came instead.
bool let_pass(std::chrono::milliseconds time, const Fd& stop) {
  pollfd entry{.fd = stop.get(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, static_cast<int>(time.count())) == 0;
}

/// Fetches until there are enough keys, time is up or somebody interrupts.
class KeyFetch {
 public:
  KeyFetch(const KeysOptions& options, aws::ParameterStore& store, const Clock& clock)
      : options_(options), store_(store), clock_(clock), deadline_(clock.now() + options.wait) {}

  Result<ExitCode> run(const Fd& stop) {
    for (;;) {
      const Result<std::size_t> count = look();
      const auto left = deadline_ - clock_.now();
      const bool late = left <= std::chrono::nanoseconds::zero();
      // A role is known to all of AWS only some seconds after its instance has started.
      if (!count && (late || count.error().code != ErrorCode::unavailable)) {
        return tl::unexpected(count.error());
      }
      if (count && *count >= options_.expected) {
        return ExitCode::valid;
      }
      if (late) {
        log_error(
            fmt::format("{} of {} keys are below {}", *count, options_.expected, options_.path));
        return ExitCode::incomplete;
      }
      say(count, std::chrono::ceil<std::chrono::seconds>(left));
      const auto pause = std::min<std::chrono::nanoseconds>(left, kBetweenLooks);
      if (!let_pass(std::chrono::ceil<std::chrono::milliseconds>(pause), stop)) {
        return ExitCode::interrupted;
      }
    }
  }

 private:
  Result<std::size_t> look() {
    const auto parameters = store_.below(options_.path);
    if (!parameters) {
      return tl::unexpected(parameters.error());
    }
    const auto keys = keys_among(*parameters, options_.path);
    if (const Result<void> stored = store_keys(keys, options_.output); !stored) {
      return tl::unexpected(stored.error());
    }
    state_ = fmt::format("{} of {} keys in {}: {}", keys.size(), options_.expected,
                         options_.output.string(), names_of(keys));
    if (keys.size() >= options_.expected) {
      log_info(state_);
    }
    return keys.size();
  }

  /// Only what changed: this may go on for an hour.
  void say(const Result<std::size_t>& count, std::chrono::seconds left) {
    const std::string now = count ? state_ : count.error().message;
    if (now != said_) {
      log_info(fmt::format("{}; waiting for up to {} s", now, left.count()));
      said_ = now;
    }
  }

  const KeysOptions& options_;
  aws::ParameterStore& store_;
  const Clock& clock_;
  MonoTime deadline_;
  std::string state_;
  std::string said_;
};

}  // namespace

Result<ExitCode> keys_command(const KeysOptions& options) {
  const Result<Fd> stop = watch_stop_signals();
  if (!stop) {
    return tl::unexpected(stop.error());
  }
  const SystemClock clock;
  aws::Session session(aws::settings_from_environment(), clock);
  auto store = aws::ParameterStore::create(session);
  if (!store) {
    return tl::unexpected(store.error());
  }
  return options.action == KeysOptions::Action::publish
             ? publish_key(options, *store)
             : KeyFetch(options, *store, clock).run(*stop);
}

}  // namespace ocibench::coordinator
