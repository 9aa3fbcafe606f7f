#include "storage/seal.hpp"

#include "storage/store_files.hpp"

#include <sodium.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace siwareng::storage {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t overhead_bytes = 1 + nonce_bytes + tag_bytes;
constexpr std::size_t key_bytes = 32;
constexpr std::size_t fingerprint_bytes = 16;

// Numbers of the subkeys; a number is never used for anything else again.
constexpr std::uint64_t seal_subkey = 1;
constexpr std::uint64_t index_subkey = 2;
constexpr std::uint64_t fingerprint_subkey = 3;
constexpr char kdf_context[crypto_kdf_CONTEXTBYTES + 1] = "siwareng";

constexpr std::string_view key_file_header =
    "siwareng key file 1. Secret; without it the database cannot be read, so keep a copy of it "
    "apart.\n";

static_assert(crypto_kdf_KEYBYTES == key_bytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == key_bytes);

const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

void require_sodium() {
    static const int result = sodium_init();
    if (result < 0) throw std::runtime_error("libsodium could not be initialised");
}

/// Keeps key material out of freed memory.
template <std::size_t size>
class secret_bytes {
  public:
    secret_bytes() = default;
    secret_bytes(const secret_bytes&) = delete;
    secret_bytes& operator=(const secret_bytes&) = delete;
    ~secret_bytes() { sodium_memzero(value_.data(), size); }
    std::uint8_t* data() { return value_.data(); }
    [[nodiscard]] const std::uint8_t* data() const { return value_.data(); }

  private:
    std::array<std::uint8_t, size> value_{};
};

class sodium_keyring final : public keyring {
  public:
    explicit sodium_keyring(const std::uint8_t* master) {
        secret_bytes<fingerprint_bytes> print;
        derive(master, seal_subkey, {seal_key_.data(), key_bytes});
        derive(master, index_subkey, {index_key_.data(), key_bytes});
        derive(master, fingerprint_subkey, {print.data(), fingerprint_bytes});
        std::array<char, 2 * fingerprint_bytes + 1> hex{};
        sodium_bin2hex(hex.data(), hex.size(), print.data(), fingerprint_bytes);
        fingerprint_ = hex.data();
    }

    [[nodiscard]] std::string seal(std::string_view place, std::string_view plain) const override {
        std::string sealed(plain.size() + overhead_bytes, '\0');
        auto* const out = reinterpret_cast<std::uint8_t*>(sealed.data());
        out[0] = format_version;
        std::uint8_t* const nonce = out + 1;
        randombytes_buf(nonce, nonce_bytes);
        crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + nonce_bytes, nullptr, bytes_of(plain),
                                                   plain.size(), bytes_of(place), place.size(),
                                                   nullptr, nonce, seal_key_.data());
        return sealed;
    }

    [[nodiscard]] std::expected<std::string, errc> open(std::string_view place,
                                                        std::string_view sealed) const override {
        if (sealed.size() < overhead_bytes) return std::unexpected(errc::bad_seal);
        const std::uint8_t* const in = bytes_of(sealed);
        if (in[0] != format_version) return std::unexpected(errc::bad_seal);
        std::string plain(sealed.size() - overhead_bytes, '\0');
        const std::uint8_t* const nonce = in + 1;
        const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
            reinterpret_cast<std::uint8_t*>(plain.data()), nullptr, nullptr, nonce + nonce_bytes,
            sealed.size() - 1 - nonce_bytes, bytes_of(place), place.size(), nonce,
            seal_key_.data());
        if (failed != 0) return std::unexpected(errc::bad_seal);
        return plain;
    }

    [[nodiscard]] blind_index blind(std::string_view domain,
                                    std::string_view value) const override {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        std::array<std::uint8_t, 8> domain_size{};
        for (std::size_t i = 0; i < domain_size.size(); ++i) {
            domain_size[i] = static_cast<std::uint8_t>(domain.size() >> (8 * i));
        }
        std::array<std::uint8_t, crypto_generichash_BYTES> hash{};
        crypto_generichash_state state;
        crypto_generichash_init(&state, index_key_.data(), key_bytes, hash.size());
        crypto_generichash_update(&state, domain_size.data(), domain_size.size());
        crypto_generichash_update(&state, bytes_of(domain), domain.size());
        crypto_generichash_update(&state, bytes_of(value), value.size());
        crypto_generichash_final(&state, hash.data(), hash.size());
        blind_index index{};
        std::memcpy(index.data(), hash.data(), index.size());
        return index;
    }

    [[nodiscard]] std::string fingerprint() const override { return fingerprint_; }

  private:
    static void derive(const std::uint8_t* master, std::uint64_t number,
                       std::span<std::uint8_t> subkey) {
        if (crypto_kdf_derive_from_key(subkey.data(), subkey.size(), number, kdf_context, master) !=
            0) {
            throw std::runtime_error("a subkey could not be derived");
        }
    }

    secret_bytes<key_bytes> seal_key_;
    secret_bytes<key_bytes> index_key_;
    std::string fingerprint_;
};

