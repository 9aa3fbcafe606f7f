#include "tests/bot/net_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace siwareng::net::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using certificate_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

key_ptr make_key() {
    return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

void add_extension(X509* to, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension " + value);
    X509_add_ext(to, extension, -1);
    X509_EXTENSION_free(extension);
}

/// A certificate for `name`, signed by `issuer`, or by itself as a CA.
certificate_ptr make_certificate(const std::string& name, EVP_PKEY* key, X509* issuer,
                                 EVP_PKEY* issuer_key, const std::string& alternative_names) {
    certificate_ptr made(X509_new(), &X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), issuer == nullptr ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_NAME* const subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const signer = issuer == nullptr ? made.get() : issuer;
    X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
    X509_set_pubkey(made.get(), key);
    add_extension(made.get(), signer, NID_basic_constraints,
                  issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (!alternative_names.empty()) {
        add_extension(made.get(), signer, NID_subject_alt_name, alternative_names);
    }
    X509_sign(made.get(), issuer_key, EVP_sha256());
    return made;
}

template <class Write>
void write_pem(const std::filesystem::path& path, Write write) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) throw std::runtime_error("cannot write " + path.string());
    write(file);
    std::fclose(file);
}

class net_tls : public ::testing::Test {
  protected:
    net_tls() {
        std::filesystem::create_directories(folder_);
        const auto ca_key = make_key();
        const auto ca = make_certificate("Test CA", ca_key.get(), nullptr, ca_key.get(), "");
        const auto key = make_key();
        const auto leaf = make_certificate("localhost", key.get(), ca.get(), ca_key.get(),
                                           "DNS:localhost,IP:127.0.0.1");
        const auto other =
            make_certificate("kpu.example", key.get(), ca.get(), ca_key.get(), "DNS:kpu.example");
        const auto pem = [](const certificate_ptr& certificate) {
            return [&certificate](std::FILE* file) { PEM_write_X509(file, certificate.get()); };
        };
        write_pem(folder_ / "ca.pem", pem(ca));
        write_pem(folder_ / "leaf.pem", pem(leaf));
        write_pem(folder_ / "other.pem", pem(other));
        write_pem(folder_ / "key.pem", [&](std::FILE* file) {
            PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }
    ~net_tls() override {
        if (client_) in_.call([&] { client_.reset(); });
        server_.reset();
        in_.join();
        std::filesystem::remove_all(folder_);
    }

    void serve(const std::string& certificate, std::chrono::milliseconds header_timeout = 10s) {
        server_ = start_server(in_, {.header_timeout = header_timeout,
                                     .idle_timeout = 300ms,
                                     .tls_certificate_file = folder_ / certificate,
                                     .tls_key_file = folder_ / "key.pem"});
    }
    void open(const std::string& host, const std::string& ca) {
        client_ = start_client(
            in_, {.base_url = "https://" + host + ":" + std::to_string(server_->port()),
                  .ca_file = ca.empty() ? "" : (folder_ / ca).string()});
    }
    std::expected<response, net_error> send(std::string body) {
        return in_.run(client_->send("POST", "/x", {}, std::move(body)));
    }

    std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                    ("siwareng_tls_test_" + std::to_string(::getpid()));
    background in_;
    std::unique_ptr<server> server_;
    std::unique_ptr<client> client_;
};

TEST_F(net_tls, a_trusted_server_is_spoken_to_by_name_and_by_address) {
    serve("leaf.pem");
    for (const auto* host : {"localhost", "127.0.0.1"}) {
        open(host, "ca.pem");
        for (const std::size_t size : {2UL, 60'000UL, 3'000'000UL}) {
            const std::string body(size, 'x');
            const auto got = send(body);
            ASSERT_TRUE(got) << got.error().message;
            EXPECT_TRUE(got->body == "POST /x\n" + body);
        }
        in_.call([&] { client_.reset(); });
    }
    EXPECT_EQ(server_->counters().requests, 6U);
}

TEST_F(net_tls, an_unknown_ca_is_refused) {
    serve("leaf.pem");
    open("localhost", "");
    const auto got = send("x");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, net_errc::not_sent);
    EXPECT_THAT(got.error().message, HasSubstr("certificate"));
    EXPECT_EQ(server_->counters().requests, 0U);
}

TEST_F(net_tls, a_wrong_host_is_refused) {
    serve("other.pem");
    for (const auto* host : {"localhost", "127.0.0.1"}) {
        open(host, "ca.pem");
        const auto got = send("x");
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, net_errc::not_sent);
        EXPECT_THAT(got.error().message, AnyOf(HasSubstr("certificate"), HasSubstr("host")));
        in_.call([&] { client_.reset(); });
    }
    EXPECT_EQ(server_->counters().requests, 0U);
}

TEST_F(net_tls, plain_text_and_silence_do_not_stay) {
    serve("leaf.pem", 200ms);
    raw_client plain(server_->port());
    plain.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(plain.read_all(), ::testing::Not(HasSubstr("200 OK")));
    raw_client silent(server_->port());
    silent.read_all();
    EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
    EXPECT_EQ(server_->counters().bad_requests, 2U);
}

TEST_F(net_tls, a_client_of_tls_to_a_plain_server_has_not_sent) {
    server_ = start_server(in_);
    open("localhost", "ca.pem");
    const auto got = send("x");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, net_errc::not_sent);
}

TEST_F(net_tls, a_connection_that_the_server_closed_while_idle_is_noticed) {
    serve("leaf.pem");
    open("localhost", "ca.pem");
    ASSERT_TRUE(send("1"));
    ASSERT_TRUE(send("2"));
    ASSERT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
    const auto got = send("3");
    ASSERT_TRUE(got) << got.error().message;
}

TEST_F(net_tls, stop_ends_idle_connections) {
    serve("leaf.pem");
    open("localhost", "ca.pem");
    ASSERT_TRUE(send("1"));
    server_->stop(5s);
    EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }, 1s));
}

}  // namespace
}  // namespace siwareng::net::testing
