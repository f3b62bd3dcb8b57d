#include "agent/target/certificate_authority.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/file.hpp"

namespace ocibench::agent {
namespace {

constexpr long kBackdateSeconds = 3600;             // clocks may differ a little
constexpr long kValiditySeconds = 30L * 24 * 3600;  // no campaign is longer
constexpr int kSerialBits = 127;                    // RFC 5280: at most 20 octets, positive
constexpr const char* kServerNames = "IP:127.0.0.1,DNS:localhost";

struct Deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

tl::unexpected<Error> crypto_error(std::string_view what) {
  std::string reason(256, '\0');
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  return fail(ErrorCode::internal, fmt::format("cannot {}: {}", what, reason.c_str()));
}

Result<Owned<EVP_PKEY>> make_key() {
  Owned<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) {
    return crypto_error("make a key");
  }
  return key;
}

bool set_random_serial(X509* certificate) {
  const Owned<BIGNUM> serial(BN_new());
  return serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_common_name(X509* certificate, const char* name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Version 3, as extensions need it; valid from just before now.
Owned<X509> start_certificate(EVP_PKEY* key, const char* name) {
  Owned<X509> certificate(X509_new());
  const bool good = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    set_random_serial(certificate.get()) &&
                    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdateSeconds) &&
                    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValiditySeconds) &&
                    X509_set_pubkey(certificate.get(), key) == 1 &&
                    set_common_name(certificate.get(), name);
  return good ? std::move(certificate) : nullptr;
}

Result<Owned<X509>> make_authority(EVP_PKEY* key) {
  Owned<X509> certificate = start_certificate(key, "ocibench agent");
  X509* const self = certificate.get();
  if (self == nullptr || X509_set_issuer_name(self, X509_get_subject_name(self)) != 1 ||
      !add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(self, self, NID_key_usage, "critical,keyCertSign") ||
      !add_extension(self, self, NID_subject_key_identifier, "hash") ||
      X509_sign(self, key, EVP_sha256()) == 0) {
    return crypto_error("make a certificate authority");
  }
  return certificate;
}

Result<Owned<X509>> make_server(EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Owned<X509> certificate = start_certificate(key, "ocibench registry");
  X509* const server = certificate.get();
  if (server == nullptr || X509_set_issuer_name(server, X509_get_subject_name(issuer)) != 1 ||
      !add_extension(server, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(server, issuer, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(server, issuer, NID_ext_key_usage, "serverAuth") ||
      !add_extension(server, issuer, NID_authority_key_identifier, "keyid") ||
      !add_extension(server, issuer, NID_subject_alt_name, kServerNames) ||
      X509_sign(server, issuer_key, EVP_sha256()) == 0) {
    return crypto_error("make a server certificate");
  }
  return certificate;
}

Result<void> write_bio(BIO* bio, const std::filesystem::path& path) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return write_file_atomically(path, std::string_view(text, static_cast<std::size_t>(size)));
}

Result<void> write_certificate(X509* certificate, const std::filesystem::path& path) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return crypto_error("encode a certificate");
  }
  return write_bio(bio.get(), path);
}

Result<void> write_key(EVP_PKEY* key, const std::filesystem::path& path) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio ||
      PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return crypto_error("encode a key");
  }
  return write_bio(bio.get(), path);
}

}  // namespace

struct CertificateAuthority::Keys {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
  std::filesystem::path certificate_file;
};

CertificateAuthority::CertificateAuthority(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}
CertificateAuthority::CertificateAuthority(CertificateAuthority&&) noexcept = default;
CertificateAuthority& CertificateAuthority::operator=(CertificateAuthority&&) noexcept = default;
CertificateAuthority::~CertificateAuthority() = default;

const std::filesystem::path& CertificateAuthority::certificate_file() const {
  return keys_->certificate_file;
}

Result<CertificateAuthority> CertificateAuthority::create(const std::filesystem::path& directory) {
  Result<Owned<EVP_PKEY>> key = make_key();
  if (!key) {
    return tl::unexpected(std::move(key.error()));
  }
  Result<Owned<X509>> certificate = make_authority(key->get());
  if (!certificate) {
    return tl::unexpected(std::move(certificate.error()));
  }
  auto keys = std::make_unique<Keys>(Keys{.key = std::move(*key),
                                          .certificate = std::move(*certificate),
                                          .certificate_file = directory / "ca.pem"});
  if (auto written = write_certificate(keys->certificate.get(), keys->certificate_file); !written) {
    return tl::unexpected(std::move(written.error()));
  }
  return CertificateAuthority(std::move(keys));
}

Result<ServerCertificate> CertificateAuthority::issue(
    const std::filesystem::path& directory) const {
  const ServerCertificate files = {directory / "server.pem", directory / "server.key"};
  const Result<Owned<EVP_PKEY>> key = make_key();
  if (!key) {
    return tl::unexpected(key.error());
  }
  return make_server(key->get(), keys_->certificate.get(), keys_->key.get())
      .and_then([&](const Owned<X509>& certificate) {
        return write_certificate(certificate.get(), files.certificate_file);
      })
      .and_then([&] { return write_key(key->get(), files.key_file); })
      .map([&] { return files; });
}

}  // namespace ocibench::agent
