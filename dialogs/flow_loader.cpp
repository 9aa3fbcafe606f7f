#include "dialogs/flow_loader.hpp"

#include "dialogs/nearest.hpp"
#include "dialogs/toml_tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace siwareng::dialogs {
namespace {

constexpr std::size_t option_value_bytes_max = 64;
constexpr std::int64_t timeout_max_ms = 30LL * 24 * 3600 * 1000;

/// std::ranges::contains, which this standard library does not have yet.
template <typename range, typename value, typename projection = std::identity>
bool holds(const range& in, const value& wanted, projection project = {}) {
    return std::ranges::find(in, wanted, project) != std::ranges::end(in);
}

/// A node kind's own key and the others that it may have.
struct kind_keys {
    std::string_view kind;
    std::vector<std::string> keys;
};

const std::vector<kind_keys>& all_kinds() {
    static const std::vector<kind_keys> kinds = {
        {"say", {"say", "then"}},
        {"ask", {"ask", "text", "into", "then", "retry_exhausted", "timeout", "on_timeout"}},
        {"choose", {"choose", "into", "options", "list", "else", "retry_exhausted"}},
        {"form", {"form", "then", "retry_exhausted"}},
        {"branch", {"branch", "is", "else"}},
        {"set", {"set", "then"}},
        {"call", {"call", "with", "on"}},
        {"run", {"run", "with", "take", "on"}},
        {"handoff", {"handoff", "then"}},
        {"end", {"end"}},
    };
    return kinds;
}

const std::vector<std::string>& header_keys() {
    static const std::vector<std::string> keys = {
        "flow", "revision", "entry", "recover", "intents", "slots", "outcomes", "migrate", "node"};
    return keys;
}

/// "10m" in milliseconds; nothing for anything that is no duration.
std::optional<std::int64_t> parse_duration(std::string_view text) {
    std::int64_t amount = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [rest, error] = std::from_chars(begin, end, amount);
    if (error != std::errc() || rest + 1 != end || amount <= 0) return std::nullopt;
    std::int64_t unit_ms = 0;
    switch (*rest) {
        case 's':
            unit_ms = 1000;
            break;
        case 'm':
            unit_ms = 60'000;
            break;
        case 'h':
            unit_ms = 3'600'000;
            break;
        case 'd':
            unit_ms = 86'400'000;
            break;
        default:
            return std::nullopt;
    }
    if (amount > timeout_max_ms / unit_ms) return std::nullopt;
    return amount * unit_ms;
}

/// Reads the nodes of one flow.
class node_reader final {
  public:
    node_reader(const std::string& file, const std::string& name, const toml_value& from,
                const toml_table& table, std::vector<content_problem>& problems)
        : file_(file), table_(table), problems_(problems) {
        out_.name = name;
        out_.line = from.line;
    }

    std::optional<node> read() {
        const std::size_t before = problems_.size();
        const kind_keys* kind = find_kind();
        if (kind == nullptr) return std::nullopt;
        for (const auto& [key, value] : table_) {
            if (holds(kind->keys, key)) continue;
            add_problem(value.line, fmt::format("{} has no key '{}'.{}", kind->kind, key,
                                                did_you_mean(key, kind->keys)));
        }
        read_kind(kind->kind);
        if (problems_.size() != before) return std::nullopt;
        return std::move(out_);
    }

  private:
    const kind_keys* find_kind() {
        const kind_keys* found = nullptr;
        for (const kind_keys& each : all_kinds()) {
            const toml_value* key = find(table_, each.kind);
            if (key == nullptr) continue;
            if (found != nullptr) {
                add_problem(key->line, fmt::format("is both '{}' and '{}'; a node has one kind",
                                                   found->kind, each.kind));
                return nullptr;
            }
            found = &each;
        }
        if (found != nullptr) return found;
        std::vector<std::string> kinds;
        for (const kind_keys& each : all_kinds()) {
            kinds.emplace_back(each.kind);
        }
        const std::string hint = table_.empty() ? "" : did_you_mean(table_.front().key, kinds);
        add_problem(out_.line,
                    fmt::format("has no kind; one of {}.{}", fmt::join(kinds, ", "), hint));
        return nullptr;
    }

