#include "bot/config.hpp"

#include "dialogs/nearest.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <ranges>
#include <set>
#include <sstream>
#include <variant>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;

using secret_list = std::vector<std::string>;

/// Where a setting goes inside a section's struct.
template <typename Section>
using target = std::variant<std::string Section::*, std::int64_t Section::*, bool Section::*,
                            double Section::*, secret_list Section::*>;

enum class role : std::uint8_t { plain, path, secret };

/// One key: its place, default, range and help. The tables below are the only list of keys.
template <typename Section>
struct field {
    std::string_view key;
    target<Section> to;
    std::string_view fallback;  ///< as it would be written in the file
    std::string_view help;
    role kind = role::plain;
    std::int64_t min = 0;
    std::int64_t max = 0;
    bool needed = false;
};

using sv = std::string_view;

const std::vector<field<server_config>>& server_fields() {
    static const std::vector<field<server_config>> fields = {
        {"address", &server_config::address, "127.0.0.1",
         "Address to listen on. Behind a reverse proxy that ends TLS, loopback is right."},
        {"port", &server_config::port, "8080", "Port to listen on; 0 lets the system choose.",
         role::plain, 0, 65535},
        {"threads", &server_config::threads, "1",
         "Threads that serve HTTP; one is enough for thousands of messages a second.", role::plain,
         1, 64},
        {"body_bytes_max", &server_config::body_bytes_max, "4194304",
         "Largest webhook body. Meta sends up to 3 MB.", role::plain, 65536, 67108864},
        {"connections_max", &server_config::connections_max, "4096",
         "Connections at once; further ones are closed.", role::plain, 16, 100000},
        {"tls_certificate_file", &server_config::tls_certificate_file, "",
         "PEM certificate chain; with tls_key_file the program serves HTTPS itself.", role::path},
        {"tls_key_file", &server_config::tls_key_file, "", "PEM private key.", role::path},
    };
    return fields;
}

const std::vector<field<storage_config>>& storage_fields() {
    static const std::vector<field<storage_config>> fields = {
        {"url", &storage_config::url, "sqlite:data/siwareng.db",
         "The database: \"sqlite:PATH\". `siwareng init` makes it."},
        {"key_file", &storage_config::key_file, "data/siwareng.key",
         "Key that seals personal data. Keep a copy apart from the database's backups: without it "
         "nothing can be read.",
         role::path},
        {"queue_jobs_max", &storage_config::queue_jobs_max, "4096",
         "Messages waiting for the database before webhooks are answered with 503.", role::plain,
         16, 1000000},
        {"batch_jobs_max", &storage_config::batch_jobs_max, "256", "Messages in one commit.",
         role::plain, 1, 10000},
        {"raw_days", &storage_config::raw_days, "8", "Days that raw webhook bodies are kept.",
         role::plain, 1, 90},
        {"message_days", &storage_config::message_days, "400", "Days that conversations are kept.",
         role::plain, 8, 3650},
    };
    return fields;
}

const std::vector<field<whatsapp_config>>& whatsapp_fields() {
    static const std::vector<field<whatsapp_config>> fields = {
        {"graph_url", &whatsapp_config::graph_url, "https://graph.facebook.com",
         "The Cloud API. Plain http is allowed to a loopback address only (the emulator)."},
        {"graph_version", &whatsapp_config::graph_version, "v26.0", "Graph API version."},
        {"app_secrets", &whatsapp_config::app_secrets, "",
         "App secrets that sign webhooks; several while one is being replaced. Or "
         "app_secrets_file, one a line.",
         role::secret, 0, 0, true},
        {"verify_token", &whatsapp_config::verify_token, "",
         "The word that Meta repeats when the webhook is registered. Or verify_token_file.",
         role::secret, 0, 0, true},
        {"pair_interval_ms", &whatsapp_config::pair_interval_ms, "6000",
         "One message to one person in this time, beyond the burst; 0 switches the limit off.",
         role::plain, 0, 600000},
        {"pair_burst", &whatsapp_config::pair_burst, "45",
         "Messages to one person before pair_interval_ms counts; 0 switches the limit off.",
         role::plain, 0, 1000},
        {"doubt_wait_ms", &whatsapp_config::doubt_wait_ms, "120000",
         "How long a send without an answer waits for its status before it is sent again.",
         role::plain, 1000, 86400000},
        {"connections_max", &whatsapp_config::connections_max, "32",
         "Connections to the Cloud API at once.", role::plain, 1, 1000},
        {"mark_read", &whatsapp_config::mark_read, "true",
         "Mark messages as read and show the typing indicator."},
    };
    return fields;
}

