#include "dialogs/session.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <optional>
#include <utility>

namespace siwareng::dialogs {
namespace {

using nlohmann::json;

/// The format's number. A later format gets another one, so that an old program refuses it instead
/// of misreading it.
constexpr int format_version = 1;

json to_value(const frame& value) {
    json out = {{"flow", value.flow}, {"rev", value.revision}, {"node", value.node}};
    if (!value.vars.empty()) out["vars"] = value.vars;
    if (value.retries != 0) out["retries"] = value.retries;
    if (!value.back.empty()) out["back"] = value.back;
    if (!value.given.empty()) out["given"] = value.given;
    return out;
}

/// Takes members out of an object one by one, so that whatever is left over is unknown.
class object_reader {
  public:
    explicit object_reader(json& from) : from_(from), ok_(from.is_object()) {}

    void take(const char* key, std::string& into) {
        const json value = remove(key, true);
        if (ok_ && value.is_string()) {
            into = value.get<std::string>();
        } else {
            ok_ = false;
        }
    }

    void take(const char* key, int& into, bool required) {
        const json value = remove(key, required);
        if (!ok_ || value.is_null()) return;
        if (!value.is_number_integer()) {
            ok_ = false;
            return;
        }
        const auto number = value.get<std::int64_t>();
        ok_ = number >= 0 && number <= std::numeric_limits<int>::max();
        if (ok_) into = static_cast<int>(number);
    }

    void take(const char* key, std::uint64_t& into) {
        const json value = remove(key, true);
        if (ok_ && value.is_number_unsigned()) {
            into = value.get<std::uint64_t>();
        } else {
            ok_ = false;
        }
    }

    void take(const char* key, var_map& into) {
        const json value = remove(key, false);
        if (!ok_ || value.is_null()) return;
        ok_ = value.is_object();
        if (!ok_) return;
        for (const auto& [name, content] : value.items()) {
            if (!content.is_string()) {
                ok_ = false;
                return;
            }
            into.emplace(name, content.get<std::string>());
        }
    }

    void take(const char* key, std::vector<std::string>& into) {
        const json value = remove(key, false);
        if (!ok_ || value.is_null()) return;
        ok_ = value.is_array();
        if (!ok_) return;
        for (const json& each : value) {
            if (!each.is_string()) {
                ok_ = false;
                return;
            }
            into.push_back(each.get<std::string>());
        }
    }

    /// The array of that name; it must be there.
    json take_array(const char* key) {
        json value = remove(key, true);
        ok_ = ok_ && value.is_array();
        return value;
    }

    /// Everything was there, well-typed, and nothing else is.
    [[nodiscard]] bool done() const { return ok_ && from_.empty(); }

  private:
    /// Null where the member is missing; a member that is null is never written, so it is refused.
    json remove(const char* key, bool required) {
        if (!ok_) return nullptr;
        const auto found = from_.find(key);
        if (found == from_.end()) {
            ok_ = !required;
            return nullptr;
        }
        json value = std::move(*found);
        from_.erase(found);
        if (value.is_null()) ok_ = false;
        return value;
    }

    json& from_;
    bool ok_;
};

std::optional<frame> read_frame(json& from) {
    frame out;
    object_reader reader(from);
    reader.take("flow", out.flow);
    reader.take("rev", out.revision, true);
    reader.take("node", out.node);
    reader.take("vars", out.vars);
    reader.take("retries", out.retries, false);
    reader.take("back", out.back);
    reader.take("given", out.given);
    if (!reader.done()) return std::nullopt;
    return out;
}

}  // namespace

std::string_view to_string(language value) {
    switch (value) {
        case language::id:
            return "id";
        case language::en:
            return "en";
        case language::su:
            return "su";
        case language::jv:
            return "jv";
    }
    return "id";
}

std::expected<language, errc> language_from_string(std::string_view code) {
    for (const language each : {language::id, language::en, language::su, language::jv}) {
        if (to_string(each) == code) return each;
    }
    return std::unexpected(errc::unknown_language);
}

std::string to_json(const session& value) {
    json stack = json::array();
    for (const frame& each : value.stack) {
        stack.push_back(to_value(each));
    }
    const json out = {{"v", format_version},
                      {"lang", std::string(to_string(value.lang))},
                      {"seq", value.wait_seq},
                      {"stack", std::move(stack)}};
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::expected<session, errc> session_from_json(std::string_view text) {
    json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) return std::unexpected(errc::bad_session);
    session out;
    int version = 0;
    std::string lang;
    object_reader reader(parsed);
    reader.take("v", version, true);
    reader.take("lang", lang);
    reader.take("seq", out.wait_seq);
    json stack = reader.take_array("stack");
    if (!reader.done() || version != format_version) return std::unexpected(errc::bad_session);
    const auto known = language_from_string(lang);
    if (!known) return std::unexpected(errc::bad_session);
    out.lang = *known;
    for (json& each : stack) {
        auto one = read_frame(each);
        if (!one) return std::unexpected(errc::bad_session);
        out.stack.push_back(*std::move(one));
    }
    return out;
}

}  // namespace siwareng::dialogs