    void read_kind(std::string_view kind) {
        if (kind == "say") return read_say();
        if (kind == "ask") return read_ask();
        if (kind == "choose") return read_choose();
        if (kind == "form") return read_form();
        if (kind == "branch") return read_branch();
        if (kind == "set") return read_set();
        if (kind == "call") return read_call();
        if (kind == "run") return read_run();
        if (kind == "handoff") return read_handoff();
        out_.kind = end_node{required_name("end")};
    }

    void read_say() {
        out_.kind = say_node{required_text(table_, out_.line, "say", text_role::body)};
        add_exit("then", true);
    }

    void read_ask() {
        ask_node made;
        made.type = read_type(table_, out_.line);
        made.text = required_text(table_, out_.line, "text", text_role::body);
        made.into = find(table_, "into") == nullptr ? out_.name : required_name("into");
        const toml_value* timeout = find(table_, "timeout");
        if (timeout != nullptr) {
            const auto parsed =
                timeout->text() == nullptr ? std::nullopt : parse_duration(*timeout->text());
            made.timeout_ms = parsed.value_or(0);
            if (!parsed) {
                add_problem(timeout->line,
                            "'timeout' has to be like \"90s\", \"10m\", \"2h\" or \"1d\", at most "
                            "30 days");
            }
        }
        add_exit("then", true);
        add_exit("retry_exhausted", true);
        add_exit("on_timeout", timeout != nullptr);
        if (const auto* bound = find(table_, "on_timeout"); bound && timeout == nullptr) {
            add_problem(bound->line, "'on_timeout' is never taken without a 'timeout'");
        }
        out_.kind = std::move(made);
    }

    void read_choose() {
        choose_node made;
        made.text = required_text(table_, out_.line, "choose", text_role::body);
        if (find(table_, "into") != nullptr) made.into = required_name("into");
        const toml_value* options = find(table_, "options");
        const toml_array* list = options == nullptr ? nullptr : options->array();
        if (list == nullptr || list->empty()) {
            add_problem(options == nullptr ? out_.line : options->line,
                        "'options' has to be a list of { value, text, then }");
            return;
        }
        const bool rows = list->size() > 3;
        for (const toml_value& each : *list) {
            read_option(each, rows, made);
        }
        if (find(table_, "list") != nullptr) {
            made.list = required_text(table_, out_.line, "list", text_role::list_label);
        } else if (rows) {
            add_problem(options->line,
                        "more than three options need 'list', the key of the label "
                        "that opens them");
        }
        add_exit("else", false);
        // With `else` every text leads on, so that nothing can be exhausted.
        add_exit("retry_exhausted", find(table_, "else") == nullptr);
        out_.kind = std::move(made);
    }

    void read_option(const toml_value& from, bool rows, choose_node& into) {
        static const std::vector<std::string> keys = {"value", "text", "about", "then"};
        const toml_table* table = from.table();
        if (table == nullptr) {
            add_problem(from.line, "an option has to be { value, text, then }");
            return;
        }
        check_keys(*table, keys, "an option");
        choose_option made;
        made.value = required_string(*table, from.line, "value");
        made.text = required_text(*table, from.line, "text",
                                  rows ? text_role::row_title : text_role::button_title);
        if (const toml_value* about = find(*table, "about")) {
            made.about = required_text(*table, from.line, "about", text_role::row_about);
            if (!rows)
                add_problem(about->line, "'about' is only shown for more than three options");
        }
        if (made.value.size() > option_value_bytes_max) {
            add_problem(from.line, fmt::format("the option's value is longer than {} bytes",
                                               option_value_bytes_max));
        }
        if (holds(into.options, made.value, &choose_option::value)) {
            add_problem(from.line, fmt::format("two options have the value '{}'", made.value));
        }
        if (const std::string then = required_string(*table, from.line, "then"); !then.empty()) {
            out_.exits.push_back({fmt::format("option.{}", made.value), then, from.line});
        }
        into.options.push_back(std::move(made));
    }