const std::vector<field<limits_config>>& limits_fields() {
    static const std::vector<field<limits_config>> fields = {
        {"checks_per_contact_day", &limits_config::checks_per_contact_day, "20",
         "Status checks that one person may make a day; 0 switches the limit off.", role::plain, 0,
         100000},
        {"checks_per_office_minute", &limits_config::checks_per_office_minute, "1200",
         "Status checks that an office answers a minute; 0 switches the limit off.", role::plain, 0,
         10000000},
        {"failed_checks_per_nik_day", &limits_config::failed_checks_per_nik_day, "5",
         "Failed checks of one NIK a day, by whomever; 0 switches the limit off.", role::plain, 0,
         100000},
        {"session_idle_hours", &limits_config::session_idle_hours, "24",
         "An unfinished conversation is forgotten after this; 0 keeps it for ever.", role::plain, 0,
         8760},
    };
    return fields;
}

/// Sections of one key, with a home of their own in `config`.
struct loose_section {
    std::string content_dir, roll_dir, log_level;
};

const std::vector<field<loose_section>>& content_fields() {
    static const std::vector<field<loose_section>> fields = {
        {"dir", &loose_section::content_dir, "",
         "Folder whose flows/, locale/ and regions/ replace the built-in ones, file by file.",
         role::path}};
    return fields;
}

const std::vector<field<loose_section>>& roll_fields() {
    static const std::vector<field<loose_section>> fields = {
        {"dir", &loose_section::roll_dir, "",
         "Folder of the voter rolls; empty: `roll` beside the database.", role::path}};
    return fields;
}

const std::vector<field<loose_section>>& log_fields() {
    static const std::vector<field<loose_section>> fields = {
        {"level", &loose_section::log_level, "info", "debug, info, warn or error."}};
    return fields;
}

const std::vector<field<office_config>>& office_fields() {
    static const std::vector<field<office_config>> fields = {
        {"id", &office_config::id, "", "Short name of the office, letters and digits: \"3603\".",
         role::plain, 0, 0, true},
        {"name", &office_config::name, "", "As citizens read it: \"KPU Kabupaten Tangerang\".",
         role::plain, 0, 0, true},
        {"region", &office_config::region, "", "Kemendagri code of the area: \"36.03\".",
         role::plain, 0, 0, true},
        {"phone_number_id", &office_config::phone_number_id, "",
         "Meta's id of the WhatsApp number (not the number itself).", role::plain, 0, 0, true},
        {"display_phone", &office_config::display_phone, "",
         "The number as citizens see it: \"+62 811-990-6667\".", role::plain, 0, 0, true},
        {"access_token", &office_config::access_token, "",
         "System user token of the Cloud API. Or access_token_file.", role::secret, 0, 0, true},
        {"messages_per_s", &office_config::messages_per_s, "80",
         "Messages that the number may send a second (80, or up to 1000 after Meta's upgrade); 0 "
         "switches the limit off.",
         role::plain, 0, 1000},
    };
    return fields;
}

/// One raw setting and where it came from.
struct raw_value {
    std::variant<std::string, std::int64_t, double, bool, secret_list> value;
    fs::path base;  ///< relative paths start here
};
/// key → value of one section; keys may end in `_file`.
using raw_section = std::map<std::string, raw_value, std::less<>>;

struct raw_config {
    std::map<std::string, raw_section, std::less<>> sections;
    std::vector<raw_section> offices;
};

using errors = std::vector<config_error>;

template <typename Section>
std::vector<std::string> keys_of(const std::vector<field<Section>>& fields) {
    std::vector<std::string> out;
    for (const auto& each : fields) {
        out.emplace_back(each.key);
        if (each.kind == role::secret) {
            out.push_back(std::string(each.key) + "_file");
        }
    }
    return out;
}

