#include "dialogs/understanding/understand.hpp"

#include "dialogs/toml_tree.hpp"
#include "dialogs/understanding/fold.hpp"
#include "dialogs/voter/name_text.hpp"
#include "dialogs/voter/nik.hpp"
#include "dialogs/voter/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace siwareng::dialogs {
namespace {

// Longer texts are read up to here; no rule needs more.
constexpr std::size_t text_bytes_max = 1000;
// A phrase with words around it is short; a longer text says something else.
constexpr std::size_t phrase_words_max = 12;
constexpr std::size_t filler_words_max = 6;
// A number of nearly the right length is a mistyped NIK; phone numbers are shorter.
constexpr std::size_t nik_like_digits_min = 15;
constexpr std::size_t nik_like_digits_max = 18;

constexpr double exact = 1.0;
constexpr double with_fillers = 0.95;
// Not enough to leave an open question, which can then explain what is wrong with the number.
constexpr double mistyped = 0.8;

constexpr std::string_view filler_key = "filler";
constexpr std::string_view other_topic_key = "other_topic";
constexpr char alone_mark = '=';
constexpr std::string_view nik_slot = "<nik>";
constexpr std::string_view name_slot = "<name>";

// Lets an unordered container be asked with a string_view.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};
using word_set = std::unordered_set<std::string, text_hash, std::equal_to<>>;

std::vector<std::string_view> split_words(std::string_view folded) {
    std::vector<std::string_view> out;
    while (!folded.empty()) {
        const std::size_t space = std::min(folded.find(' '), folded.size());
        out.push_back(folded.substr(0, space));
        folded.remove_prefix(std::min(space + 1, folded.size()));
    }
    return out;
}

// What a phrase means, and whether it only counts as the whole message.
struct meaning {
    std::string intent;
    bool alone = false;
};

// Everything that the `[words]` tables say, ready to be looked up.
struct rules {
    std::unordered_map<std::string, meaning, text_hash, std::equal_to<>> phrases;
    // Words that carry no meaning around a phrase ("min", "tolong").
    word_set fillers;
    // Words that show that a text with a NIK is not about the voter status ("meninggal").
    word_set other_topics;
    // Words of the phrases with slots: they stand around a NIK and a name.
    word_set slot_words;
    // The intent that takes the slots; empty where no phrase has slots.
    std::string slot_intent;
};

class rule_understander final : public understander {
  public:
    explicit rule_understander(rules from) : rules_(std::move(from)) {}

    [[nodiscard]] std::vector<intent> understand(std::string_view text) const override {
        text = text.substr(0, text_bytes_max);
        const std::string folded = fold(text);
        if (const auto found = rules_.phrases.find(folded); found != rules_.phrases.end()) {
            return {{found->second.intent, exact, {}}};
        }
        if (!rules_.slot_intent.empty()) {
            if (auto found = with_number(text, folded); !found.empty()) return found;
        }
        return between_fillers(folded);
    }

  private:
    [[nodiscard]] bool filler(std::string_view word) const { return rules_.fillers.contains(word); }

    // A phrase with polite words around it: "min, menu dong". The longest part that is one wins.
    [[nodiscard]] std::vector<intent> between_fillers(std::string_view folded) const {
        const std::vector<std::string_view> words = split_words(folded);
        if (words.empty() || words.size() > phrase_words_max) return {};
        std::size_t before = 0;
        while (before < words.size() && before < filler_words_max && filler(words[before])) {
            ++before;
        }
        std::size_t behind = 0;
        while (behind < words.size() && behind < filler_words_max &&
               filler(words[words.size() - 1 - behind])) {
            ++behind;
        }
        for (std::size_t taken = 1; taken <= before + behind; ++taken) {
            for (std::size_t front = taken - std::min(taken, behind);
                 front <= std::min(taken, before); ++front) {
                const std::size_t back = taken - front;
                if (front + back >= words.size()) continue;
                const char* const begin = words[front].data();
                const std::string_view last = words[words.size() - 1 - back];
                const std::string_view part(
                    begin, static_cast<std::size_t>(last.data() + last.size() - begin));
                const auto found = rules_.phrases.find(part);
                if (found != rules_.phrases.end() && !found->second.alone) {
                    return {{found->second.intent, with_fillers, {}}};
                }
            }
        }
        return {};
    }

    // A NIK is unmistakable: what else stands there is mostly the name.
    [[nodiscard]] std::vector<intent> with_number(std::string_view text,
                                                  std::string_view folded) const {
        const std::string ascii = to_ascii(text);
        std::vector<number_span> numbers = find_numbers(ascii, nik_like_digits_min);
        std::erase_if(numbers, [](const number_span& number) {
            return number.digits.size() > nik_like_digits_max;
        });
        if (numbers.empty() || about_other_topic(folded)) return {};
        const std::string& digits = numbers.front().digits;
        const bool several = std::ranges::any_of(
            numbers, [&](const number_span& number) { return number.digits != digits; });
        // Whose name would it be? The flow asks for one person.
        if (several) return {{rules_.slot_intent, with_fillers, {}}};
        intent found{rules_.slot_intent, nik::parse(digits) ? exact : mistyped, {}};
        found.slots.emplace("nik", digits);
        std::string name = name_in_text(without(ascii, numbers), [this](std::string_view word) {
            return filler(word) || rules_.slot_words.contains(word);
        });
        if (!name.empty()) found.slots.emplace("name", std::move(name));
        return {std::move(found)};
    }

