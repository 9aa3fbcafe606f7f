#include "tools/roll_generator/households.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace siwareng::tools {
namespace {

constexpr std::array origins = std::to_array<origin>({
    {"3173", "JAKARTA", community::local},
    {"3671", "TANGERANG", community::local},
    {"3329", "BREBES", community::javanese},
    {"3174", "JAKARTA", community::local},
    {"3328", "TEGAL", community::javanese},
    {"3604", "SERANG", community::local},
    {"3602", "LEBAK", community::local},
    {"3674", "TANGERANG", community::local},
    {"3601", "PANDEGLANG", community::local},
    {"3172", "JAKARTA", community::local},
    {"3327", "PEMALANG", community::javanese},
    {"3201", "BOGOR", community::local},
    {"3302", "BANYUMAS", community::javanese},
    {"1807", "LAMPUNG TIMUR", community::javanese},
    {"3304", "BANJARNEGARA", community::javanese},
    {"3305", "KEBUMEN", community::javanese},
    {"1271", "MEDAN", community::batak},
    {"3175", "JAKARTA", community::local},
    {"1202", "TARUTUNG", community::batak},
    {"3209", "CIREBON", community::local},
    {"1805", "LAMPUNG TENGAH", community::javanese},
    {"3171", "JAKARTA", community::benteng},
    {"3307", "WONOSOBO", community::javanese},
    {"1212", "BALIGE", community::batak},
    {"3578", "SURABAYA", community::javanese},
    {"1671", "PALEMBANG", community::local},
    {"3205", "GARUT", community::local},
    {"3506", "KEDIRI", community::javanese},
});

int head_age(random_source& random) {
    const std::uint32_t band = random.below(100);
    if (band < 14) return random.between(21, 29);
    if (band < 40) return random.between(30, 39);
    if (band < 67) return random.between(40, 49);
    if (band < 85) return random.between(50, 59);
    if (band < 95) return random.between(60, 69);
    return random.between(70, 88);
}

/// Born so that the person is `age` years old today and not a year older.
std::int64_t birth_day(random_source& random, int age, std::int64_t today) {
    return today - (age * 1461 + 3) / 4 - 1 - random.below(363);
}

class maker {
  public:
    maker(household& out, random_source& random, std::int64_t today)
        : out_(out), random_(random), today_(today) {}

    void settle(setting where) {
        out_.people.clear();
        newcomers_ = nullptr;
        const std::uint32_t moved_share = where == setting::urban   ? 30
                                          : where == setting::mixed ? 14
                                                                    : 4;
        if (random_.below(100) < moved_share) {
            newcomers_ = &random_.pick_skewed(std::span<const origin>{origins});
            out_.custom = newcomers_->custom;
        } else {
            const std::uint32_t benteng_share = where == setting::rural ? 1 : 5;
            out_.custom =
                random_.below(100) < benteng_share ? community::benteng : community::local;
        }
        out_.clan = pick_clan(random_, out_.custom);
    }

    void add(bool male, int age, char marital) {
        person who;
        who.male = male;
        who.age = age;
        who.birth_day = birth_day(random_, age, today_);
        who.marital = marital;
        if (newcomers_ != nullptr && age >= 24) who.from = newcomers_;
        // Some of the others were registered elsewhere too: in-laws, people who came back.
        if (newcomers_ == nullptr && random_.chance(3'500)) {
            who.from = &random_.pick_skewed(std::span<const origin>{origins});
        }
        out_.people.push_back(who);
    }

    /// Unmarried grown-up children who still live with a mother of that age.
    void add_children(int mother_age) {
        const int oldest = std::min(mother_age - 18, 38);
        if (oldest < 17) return;
        const std::uint32_t draw = random_.below(100);
        const int count = draw < 42 ? 0 : draw < 80 ? 1 : draw < 96 ? 2 : 3;
        for (int child = 0; child < count; ++child) {
            const int age = random_.between(17, std::min(oldest, 30));
            const bool divorced = age >= 24 && random_.chance(6'000);
            add(random_.below(100) < 56, age, divorced ? 'P' : 'B');
        }
    }

    void couple() {
        const int husband = head_age(random_);
        int wife = std::max(18, husband - random_.between(-3, 8));
        const bool minor_wife = husband < 25 && random_.chance(900);
        if (minor_wife) wife = random_.between(15, 16);
        add(true, husband, 'S');
        add(false, wife, 'S');
        add_children(wife);
        // A widowed grandmother or grandfather under the same roof.
        if (husband < 55 && random_.below(100) < 9) {
            add(random_.below(100) < 22, husband + random_.between(20, 32), 'P');
        }
    }

    void widowed() {
        const bool male = random_.below(100) < 29;
        const int age = std::max(28, head_age(random_) + random_.between(0, 14));
        add(male, age, 'P');
        add_children(male ? age - 4 : age);
    }

    void single() {
        const int age = random_.between(18, 27) + random_.between(0, 14);
        add(random_.below(100) < 62, age, 'B');
        if (random_.below(100) < 18) add(random_.below(2) == 0, random_.between(17, 30), 'B');
    }

  private:
    household& out_;
    random_source& random_;
    std::int64_t today_;
    const origin* newcomers_ = nullptr;
};

}  // namespace

void make_household(household& out, random_source& random, setting where, std::int64_t today) {
    maker make{out, random, today};
    make.settle(where);
    const std::uint32_t kind = random.below(100);
    if (kind < 76) {
        make.couple();
    } else if (kind < 87) {
        make.widowed();
    } else {
        make.single();
    }
}

}  // namespace siwareng::tools
