#include "agent/target/ecr_registry.hpp"

#include <poll.h>

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/aws/session.hpp"
#include "common/host_name.hpp"
#include "common/log.hpp"
#include "common/oci/client.hpp"
#include "common/text.hpp"

namespace ocibench::agent {
namespace {

/// Waits, or returns at once when it is cancelled.
void pause(std::chrono::milliseconds duration, const Cancellation& cancellation) {
  pollfd event{.fd = cancellation.fd(), .events = POLLIN, .revents = 0};
  ::poll(&event, 1, static_cast<int>(duration.count()));
}

std::string describe(const Result<aws::BlobMounting>& mounting) {
  if (!mounting) {
    return fmt::format("BLOB_MOUNTING unknown: {}", mounting.error().message);
  }
  return *mounting == aws::BlobMounting::enabled ? "BLOB_MOUNTING enabled"
                                                 : "BLOB_MOUNTING disabled";
}

}  // namespace

/// One account in one region, at one address.
struct EcrRegistries::Account {
  Account(std::unique_ptr<aws::Session> its_session, aws::Ecr its_ecr)
      : session(std::move(its_session)), ecr(std::move(its_ecr)) {}

  std::unique_ptr<aws::Session> session;  ///< where `ecr` finds it
  aws::Ecr ecr;
  std::optional<aws::RegistryLogin> login;
};

namespace {

/// The repositories of one run. What was made is deleted with the object at the latest.
class EcrInstance final : public RegistryInstance {
 public:
  EcrInstance(aws::Ecr& ecr, oci::Endpoint endpoint, const RemoteRequest& request,
              std::chrono::milliseconds pace)
      : ecr_(ecr), endpoint_(std::move(endpoint)), prefix_(request.prefix), pace_(pace) {
    identity_.label = fmt::format("namespace {}/{}", endpoint_.host, prefix_);
  }
  ~EcrInstance() override {
    if (const auto removed = remove_images({}); !removed) {
      log_error(removed.error().message);
    }
  }

  Result<void> make(const std::set<std::string>& repositories, const Cancellation& cancellation) {
    const std::uint64_t throttled = ecr_.throttled();
    for (const std::string& name : repositories) {
      if (cancellation.requested()) {
        return fail(ErrorCode::conflict, "interrupted while repositories were made");
      }
      if (!made_.empty()) {
        pause(pace_, cancellation);
      }
      const aws::Outcome<aws::Ecr::Created> created = ecr_.create_repository(name);
      if (!created) {
        if (created.error().maybe_done) {
          made_.push_back(name);  // deleting one that is not there is no error
        }
        return tl::unexpected(created.error().error);
      }
      if (*created == aws::Ecr::Created::was_there) {
        return fail(ErrorCode::conflict,
                    fmt::format("the repository {} is there already: a run must not find what "
                                "another has left",
                                name));
      }
      made_.push_back(name);
    }
    preparation_ = fmt::format("{} repositories made", made_.size());
    note_throttling(preparation_, throttled);
    mounting_ = describe(ecr_.blob_mounting());
    preparation_ += "; " + mounting_;
    return {};
  }

  [[nodiscard]] const oci::Endpoint& endpoint() const override { return endpoint_; }
  [[nodiscard]] const SubjectIdentity& identity() const override { return identity_; }
  [[nodiscard]] pid_t pid() const override { return -1; }
  [[nodiscard]] const std::filesystem::path& storage_directory() const override {
    return storage_directory_;
  }
  [[nodiscard]] std::string preparation() const override { return preparation_; }

  /// Whole repositories, so the images need not be named.
  Result<std::string> remove_images(const std::vector<ExpectedImage>& /*images*/) override {
    const std::uint64_t throttled = ecr_.throttled();
    const Cancellation never;  // also after an interruption nothing may be left
    std::size_t removed = 0;
    while (!made_.empty()) {
      OCIBENCH_ASSERT(belongs_to(made_.back(), prefix_));
      if (const Result<void> gone = ecr_.delete_repository(made_.back()); !gone) {
        const std::size_t left = made_.size();
        made_.clear();  // said once
        return fail(gone.error(), fmt::format("{} repositories are left below {}/{}", left,
                                              endpoint_.host, prefix_));
      }
      made_.pop_back();
      ++removed;
      if (!made_.empty()) {
        pause(pace_, never);
      }
    }
    std::string note = fmt::format("{} repositories deleted with all in them", removed);
    note_throttling(note, throttled);
    return fmt::format("{}; {}", note, mounting_);
  }
  void stop() override {}

 private:
  void note_throttling(std::string& note, std::uint64_t before) const {
    if (const std::uint64_t throttled = ecr_.throttled() - before; throttled > 0) {
      note += fmt::format(", {} calls throttled", throttled);
    }
  }