std::vector<std::string> keys_of_section(sv section) {
    if (section == "server") return keys_of(server_fields());
    if (section == "storage") return keys_of(storage_fields());
    if (section == "whatsapp") return keys_of(whatsapp_fields());
    if (section == "limits") return keys_of(limits_fields());
    if (section == "content") return keys_of(content_fields());
    if (section == "roll") return keys_of(roll_fields());
    if (section == "log") return keys_of(log_fields());
    if (section == "office") return keys_of(office_fields());
    return {};
}

const std::vector<std::string>& section_names() {
    static const std::vector<std::string> names = {"server",  "storage", "whatsapp", "limits",
                                                   "content", "roll",    "log",      "office"};
    return names;
}

config_error unknown_key(const std::string& key, const std::string& last,
                         const std::vector<std::string>& known) {
    const auto near = dialogs::nearest(last, known);
    return {key, near.empty() ? fmt::format("unknown key; known are: {}", fmt::join(known, ", "))
                              : fmt::format("unknown key; did you mean '{}'?", near)};
}

std::optional<raw_value> raw_from_toml(const toml::node& node, const fs::path& base) {
    if (const auto text = node.value_exact<std::string>()) return raw_value{*text, base};
    if (const auto number = node.value_exact<std::int64_t>()) return raw_value{*number, base};
    if (const auto number = node.value_exact<double>()) return raw_value{*number, base};
    if (const auto flag = node.value_exact<bool>()) return raw_value{*flag, base};
    if (const auto* list = node.as_array()) {
        secret_list items;
        for (const auto& item : *list) {
            const auto text = item.value_exact<std::string>();
            if (!text) return std::nullopt;
            items.push_back(*text);
        }
        return raw_value{items, base};
    }
    return std::nullopt;
}

void read_table(const toml::table& table, const std::string& prefix, sv section,
                const fs::path& base, raw_section& into, errors& problems) {
    const auto known = keys_of_section(section);
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        const auto full = fmt::format("{}.{}", prefix, name);
        if (std::ranges::find(known, name) == known.end()) {
            problems.push_back(unknown_key(full, name, known));
            continue;
        }
        if (auto value = raw_from_toml(node, base)) {
            into.insert_or_assign(name, *std::move(value));
        } else {
            problems.push_back({full, "must be a text, a number, true, false or a list of texts"});
        }
    }
}

void read_offices(const toml::node& node, const fs::path& base, raw_config& raw, errors& problems) {
    const auto* list = node.as_array();
    if (list == nullptr) {
        problems.push_back({"office", "write each office as a table: [[office]]"});
        return;
    }
    for (const auto& item : *list) {
        const auto* table = item.as_table();
        if (table == nullptr) {
            problems.push_back({"office", "write each office as a table: [[office]]"});
            return;
        }
        auto& office = raw.offices.emplace_back();
        const auto id = table->get("id") == nullptr ? std::optional<std::string>{}
                                                    : table->get("id")->value<std::string>();
        read_table(*table, "office." + id.value_or(std::to_string(raw.offices.size())), "office",
                   base, office, problems);
    }
}

void read_file(const fs::path& file, raw_config& raw, errors& problems) {
    const std::ifstream in(file, std::ios::binary);
    std::error_code ignored;
    if (!in || fs::is_directory(file, ignored)) {
        problems.push_back(
            {"--config", fmt::format("cannot read '{}': no such file, or no "
                                     "permission. An example is config/siwareng.toml",
                                     file.string())});
        return;
    }
    std::stringstream text;
    text << in.rdbuf();
    toml::table root;
    try {
        root = toml::parse(text.str(), file.string());
    } catch (const toml::parse_error& error) {
        problems.push_back(
            {"--config", fmt::format("{}:{}: {}", file.string(), error.source().begin.line,
                                     error.description())});
        return;
    }
    const auto base = fs::absolute(file).parent_path();
    for (const auto& [key, node] : root) {
        const std::string name(key.str());
        if (name == "office") {
            read_offices(node, base, raw, problems);
        } else if (std::ranges::find(section_names(), name) == section_names().end()) {
            problems.push_back(unknown_key(name, name, section_names()));
        } else if (const auto* table = node.as_table()) {
            read_table(*table, name, name, base, raw.sections[name], problems);
        } else {
            problems.push_back({name, fmt::format("is a section: write [{}]", name)});
        }
    }
}

