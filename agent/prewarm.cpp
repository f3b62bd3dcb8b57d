#include "agent/prewarm.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/target/client_pool.hpp"
#include "common/mutex.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

std::string header(const oci::ResponseFacts& facts, const std::string& name) {
  const auto found = facts.headers.find(name);
  std::string value = found == facts.headers.end() ? "" : found->second;
  std::ranges::transform(value, value.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return value;
}

struct TagItem {
  std::string repository;
  std::string tag;
  std::string digest;
};
struct ManifestItem {
  std::string repository;
  std::string digest;
};
struct BlobItem {
  std::string repository;
  BlobInfo blob;
  EdgeCache cache = EdgeCache::unknown;
};

/// Every tag, and every manifest and blob once, in the first repository that has it.
struct Work {
  std::vector<TagItem> tags;
  std::vector<ManifestItem> manifests;
  std::vector<BlobItem> blobs;
};

Work list_work(const ResolvedCorpus& lock) {
  Work work;
  std::set<std::string> seen;
  for (const ResolvedImage& image : lock.images) {
    work.tags.push_back({image.repository, image.tag, image.digest});
    for (const ManifestInfo& manifest : image.manifests) {
      if (seen.insert(manifest.digest).second) {
        work.manifests.push_back({image.repository, manifest.digest});
      }
      for (const BlobInfo& blob : manifest.blobs) {
        if (seen.insert(blob.digest).second) {
          work.blobs.push_back({image.repository, blob});
        }
      }
    }
  }
  return work;
}

class Prewarmer {
 public:
  Prewarmer(const oci::Endpoint& source, const ResolvedCorpus& lock, const TimeBudget& budget)
      : source_(source), budget_(budget), work_(list_work(lock)) {}

  Result<PrewarmReport> run() {
    return read(work_.tags, [this](auto& client, auto& item) { return head_tag(client, item); })
        .and_then([this] {
          return read(work_.manifests,
                      [this](auto& client, auto& item) { return get_manifest(client, item); });
        })
        .and_then([this] {
          return read(work_.blobs,
                      [this](auto& client, auto& item) { return get_blob(client, item); });
        })
        .and_then([this] { return look_again(); })
        .map([this] { return finished(); });
  }

 private:
  template <class Item, class Read>
  Result<void> read(std::vector<Item>& items, const Read& read_one) {
    return read_all(source_, items.size(), [&](oci::Client& client, std::size_t i) {
      return budget_.check().and_then([&] { return read_one(client, items[i]); });
    });
  }

  Result<void> head_tag(oci::Client& client, const TagItem& item) {
    const Result<oci::ManifestHead> head = client.head_manifest(item.repository, item.tag);
    if (!head) {
      return tl::unexpected(head.error());
    }
    note(head->facts);
    if (!head->digest.empty() && head->digest != item.digest) {
      return fail(ErrorCode::conflict,
                  fmt::format("tag moved: {}/{}:{} is {} and was locked as {}", source_.host,
                              item.repository, item.tag, head->digest, item.digest));
    }
    return {};
  }

  Result<void> get_manifest(oci::Client& client, const ManifestItem& item) {
    const Result<oci::FetchedManifest> got = client.get_manifest(item.repository, item.digest);
    if (!got) {
      return tl::unexpected(got.error());
    }
    note(got->facts);
    add_bytes(got->body.size());
    return {};
  }

  Result<void> get_blob(oci::Client& client, BlobItem& item) {
    return fetch_blob(client, item).map([&] { add_bytes(item.blob.size_bytes); });
  }

  Result<void> fetch_blob(oci::Client& client, BlobItem& item) {
    const Result<oci::ResponseFacts> facts = client.get_blob(
        item.repository, item.blob, [this](std::string_view) { return budget_.check(); });
    if (!facts) {
      return tl::unexpected(facts.error());
    }
    note(*facts);
    item.cache = std::max(item.cache, edge_cache(*facts));
    return {};
  }

  /// HEAD is free where GET counts; some stores sign their addresses for GET alone and refuse it.
  Result<void> confirm_blob(oci::Client& client, BlobItem& item) {
    if (const Result<oci::BlobHead> head = client.head_blob(item.repository, item.blob.digest)) {
      note(head->facts);
      item.cache = std::max(item.cache, edge_cache(head->facts));
    }
    return item.cache == EdgeCache::hit ? Result<void>() : fetch_blob(client, item);
  }

  Result<void> look_again() {
    while (report_.passes < kPrewarmPasses) {
      std::vector<BlobItem*> cold;
      for (BlobItem& item : work_.blobs) {
        if (item.cache == EdgeCache::miss) {
          cold.push_back(&item);
        }
      }
      if (cold.empty()) {
        break;
      }
      ++report_.passes;
      if (auto done = read(
              cold, [this](auto& client, BlobItem* item) { return confirm_blob(client, *item); });
          !done) {
        return done;
      }
    }
    return {};
  }

  void note(const oci::ResponseFacts& facts) {
    const MutexLock lock(mutex_);
    if (const std::string pop = header(facts, "x-amz-cf-pop"); !pop.empty()) {
      report_.edges.insert(pop);
    }
    // cf-ray is "<request>-<point of presence>".
    if (const std::string ray = header(facts, "cf-ray"); ray.find('-') != std::string::npos) {
      report_.edges.insert(ray.substr(ray.rfind('-') + 1));
    }
    if (const std::string quota = header(facts, "ratelimit-remaining"); !quota.empty()) {
      report_.quota_remaining = quota;
    }
  }

  void add_bytes(std::uint64_t bytes) {
    const MutexLock lock(mutex_);
    report_.bytes += bytes;
  }

  PrewarmReport finished() {
    report_.manifests = static_cast<std::uint32_t>(work_.manifests.size());
    report_.blobs = static_cast<std::uint32_t>(work_.blobs.size());
    for (const BlobItem& item : work_.blobs) {
      report_.cached_blobs += item.cache == EdgeCache::unknown ? 0 : 1;
      report_.hit_blobs += item.cache == EdgeCache::hit ? 1 : 0;
    }
    return report_;
  }

  const oci::Endpoint& source_;
  const TimeBudget& budget_;
  Work work_;  // each item is touched by one thread at a time
  Mutex mutex_;
  PrewarmReport report_;  // guarded by mutex_ while readers run
};

}  // namespace