    void read_form() {
        static const std::vector<std::string> keys = {"ask", "into", "text"};
        form_node made;
        const toml_value& fields = *find(table_, "form");
        if (fields.array() == nullptr || fields.array()->empty()) {
            add_problem(fields.line, "'form' has to be a list of { ask, into, text }");
            return;
        }
        for (const toml_value& each : *fields.array()) {
            const toml_table* table = each.table();
            if (table == nullptr) {
                add_problem(each.line, "a field has to be { ask, into, text }");
                continue;
            }
            check_keys(*table, keys, "a field");
            form_field field;
            field.type = read_type(*table, each.line);
            field.into = required_variable(*table, each.line, "into");
            field.text = required_text(*table, each.line, "text", text_role::body);
            if (holds(made.fields, field.into, &form_field::into)) {
                add_problem(each.line, fmt::format("two fields fill '{}'", field.into));
            }
            made.fields.push_back(std::move(field));
        }
        add_exit("then", true);
        add_exit("retry_exhausted", true);
        out_.kind = std::move(made);
    }

    void read_branch() {
        out_.kind = branch_node{required_name("branch")};
        add_exits("is", false);
        add_exit("else", true);
    }

    void read_set() {
        set_node made;
        const toml_value& values = *find(table_, "set");
        if (values.table() == nullptr || values.table()->empty()) {
            add_problem(values.line, "'set' has to be { variable = \"value\" }");
            return;
        }
        for (const auto& [variable, value] : *values.table()) {
            check_variable(variable, value.line);
            if (value.text() == nullptr) {
                add_problem(value.line,
                            fmt::format("the value of '{}' has to be a string", variable));
                continue;
            }
            auto parsed = text_template::parse(*value.text());
            if (parsed) {
                made.values.emplace_back(variable, *std::move(parsed));
            } else {
                add_problem(value.line, parsed.error());
            }
        }
        add_exit("then", true);
        out_.kind = std::move(made);
    }

    void read_call() {
        call_node made;
        made.operation = required_string(table_, out_.line, "call");
        made.with = read_names("with");
        add_exits("on", true);
        out_.kind = std::move(made);
    }

    void read_run() {
        run_node made;
        made.flow = required_name("run");
        made.with = read_names("with");
        made.take = read_names("take");
        add_exits("on", true);
        out_.kind = std::move(made);
    }

    void read_handoff() {
        out_.kind = handoff_node{required_string(table_, out_.line, "handoff")};
        add_exit("then", true);
    }

    // --- pieces ----------------------------------------------------------------------------

    std::string required_string(const toml_table& from, int line, std::string_view key) {
        const toml_value* value = find(from, key);
        if (value == nullptr) {
            add_problem(line, fmt::format("'{}' is missing", key));
            return {};
        }
        if (value->text() == nullptr || value->text()->empty()) {
            add_problem(value->line, fmt::format("'{}' has to be a string", key));
            return {};
        }
        return *value->text();
    }

    std::string required_variable(const toml_table& from, int line, std::string_view key) {
        std::string out = required_string(from, line, key);
        if (!out.empty()) check_variable(out, find(from, key)->line);
        return out;
    }

    std::string required_name(std::string_view key) {
        return required_variable(table_, out_.line, key);
    }

    std::string required_text(const toml_table& from, int line, std::string_view key,
                              text_role role) {
        std::string out = required_string(from, line, key);
        if (!out.empty()) out_.texts.push_back({out, role, find(from, key)->line});
        return out;
    }

    const input_type* read_type(const toml_table& from, int line) {
        const std::string name = required_string(from, line, "ask");
        if (name.empty()) return nullptr;
        const input_type* type = find_input_type(name);
        if (type == nullptr) {
            std::vector<std::string> known;
            for (const std::string_view each : input_type_names()) {
                known.emplace_back(each);
            }
            add_problem(find(from, "ask")->line,
                        fmt::format("no input type '{}'; known are {}.{}", name,
                                    fmt::join(known, ", "), did_you_mean(name, known)));
        }
        return type;
    }