/// The raw section that a dotted key's first parts name; offices by id or by position from 1.
raw_section* find_section(raw_config& raw, sv section, sv office) {
    if (section != "office") {
        return &raw.sections[std::string(section)];
    }
    for (auto& each : raw.offices) {
        const auto id = each.find("id");
        const auto* text = id == each.end() ? nullptr : std::get_if<std::string>(&id->second.value);
        if (text != nullptr && *text == office) return &each;
    }
    std::size_t position = 0;
    const auto [end, code] = std::from_chars(office.begin(), office.end(), position);
    if (code == std::errc{} && end == office.end() && position >= 1 &&
        position <= raw.offices.size()) {
        return &raw.offices[position - 1];
    }
    return nullptr;
}

void read_overrides(const std::vector<std::string>& overrides, raw_config& raw, errors& problems) {
    for (const auto& text : overrides) {
        const auto equals = text.find('=');
        const auto key = text.substr(0, equals);
        const auto dot = key.find('.');
        const auto last = key.rfind('.');
        if (equals == std::string::npos || dot == std::string::npos) {
            problems.push_back({"--set", fmt::format("write section.key=value, not '{}'", key)});
            continue;
        }
        const auto section = key.substr(0, dot);
        const auto name = key.substr(last + 1);
        if (std::ranges::find(section_names(), section) == section_names().end()) {
            problems.push_back(unknown_key(key, section, section_names()));
            continue;
        }
        const auto known = keys_of_section(section);
        if (std::ranges::find(known, name) == known.end()) {
            problems.push_back(unknown_key(key, name, known));
            continue;
        }
        const auto office = last > dot ? key.substr(dot + 1, last - dot - 1) : std::string{};
        auto* into = find_section(raw, section, office);
        if (into == nullptr || (section != "office" && last != dot)) {
            problems.push_back({key, "no such office; write office.ID.key=value"});
            continue;
        }
        into->insert_or_assign(name, raw_value{text.substr(equals + 1), fs::current_path()});
    }
}

/// SIWARENG_SERVER_PORT=1 as "server.port=1". Variables of unknown sections are not ours (a
/// container platform injects SIWARENG_SERVICE_HOST for a service of that name).
std::vector<std::string> environment_overrides(
    const std::vector<std::pair<std::string, std::string>>& environment) {
    std::vector<std::string> out;
    for (const auto& [name, value] : environment) {
        if (!name.starts_with("SIWARENG_")) continue;
        std::string rest = name.substr(9);
        std::ranges::transform(rest, rest.begin(), [](unsigned char c) {
            return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        });
        const auto cut = rest.find('_');
        if (cut == std::string::npos) continue;
        const auto section = rest.substr(0, cut);
        if (std::ranges::find(section_names(), section) == section_names().end()) continue;
        auto key = rest.substr(cut + 1);
        if (section == "office") {
            // An office's id holds no "_", so the first one ends it.
            const auto id_end = key.find('_');
            if (id_end == std::string::npos) continue;
            key[id_end] = '.';
        }
        out.push_back(fmt::format("{}.{}={}", section, key, value));
    }
    return out;
}