EdgeCache edge_cache(const oci::ResponseFacts& facts) {
  const std::string cloudflare = header(facts, "cf-cache-status");
  const std::string x_cache = header(facts, "x-cache");
  const std::string age = header(facts, "age");
  const bool aged = !age.empty() && age.find_first_not_of('0') != std::string::npos;
  if (cloudflare == "hit" || x_cache.find("hit") != std::string::npos || aged) {
    return EdgeCache::hit;
  }
  return cloudflare.empty() && x_cache.empty() && age.empty() ? EdgeCache::unknown
                                                              : EdgeCache::miss;
}

std::string describe(const PrewarmReport& report) {
  std::string text = fmt::format("{} in {} manifests and {} blobs read and verified; ",
                                 format_bytes(report.bytes), report.manifests, report.blobs);
  if (report.cached_blobs == 0) {
    text += "no CDN headers: not applicable";
  } else {
    text += fmt::format("{}: {} of {} blobs are hits at the edge after {} passes",
                        report.hit_blobs == report.cached_blobs ? "warm" : "NOT warm",
                        report.hit_blobs, report.cached_blobs, report.passes);
  }
  if (!report.edges.empty()) {
    text += fmt::format(" ({})", fmt::join(report.edges, ", "));
  }
  if (!report.quota_remaining.empty()) {
    text += fmt::format("; pull quota remaining: {}", report.quota_remaining);
  }
  return text;
}

Result<PrewarmReport> prewarm(const oci::Endpoint& source, const ResolvedCorpus& lock,
                              const TimeBudget& budget) {
  return Prewarmer(source, lock, budget).run();
}

}  // namespace ocibench::agent