    [[nodiscard]] bool about_other_topic(std::string_view folded) const {
        return std::ranges::any_of(split_words(folded), [this](std::string_view word) {
            return rules_.other_topics.contains(word);
        });
    }

    // The words around the numbers; a line end keeps those before and behind one apart.
    static std::string without(std::string_view ascii, const std::vector<number_span>& numbers) {
        std::string out;
        std::size_t from = 0;
        for (const number_span& number : numbers) {
            out.append(ascii.substr(from, number.begin - from));
            out.push_back('\n');
            from = number.end;
        }
        out.append(ascii.substr(from));
        return out;
    }

    rules rules_;
};

// Reads the `[words]` tables of all languages into one set of rules.
class rule_reader final {
  public:
    void read(const std::string& file, std::string_view text) {
        const auto table = parse_toml(file, text);
        if (!table) {
            problems_.push_back(table.error());
            return;
        }
        const toml_value* words = find(*table, "words");
        if (words == nullptr) return;
        if (words->table() == nullptr) {
            problems_.push_back({file, words->line, "[words] has to be a table"});
            return;
        }
        for (const auto& [id, phrases] : *words->table())
            read_intent(file, id, phrases);
    }

    std::expected<rules, std::vector<content_problem>> finish() {
        if (!problems_.empty()) return std::unexpected(std::move(problems_));
        return std::move(rules_);
    }

  private:
    void read_intent(const std::string& file, const std::string& id, const toml_value& phrases) {
        if (phrases.array() == nullptr) {
            add_problem(file, phrases.line, fmt::format("words.{} has to be a list of texts", id));
            return;
        }
        for (const toml_value& phrase : *phrases.array()) {
            if (phrase.text() == nullptr) {
                add_problem(file, phrase.line, fmt::format("words.{} may hold texts only", id));
            } else {
                add(file, phrase.line, id, *phrase.text());
            }
        }
    }

    void add(const std::string& file, int line, const std::string& id, std::string_view phrase) {
        if (phrase.contains(nik_slot)) {
            add_slot_phrase(file, line, id, phrase);
            return;
        }
        std::string folded = fold(phrase);
        if (folded.empty()) {
            add_problem(file, line,
                        fmt::format("words.{} holds a phrase without letters or digits", id));
            return;
        }
        if (id == filler_key || id == other_topic_key) {
            if (folded.contains(' ')) {
                add_problem(
                    file, line,
                    fmt::format("words.{} takes single words; '{}' is several", id, phrase));
                return;
            }
            (id == filler_key ? rules_.fillers : rules_.other_topics).insert(std::move(folded));
            return;
        }
        const bool alone = phrase.starts_with(alone_mark);
        const auto [known, added] = rules_.phrases.emplace(std::move(folded), meaning{id, alone});
        if (added) return;
        if (known->second.intent != id) {
            add_problem(file, line,
                        fmt::format("'{}' is a phrase of words.{} and of words.{}", phrase,
                                    known->second.intent, id));
        }
        known->second.alone = known->second.alone && alone;
    }

    void add_slot_phrase(const std::string& file, int line, const std::string& id,
                         std::string_view phrase) {
        if (!rules_.slot_intent.empty() && rules_.slot_intent != id) {
            add_problem(file, line,
                        fmt::format("words.{} and words.{} both take <nik>; only one intent can",
                                    rules_.slot_intent, id));
            return;
        }
        rules_.slot_intent = id;
        std::string literal(phrase);
        for (const std::string_view slot : {nik_slot, name_slot}) {
            if (const std::size_t at = literal.find(slot); at != std::string::npos) {
                literal.replace(at, slot.size(), " ");
            }
        }
        const std::string folded = fold(literal);
        for (const std::string_view word : split_words(folded)) {
            rules_.slot_words.emplace(word);
        }
    }

    void add_problem(const std::string& file, int line, std::string message) {
        problems_.push_back({file, line, std::move(message)});
    }

    rules rules_;
    std::vector<content_problem> problems_;
};

}  // namespace

std::expected<std::shared_ptr<const understander>, std::vector<content_problem>>
create_understander(const content_files& files) {
    rule_reader reader;
    for (const auto& [file, text] : files) {
        if (file.starts_with("locale/") && file.ends_with(".toml")) reader.read(file, text);
    }
    auto read = reader.finish();
    if (!read) return std::unexpected(std::move(read.error()));
    return std::make_shared<const rule_understander>(*std::move(read));
}

}  // namespace siwareng::dialogs