    void add_exit(std::string_view key, bool required) {
        if (!required && find(table_, key) == nullptr) return;
        std::string target = required_string(table_, out_.line, key);
        if (target.empty()) return;
        out_.exits.push_back({std::string(key), std::move(target), find(table_, key)->line});
    }

    /// The exits of `is.VALUE` or `on.OUTCOME`.
    void add_exits(std::string_view key, bool required) {
        const toml_value* value = find(table_, key);
        if (value == nullptr) {
            if (required) add_problem(out_.line, fmt::format("'{}.…' is missing", key));
            return;
        }
        if (value->table() == nullptr) {
            add_problem(value->line, fmt::format("'{0}' has to be '{0}.NAME = \"node\"'", key));
            return;
        }
        for (const auto& [name, target] : *value->table()) {
            if (target.text() == nullptr) {
                add_problem(target.line, fmt::format("'{}.{}' has to name a node", key, name));
                continue;
            }
            out_.exits.push_back({fmt::format("{}.{}", key, name), *target.text(), target.line});
        }
    }

    /// `with` and `take`: pairs of names.
    name_map<std::string> read_names(std::string_view key) {
        name_map<std::string> out;
        const toml_value* value = find(table_, key);
        if (value == nullptr) return out;
        if (value->table() == nullptr) {
            add_problem(value->line, fmt::format("'{}' has to be {{ name = \"variable\" }}", key));
            return out;
        }
        for (const auto& [name, variable] : *value->table()) {
            check_variable(name, variable.line);
            if (variable.text() == nullptr) {
                add_problem(variable.line,
                            fmt::format("'{}.{}' has to name a variable", key, name));
                continue;
            }
            check_variable(*variable.text(), variable.line);
            out.emplace(name, *variable.text());
        }
        return out;
    }

    void check_variable(std::string_view name, int line) {
        if (is_name(name)) return;
        add_problem(line, fmt::format("'{}' is no name: lower case letters, digits and '_', a "
                                      "letter first",
                                      name));
    }

    void check_keys(const toml_table& from, const std::vector<std::string>& known,
                    std::string_view what) {
        for (const auto& [key, value] : from) {
            if (holds(known, key)) continue;
            add_problem(value.line,
                        fmt::format("{} has no key '{}'.{}", what, key, did_you_mean(key, known)));
        }
    }

    void add_problem(int line, std::string_view message) {
        problems_.push_back({file_, line, fmt::format("node '{}': {}", out_.name, message)});
    }

    const std::string& file_;
    const toml_table& table_;
    std::vector<content_problem>& problems_;
    node out_;
};

/// Reads what stands above the nodes.
class flow_reader final {
  public:
    flow_reader(const std::string& file, const toml_table& table,
                std::vector<content_problem>& problems)
        : file_(file), table_(table), problems_(problems) {
        out_.file = file;
        const std::size_t slash = file.rfind('/') + 1;
        out_.name = file.substr(slash, file.size() - slash - std::string_view(".toml").size());
    }

    flow_def read() {
        for (const auto& [key, value] : table_) {
            if (holds(header_keys(), key)) continue;
            add_problem(value.line, fmt::format("a flow has no key '{}'.{}", key,
                                                did_you_mean(key, header_keys())));
        }
        const located_name name = read_name("flow", true);
        if (!name.name.empty() && name.name != out_.name) {
            add_problem(name.line, fmt::format("the flow '{}' has to be in flows/{}.toml",
                                               name.name, name.name));
        }
        if (!is_name(out_.name)) {
            add_problem(0, "a flow's file is named in lower case letters, digits and '_'");
        }
        read_revision();
        out_.entry = read_name("entry", true);
        out_.recover = find(table_, "recover") == nullptr ? out_.entry : read_name("recover", true);
        out_.intents = read_list("intents");
        out_.outcomes = read_list("outcomes");
        out_.slots = read_pairs("slots");
        out_.migrate = read_pairs("migrate");
        read_nodes();
        for (const node& each : out_.nodes) {
            for (std::string& variable : assigned_variables(each)) {
                out_.variables.insert(std::move(variable));
            }
        }
        return std::move(out_);
    }

