#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace siwareng::bot {

/// `[server]`: the HTTP side.
struct server_config {
    std::string address;
    std::int64_t port = 0;
    std::int64_t threads = 0;
    std::int64_t body_bytes_max = 0;
    std::int64_t connections_max = 0;
    std::string tls_certificate_file;
    std::string tls_key_file;
};

/// `[storage]`: where everything durable lives.
struct storage_config {
    std::string url;
    std::string key_file;
    std::int64_t queue_jobs_max = 0;
    std::int64_t batch_jobs_max = 0;
    std::int64_t raw_days = 0;
    std::int64_t message_days = 0;
};

/// `[whatsapp]`: the Cloud API.
struct whatsapp_config {
    std::string graph_url;
    std::string graph_version;
    std::vector<std::string> app_secrets;
    std::string verify_token;
    std::int64_t pair_interval_ms = 0;
    std::int64_t pair_burst = 0;
    std::int64_t doubt_wait_ms = 0;
    std::int64_t connections_max = 0;
    bool mark_read = true;
};

/// `[limits]`: 0 switches a limit off.
struct limits_config {
    std::int64_t checks_per_contact_day = 0;
    std::int64_t checks_per_office_minute = 0;
    std::int64_t failed_checks_per_nik_day = 0;
    std::int64_t session_idle_hours = 0;
};

/// `[[office]]`: one election office and its WhatsApp number.
struct office_config {
    std::string id;
    std::string name;
    std::string region;
    std::string phone_number_id;
    std::string display_phone;
    std::string access_token;
    double messages_per_s = 80;
};

/// All settings, checked: whoever holds one need not check again.
struct config {
    server_config server;
    storage_config storage;
    whatsapp_config whatsapp;
    limits_config limits;
    std::string content_dir;
    std::string roll_dir;
    std::string log_level;
    std::vector<office_config> offices;

    /// The path behind `storage.url` ("sqlite:PATH").
    [[nodiscard]] std::filesystem::path database_file() const;
    /// `roll.dir`, or the folder `roll` beside the database.
    [[nodiscard]] std::filesystem::path roll_folder() const;
    [[nodiscard]] const office_config* find_office(std::string_view id) const;
    [[nodiscard]] const office_config* office_of_number(std::string_view phone_number_id) const;
};

/// A mistake in the configuration: which key, what is wrong, what to do.
struct config_error {
    std::string key;
    std::string message;
    bool operator==(const config_error&) const = default;
};

/// "config: server.port: ..." for a person.
std::string to_string(const config_error& error);

/// Where settings come from, in the order in which they win: file < environment < `--set`.
struct config_sources {
    std::filesystem::path file;
    /// All variables of the environment; only `SIWARENG_<SECTION>_<KEY>` of known sections count.
    std::vector<std::pair<std::string, std::string>> environment;
    /// "server.port=8081", "office.3603.access_token=..."
    std::vector<std::string> overrides;
    /// Secrets may be absent: for commands that talk to nobody (`roll import`, `chat`).
    bool secrets_needed = true;
};

/// Reads, merges and checks. All errors at once. Relative paths in the file are relative to the
/// file's folder; those of the environment and of `--set` to the working directory. Creates
/// nothing.
std::expected<config, std::vector<config_error>> load_config(const config_sources& sources);

/// Limits that are switched off, as lines for the log at start.
std::vector<std::string> disabled_limits(const config& settings);

/// Every effective value as TOML, secrets as "(set)" or "(not set)".
std::string print_config(const config& settings);

/// `config/siwareng.toml`: every key with its default, range and help. Generated, so that the file
/// in the repository and the program cannot disagree.
std::string config_reference();

}  // namespace siwareng::bot