/// The content of a key file, or nothing if it is not exactly what create_key_file writes. The last
/// line end may be missing, as an editor or a copy by hand leaves it out.
bool parse_key_file(std::string_view text, secret_bytes<key_bytes>& master) {
    if (!text.starts_with(key_file_header)) return false;
    text.remove_prefix(key_file_header.size());
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.size() != 2 * key_bytes) return false;
    std::size_t count = 0;
    const int failed = sodium_hex2bin(master.data(), key_bytes, text.data(), text.size(), nullptr,
                                      &count, nullptr);
    return failed == 0 && count == key_bytes;
}

}  // namespace

std::expected<void, errc> create_key_file(const std::filesystem::path& file) {
    require_sodium();
    if (auto made = make_private_folders(file.parent_path()); !made) return made;
    secret_bytes<key_bytes> master;
    randombytes_buf(master.data(), key_bytes);
    secret_bytes<2 * key_bytes + 1> hex;
    auto* const hex_text = reinterpret_cast<char*>(hex.data());
    sodium_bin2hex(hex_text, 2 * key_bytes + 1, master.data(), key_bytes);

    const auto opened = make_private_file(file);
    if (!opened) return std::unexpected(opened.error());
    const int out = opened->get();
    const bool whole = write_all(out, key_file_header) &&
                       write_all(out, {hex_text, 2 * key_bytes}) && write_all(out, "\n") &&
                       ::fsync(out) == 0;
    if (!whole) {
        // Half a key file would be refused at the next start and block a new attempt.
        const errc code = from_errno(errno);
        ::unlink(file.c_str());
        return std::unexpected(code);
    }
    sync_folder_of(file);
    return {};
}

std::expected<std::unique_ptr<keyring>, errc> load_keyring(const std::filesystem::path& file) {
    require_sodium();
    const descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (opened.get() < 0) {
        return std::unexpected(errno == ENOENT || errno == ENOTDIR ? errc::not_found : errc::io);
    }
    struct stat facts{};
    if (::fstat(opened.get(), &facts) != 0) return std::unexpected(errc::io);
    const bool others_may_read = (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    if (!S_ISREG(facts.st_mode) || others_may_read) return std::unexpected(errc::bad_key_file);

    // One byte more than a whole file: a longer one is damaged.
    constexpr std::size_t size_max = key_file_header.size() + 2 * key_bytes + 2;
    secret_bytes<size_max> text;
    std::size_t size = 0;
    while (size < size_max) {
        const ::ssize_t got = ::read(opened.get(), text.data() + size, size_max - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errc::io);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    secret_bytes<key_bytes> master;
    if (!parse_key_file({reinterpret_cast<const char*>(text.data()), size}, master)) {
        return std::unexpected(errc::bad_key_file);
    }
    return std::make_unique<sodium_keyring>(master.data());
}

std::unique_ptr<keyring> create_keyring(const std::array<std::uint8_t, 32>& master) {
    require_sodium();
    return std::make_unique<sodium_keyring>(master.data());
}

std::unique_ptr<keyring> create_random_keyring() {
    require_sodium();
    secret_bytes<key_bytes> master;
    randombytes_buf(master.data(), key_bytes);
    return std::make_unique<sodium_keyring>(master.data());
}

}  // namespace siwareng::storage