  private:
    located_name read_name(std::string_view key, bool required) {
        const toml_value* value = find(table_, key);
        if (value == nullptr) {
            if (required) add_problem(0, fmt::format("'{}' is missing", key));
            return {};
        }
        if (value->text() == nullptr || !is_name(*value->text())) {
            add_problem(value->line, fmt::format("'{}' has to be a name: lower case letters, "
                                                 "digits and '_'",
                                                 key));
            return {};
        }
        return {*value->text(), value->line};
    }

    void read_revision() {
        const toml_value* value = find(table_, "revision");
        const std::int64_t* number = value == nullptr ? nullptr : value->integer();
        if (number == nullptr || *number < 1 || *number > std::numeric_limits<int>::max()) {
            add_problem(value == nullptr ? 0 : value->line, "'revision' has to be a number from 1");
            return;
        }
        out_.revision = static_cast<int>(*number);
    }

    std::vector<located_name> read_list(std::string_view key) {
        std::vector<located_name> out;
        const toml_value* value = find(table_, key);
        if (value == nullptr) return out;
        if (value->array() == nullptr) {
            add_problem(value->line, fmt::format("'{}' has to be a list of names", key));
            return out;
        }
        for (const toml_value& each : *value->array()) {
            if (each.text() == nullptr || !is_name(*each.text())) {
                add_problem(each.line, fmt::format("'{}' has to be a list of names", key));
                continue;
            }
            if (holds(out, *each.text(), &located_name::name)) {
                add_problem(each.line, fmt::format("'{}' lists '{}' twice", key, *each.text()));
                continue;
            }
            out.push_back({*each.text(), each.line});
        }
        return out;
    }

    std::vector<std::pair<std::string, located_name>> read_pairs(std::string_view key) {
        std::vector<std::pair<std::string, located_name>> out;
        const toml_value* value = find(table_, key);
        if (value == nullptr) return out;
        if (value->table() == nullptr) {
            add_problem(value->line, fmt::format("'{}' has to be {{ name = \"name\" }}", key));
            return out;
        }
        for (const auto& [name, other] : *value->table()) {
            if (other.text() == nullptr || !is_name(*other.text()) || !is_name(name)) {
                add_problem(other.line, fmt::format("'{}' has to be {{ name = \"name\" }}", key));
                continue;
            }
            out.emplace_back(name, located_name{*other.text(), other.line});
        }
        return out;
    }

    void read_nodes() {
        const toml_value* nodes = find(table_, "node");
        if (nodes == nullptr || nodes->table() == nullptr || nodes->table()->empty()) {
            add_problem(nodes == nullptr ? 0 : nodes->line, "a flow needs nodes: [node.NAME]");
            return;
        }
        for (const auto& [name, value] : *nodes->table()) {
            if (!is_name(name)) {
                add_problem(value.line, fmt::format("node '{}': a name is lower case letters, "
                                                    "digits and '_', a letter first",
                                                    name));
                continue;
            }
            if (value.table() == nullptr) {
                add_problem(value.line, fmt::format("node '{}' has to be a table", name));
                continue;
            }
            if (auto made = node_reader(file_, name, value, *value.table(), problems_).read()) {
                out_.nodes.push_back(*std::move(made));
            }
        }
    }

    void add_problem(int line, std::string message) {
        problems_.push_back({file_, line, std::move(message)});
    }

    const std::string& file_;
    const toml_table& table_;
    std::vector<content_problem>& problems_;
    flow_def out_;
};

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
    const std::string found = nearest(word, known);
    return found.empty() ? std::string() : fmt::format(" Did you mean '{}'?", found);
}

loaded_flow load_flow(const std::string& file, std::string_view text,
                      std::vector<content_problem>& problems) {
    const std::size_t before = problems.size();
    loaded_flow out;
    auto table = parse_toml(file, text);
    if (table) {
        out.flow = flow_reader(file, *table, problems).read();
    } else {
        out.flow.file = file;
        problems.push_back(std::move(table.error()));
    }
    out.sound = problems.size() == before;
    return out;
}

}  // namespace siwareng::dialogs