  aws::Ecr& ecr_;
  const oci::Endpoint endpoint_;
  const std::string prefix_;
  const std::chrono::milliseconds pace_;
  std::vector<std::string> made_;
  std::string preparation_;
  std::string mounting_;  ///< the account's setting: it changes every tool's numbers
  SubjectIdentity identity_;
  const std::filesystem::path storage_directory_;
};

}  // namespace

EcrRegistries::EcrRegistries(aws::Settings settings, const Clock& clock,
                             std::chrono::milliseconds pace)
    : settings_(std::move(settings)), clock_(clock), pace_(pace) {}

EcrRegistries::~EcrRegistries() = default;

/// In the region of the target, before its credentials are known to be for it: see login_to().
Result<EcrRegistries::Account*> EcrRegistries::account_of(const TargetSpec& target) {
  const std::optional<EcrHost> host = parse_ecr_host(target.host);
  if (!host && !is_loopback(target.host)) {
    return fail(ErrorCode::bad_input,
                fmt::format("refused: {} is no registry of Amazon ECR, whose password it would get",
                            printable(target.host, kLongestQuote)));
  }
  const std::string region = host ? host->region : settings_.region;
  if (account_ && (region.empty() || account_->ecr.region() == region)) {
    return account_.get();
  }
  aws::Settings settings = settings_;
  settings.region = region;  // empty: the session finds out
  auto session = std::make_unique<aws::Session>(std::move(settings), clock_);
  Result<aws::Ecr> ecr = aws::Ecr::create(*session);
  if (!ecr) {
    return tl::unexpected(std::move(ecr.error()));
  }
  account_ = std::make_unique<Account>(std::move(session), *std::move(ecr));
  return account_.get();
}

/// The account that the target is of: nobody else is given its password, and nothing is made or
/// deleted in an account because of a target in another.
Result<EcrRegistries::Account*> EcrRegistries::login_to(const TargetSpec& target) {
  Result<Account*> account = account_of(target);
  if (!account) {
    return account;
  }
  std::optional<aws::RegistryLogin>& login = (*account)->login;
  if (!login || login->expires < clock_.wall() + kLeastLifetime) {
    Result<aws::RegistryLogin> fresh = (*account)->ecr.login();
    if (!fresh) {
      return tl::unexpected(std::move(fresh.error()));
    }
    login = *std::move(fresh);
  }
  if (login->registry != target.host) {
    return fail(ErrorCode::conflict,
                fmt::format("the AWS credentials are those of {}, and the target is {}",
                            login->registry, target.host));
  }
  return account;
}

Result<oci::Endpoint> EcrRegistries::reach(const TargetSpec& target, RegistryTransport transport) {
  if (transport == RegistryTransport::plain_http && !is_loopback(target.host)) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("{} is on Amazon ECR, whose password must not go over plain http: leave "
                    "tls = false out of the campaign",
                    target.host));
  }
  const Result<Account*> account = login_to(target);
  if (!account) {
    return tl::unexpected(account.error());
  }
  const aws::RegistryLogin& login = *(*account)->login;
  oci::Endpoint endpoint{
      .host = target.host,
      .scheme = transport == RegistryTransport::tls ? oci::Scheme::https : oci::Scheme::http,
      .credentials = oci::Credentials{login.username, login.password, ""}};
  return oci::Client::create(endpoint)
      .and_then([](oci::Client client) { return client.ping(); })
      .map([&](const oci::ResponseFacts& /*answer*/) { return endpoint; });
}

Result<std::unique_ptr<RegistryInstance>> EcrRegistries::open(const RemoteRequest& request,
                                                              const Cancellation& cancellation) {
  if (auto checked = check_request(request); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  Result<oci::Endpoint> endpoint = reach(request.target, request.transport);
  if (!endpoint) {
    return tl::unexpected(std::move(endpoint.error()));
  }
  auto instance =
      std::make_unique<EcrInstance>(account_->ecr, *std::move(endpoint), request, pace_);
  if (auto made = instance->make(request.repositories, cancellation); !made) {
    return tl::unexpected(std::move(made.error()));
  }
  return std::unique_ptr<RegistryInstance>(std::move(instance));
}

/// By name, whether they are there or not: a role that may only touch its own cannot list.
Result<std::string> EcrRegistries::sweep(const RemoteRequest& request,
                                         const std::vector<ExpectedImage>& /*images*/) {
  if (auto checked = check_request(request); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  const Result<Account*> account = login_to(request.target);
  if (!account) {
    return tl::unexpected(account.error());
  }
  const Cancellation never;
  for (const std::string& name : request.repositories) {
    if (const Result<void> gone = (*account)->ecr.delete_repository(name); !gone) {
      return fail(gone.error(), fmt::format("something is left below {}/{}", request.target.host,
                                            request.prefix));
    }
    pause(pace_, never);
  }
  return std::string("no repository is left");
}

}  // namespace ocibench::agent