std::expected<std::string, std::string> read_secret_file(const fs::path& file) {
    std::error_code code;
    if (fs::is_directory(file, code)) return std::unexpected("is a folder, not a file");
    const std::ifstream in(file, std::ios::binary);
    if (!in) return std::unexpected("cannot be read: no such file, or no permission");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

secret_list split(sv text, sv separators) {
    secret_list out;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        auto item = text.substr(0, end);
        while (!item.empty() && (item.front() == ' ' || item.front() == '\t'))
            item.remove_prefix(1);
        while (!item.empty() && (item.back() == ' ' || item.back() == '\t'))
            item.remove_suffix(1);
        if (!item.empty()) out.emplace_back(item);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// Turns one raw value into the field's type, or says why it cannot.
struct converter {
    const raw_value& raw;
    std::int64_t min;
    std::int64_t max;

    [[nodiscard]] std::optional<std::string> into(std::string& out) const {
        const auto* text = std::get_if<std::string>(&raw.value);
        if (text == nullptr) return "must be a text in quotes";
        out = *text;
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> into(std::int64_t& out) const {
        if (const auto* number = std::get_if<std::int64_t>(&raw.value)) {
            out = *number;
        } else if (const auto* text = std::get_if<std::string>(&raw.value)) {
            const auto [end, code] =
                std::from_chars(text->data(), text->data() + text->size(), out);
            if (code != std::errc{} || end != text->data() + text->size()) {
                return "must be a whole number";
            }
        } else {
            return "must be a whole number";
        }
        if (out < min || out > max) return fmt::format("must be {} to {}", min, max);
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> into(double& out) const {
        const auto* text = std::get_if<std::string>(&raw.value);
        if (const auto* number = std::get_if<double>(&raw.value)) {
            out = *number;
        } else if (text != nullptr) {
            const auto [end, code] =
                std::from_chars(text->data(), text->data() + text->size(), out);
            if (code != std::errc{} || end != text->data() + text->size()) {
                return "must be a number";
            }
        } else {
            std::int64_t whole = 0;
            if (const auto problem = into(whole)) return problem;
            out = static_cast<double>(whole);
        }
        if (!(out >= static_cast<double>(min)) || out > static_cast<double>(max)) {
            return fmt::format("must be {} to {}", min, max);
        }
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> into(bool& out) const {
        if (const auto* flag = std::get_if<bool>(&raw.value)) {
            out = *flag;
            return std::nullopt;
        }
        const auto* text = std::get_if<std::string>(&raw.value);
        if (text == nullptr || (*text != "true" && *text != "false"))
            return "must be true or false";
        out = *text == "true";
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> into(secret_list& out) const {
        if (const auto* list = std::get_if<secret_list>(&raw.value)) {
            out = *list;
        } else if (const auto* text = std::get_if<std::string>(&raw.value)) {
            out = split(*text, ",");
        } else {
            return "must be a list of texts in quotes";
        }
        return std::nullopt;
    }
};

template <typename Section>
class section_reader {
  public:
    section_reader(const raw_section& raw, std::string prefix, bool secrets_needed,
                   errors& problems)
        : raw_(raw),
          prefix_(std::move(prefix)),
          secrets_needed_(secrets_needed),
          problems_(problems) {}

    void read(const std::vector<field<Section>>& fields, Section& into) {
        for (const auto& each : fields) {
            const auto key = prefix_ + "." + std::string(each.key);
            const auto value = find(each, key);
            if (!value) continue;
            const converter convert{*value, each.min, each.max};
            const auto problem =
                std::visit([&](auto member) { return convert.into(into.*member); }, each.to);
            if (problem) {
                problems_.push_back({key, *problem});
            } else if (each.kind == role::path) {
                make_absolute(into.*std::get<std::string Section::*>(each.to), value->base);
            }
            if (!problem && each.needed) check_needed(each, key, into);
        }
    }

  private:
    static void make_absolute(std::string& path, const fs::path& base) {
        if (!path.empty()) path = (base / path).lexically_normal().string();
    }

    std::optional<raw_value> find(const field<Section>& wanted, const std::string& key) {
        if (wanted.kind == role::secret) {
            const auto file = raw_.find(std::string(wanted.key) + "_file");
            if (file != raw_.end()) return from_file(wanted, key + "_file", file->second);
        }
        const auto found = raw_.find(wanted.key);
        if (found != raw_.end()) return found->second;
        return raw_value{std::string(wanted.fallback), fs::current_path()};
    }

    std::optional<raw_value> from_file(const field<Section>& wanted, const std::string& key,
                                       const raw_value& file) {
        const auto* path = std::get_if<std::string>(&file.value);
        if (path == nullptr || path->empty()) {
            problems_.push_back({key, "must be the path of a file"});
            return std::nullopt;
        }
        if (raw_.contains(wanted.key)) {
            problems_.push_back(
                {key, fmt::format("give either {} or {}_file", wanted.key, wanted.key)});
            return std::nullopt;
        }
        if (!secrets_needed_) return raw_value{std::string{}, file.base};
        const auto text = read_secret_file(file.base / *path);
        if (!text) {
            problems_.push_back({key, fmt::format("'{}' {}", *path, text.error())});
            return std::nullopt;
        }
        auto lines = split(*text, "\r\n");
        if (std::holds_alternative<secret_list Section::*>(wanted.to))
            return raw_value{lines, file.base};
        if (lines.size() != 1) {
            problems_.push_back({key, fmt::format("'{}' must hold one line", *path)});
            return std::nullopt;
        }
        return raw_value{lines.front(), file.base};
    }

    void check_needed(const field<Section>& wanted, const std::string& key, const Section& into) {
        if (wanted.kind == role::secret && !secrets_needed_) return;
        const bool empty = std::visit(
            [&](auto member) {
                if constexpr (requires { (into.*member).empty(); }) {
                    return (into.*member).empty();
                } else {
                    return false;
                }
            },
            wanted.to);
        if (!empty) return;
        const auto how = wanted.kind == role::secret
                             ? fmt::format("is missing; set {0} or {0}_file", wanted.key)
                             : fmt::format("is missing; {}", wanted.help);
        problems_.push_back({key, how});
    }

    const raw_section& raw_;
    std::string prefix_;
    bool secrets_needed_;
    errors& problems_;
};

bool is_loopback(sv host) {
    return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

void check_graph_url(const config& settings, errors& problems) {
    const auto url = boost::urls::parse_uri(settings.whatsapp.graph_url);
    const bool usable = url.has_value() && !url->host().empty() &&
                        (url->scheme() == "https" || url->scheme() == "http");
    if (!usable) {
        problems.push_back({"whatsapp.graph_url", "must be a URL like https://graph.facebook.com"});
    } else if (url->scheme() == "http" && !is_loopback(sv(url->host()))) {
        problems.push_back(
            {"whatsapp.graph_url", "plain http is allowed to a loopback address only; use https"});
    }
    const sv version = settings.whatsapp.graph_version;
    if (version.size() < 4 || version.front() != 'v' ||
        version.find_first_not_of("0123456789.", 1) != sv::npos) {
        problems.push_back({"whatsapp.graph_version", "must look like v26.0"});
    }
}

void check_files(const config& settings, errors& problems) {
    const auto check = [&](const std::string& key, const std::string& path, bool folder) {
        std::error_code code;
        if (path.empty()) return;
        if (folder ? !fs::is_directory(path, code) : !fs::is_regular_file(path, code)) {
            problems.push_back(
                {key, fmt::format("no such {}: '{}'", folder ? "folder" : "file", path)});
        }
    };
    check("server.tls_certificate_file", settings.server.tls_certificate_file, false);
    check("server.tls_key_file", settings.server.tls_key_file, false);
    check("content.dir", settings.content_dir, true);
    if (settings.server.tls_certificate_file.empty() != settings.server.tls_key_file.empty()) {
        problems.push_back(
            {"server.tls_key_file",
             "give both server.tls_certificate_file and server.tls_key_file, or neither"});
    }
    if (!settings.storage.url.starts_with("sqlite:") || settings.storage.url.size() == 7) {
        problems.push_back({"storage.url", "must be \"sqlite:PATH\""});
    }
    if (settings.storage.key_file.empty()) {
        problems.push_back({"storage.key_file", "is missing; give the path of the key file"});
    }
}

void check_offices(const config& settings, errors& problems) {
    if (settings.offices.empty()) {
        problems.push_back({"office", "at least one [[office]] is needed"});
    }
    std::set<std::string, std::less<>> ids;
    std::set<std::string, std::less<>> numbers;
    for (const auto& office : settings.offices) {
        const auto key = [&](sv name) { return fmt::format("office.{}.{}", office.id, name); };
        if (!std::ranges::all_of(office.id, [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
            })) {
            problems.push_back({key("id"), "may hold small letters, digits and '-'"});
        }
        if (!office.id.empty() && !ids.insert(office.id).second) {
            problems.push_back({key("id"), "is used by two offices"});
        }
        if (!office.phone_number_id.empty() && !numbers.insert(office.phone_number_id).second) {
            problems.push_back({key("phone_number_id"), "is used by two offices"});
        }
        if (office.region.find_first_not_of("0123456789.") != std::string::npos) {
            problems.push_back({key("region"), "must be a Kemendagri code like 36.03"});
        }
    }
}

void check(const config& settings, bool secrets_needed, errors& problems) {
    check_graph_url(settings, problems);
    check_files(settings, problems);
    check_offices(settings, problems);
    if (secrets_needed) {
        for (const auto& secret : settings.whatsapp.app_secrets) {
            if (secret.empty())
                problems.push_back({"whatsapp.app_secrets", "holds an empty secret"});
        }
    }
    const std::set<sv> levels = {"debug", "info", "warn", "error"};
    if (!levels.contains(settings.log_level)) {
        problems.push_back({"log.level", "must be debug, info, warn or error"});
    }
}

/// The database's path with the base of whoever set it.
void make_url_absolute(config& settings, const raw_config& raw) {
    const auto section = raw.sections.find("storage");
    auto base = fs::current_path();
    if (section != raw.sections.end() && section->second.contains("url")) {
        base = section->second.at("url").base;
    }
    if (settings.storage.url.starts_with("sqlite:") && settings.storage.url.size() > 7) {
        settings.storage.url =
            "sqlite:" + (base / settings.storage.url.substr(7)).lexically_normal().string();
    }
}

std::string quote(sv text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

/// A value as TOML, secrets hidden.
template <typename Section>
std::string print_value(const field<Section>& each, const Section& from) {
    return std::visit(
        [&](auto member) -> std::string {
            const auto& value = from.*member;
            using type = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_same_v<type, secret_list>) {
                return value.empty() ? "[]  # (not set)"
                                     : fmt::format("[]  # ({} set)", value.size());
            } else if constexpr (std::is_same_v<type, std::string>) {
                if (each.kind == role::secret) {
                    return value.empty() ? "\"\"  # (not set)" : "\"\"  # (set)";
                }
                return quote(value);
            } else {
                return fmt::format("{}", value);
            }
        },
        each.to);
}

template <typename Section>
void print_section(std::string& out, sv title, const std::vector<field<Section>>& fields,
                   const Section& from) {
    out += fmt::format("{}\n", title);
    for (const auto& each : fields) {
        out += fmt::format("{} = {}\n", each.key, print_value(each, from));
    }
    out += "\n";
}

/// Help as comment lines of at most 96 characters.
void wrap_comment(std::string& out, sv text) {
    std::size_t column = 0;
    for (const auto word : std::views::split(text, ' ')) {
        const sv piece(word.begin(), word.end());
        if (column == 0 || column + 1 + piece.size() > 96) {
            out += column == 0 ? "# " : "\n# ";
            column = 2;
        } else {
            out += ' ';
            ++column;
        }
        out += piece;
        column += piece.size();
    }
    out += '\n';
}

template <typename Section>
void reference_section(std::string& out, sv title, const std::vector<field<Section>>& fields,
                       const std::map<sv, sv>& examples = {}) {
    out += fmt::format("{}\n", title);
    for (const auto& each : fields) {
        std::string help(each.help);
        if (each.max > 0) help += fmt::format(" Range: {} to {}.", each.min, each.max);
        wrap_comment(out, help);
        const bool text = std::holds_alternative<std::string Section::*>(each.to);
        const bool list = std::holds_alternative<secret_list Section::*>(each.to);
        const auto example = examples.find(each.key);
        const sv value = example == examples.end() ? each.fallback : example->second;
        const auto shown = list ? std::string("[]") : text ? quote(value) : std::string(value);
        // A secret is a comment here, so that an unedited copy says that it is missing.
        out += fmt::format("{}{} = {}\n\n", each.kind == role::secret ? "# " : "", each.key, shown);
    }
}

}  // namespace

fs::path config::database_file() const {
    return storage.url.starts_with("sqlite:") ? storage.url.substr(7) : storage.url;
}

fs::path config::roll_folder() const {
    return roll_dir.empty() ? database_file().parent_path() / "roll" : fs::path(roll_dir);
}

const office_config* config::find_office(sv id) const {
    const auto found = std::ranges::find(offices, id, &office_config::id);
    return found == offices.end() ? nullptr : &*found;
}

const office_config* config::office_of_number(sv phone_number_id) const {
    const auto found = std::ranges::find(offices, phone_number_id, &office_config::phone_number_id);
    return found == offices.end() ? nullptr : &*found;
}

std::string to_string(const config_error& error) {
    return fmt::format("config: {}: {}", error.key, error.message);
}

std::expected<config, std::vector<config_error>> load_config(const config_sources& sources) {
    errors problems;
    raw_config raw;
    read_file(sources.file, raw, problems);
    if (!problems.empty() && raw.sections.empty() && raw.offices.empty()) {
        return std::unexpected(problems);
    }
    read_overrides(environment_overrides(sources.environment), raw, problems);
    read_overrides(sources.overrides, raw, problems);

    config settings;
    const auto read = [&]<typename Section>(const char* name,
                                            const std::vector<field<Section>>& fields,
                                            Section& into) {
        section_reader<Section>(raw.sections[name], name, sources.secrets_needed, problems)
            .read(fields, into);
    };
    read("server", server_fields(), settings.server);
    read("storage", storage_fields(), settings.storage);
    read("whatsapp", whatsapp_fields(), settings.whatsapp);
    read("limits", limits_fields(), settings.limits);
    loose_section loose;
    read("content", content_fields(), loose);
    read("roll", roll_fields(), loose);
    read("log", log_fields(), loose);
    settings.content_dir = loose.content_dir;
    settings.roll_dir = loose.roll_dir;
    settings.log_level = loose.log_level;
    for (std::size_t i = 0; i < raw.offices.size(); ++i) {
        const auto id = raw.offices[i].find("id");
        const auto* text =
            id == raw.offices[i].end() ? nullptr : std::get_if<std::string>(&id->second.value);
        const auto name = "office." + (text == nullptr ? std::to_string(i + 1) : *text);
        section_reader<office_config>(raw.offices[i], name, sources.secrets_needed, problems)
            .read(office_fields(), settings.offices.emplace_back());
    }
    make_url_absolute(settings, raw);
    check(settings, sources.secrets_needed, problems);
    if (!problems.empty()) return std::unexpected(problems);
    return settings;
}

std::vector<std::string> disabled_limits(const config& settings) {
    std::vector<std::string> out;
    const auto look = [&](std::int64_t value, sv key) {
        if (value == 0) out.push_back(fmt::format("{} is 0: this limit is switched off", key));
    };
    look(settings.limits.checks_per_contact_day, "limits.checks_per_contact_day");
    look(settings.limits.checks_per_office_minute, "limits.checks_per_office_minute");
    look(settings.limits.failed_checks_per_nik_day, "limits.failed_checks_per_nik_day");
    look(settings.limits.session_idle_hours, "limits.session_idle_hours");
    look(settings.whatsapp.pair_interval_ms, "whatsapp.pair_interval_ms");
    look(settings.whatsapp.pair_burst, "whatsapp.pair_burst");
    for (const auto& office : settings.offices) {
        if (office.messages_per_s == 0) {
            look(0, fmt::format("office.{}.messages_per_s", office.id));
        }
    }
    return out;
}

std::string print_config(const config& settings) {
    const loose_section loose{settings.content_dir, settings.roll_dir, settings.log_level};
    std::string out;
    print_section(out, "[server]", server_fields(), settings.server);
    print_section(out, "[storage]", storage_fields(), settings.storage);
    print_section(out, "[whatsapp]", whatsapp_fields(), settings.whatsapp);
    print_section(out, "[limits]", limits_fields(), settings.limits);
    print_section(out, "[content]", content_fields(), loose);
    print_section(out, "[roll]", roll_fields(), loose);
    print_section(out, "[log]", log_fields(), loose);
    for (const auto& office : settings.offices) {
        print_section(out, "[[office]]", office_fields(), office);
    }
    out.pop_back();
    return out;
}

std::string config_reference() {
    std::string out =
        "# Settings of Siwareng. Every key is here with its default; a key that is left out has "
        "it.\n"
        "# Environment variables SIWARENG_SECTION_KEY override the file, --set section.key=value "
        "both\n"
        "# (offices: SIWARENG_OFFICE_ID_KEY, --set office.ID.key=value). Relative paths start at "
        "this\n"
        "# file's folder. Secrets may be files: KEY_file = \"PATH\". This file is printed by\n"
        "# `siwareng config print --reference`.\n\n";
    reference_section(out, "[server]", server_fields());
    reference_section(out, "[storage]", storage_fields());
    reference_section(out, "[whatsapp]", whatsapp_fields());
    reference_section(out, "[limits]", limits_fields());
    reference_section(out, "[content]", content_fields());
    reference_section(out, "[roll]", roll_fields());
    reference_section(out, "[log]", log_fields());
    reference_section(out, "# One table for each election office.\n[[office]]", office_fields(),
                      {{"id", "3603"},
                       {"name", "KPU Kabupaten Tangerang"},
                       {"region", "36.03"},
                       {"phone_number_id", "106540352242922"},
                       {"display_phone", "+62 811-0000-3603"}});
    out.pop_back();
    return out;
}

}  // namespace siwareng::bot
