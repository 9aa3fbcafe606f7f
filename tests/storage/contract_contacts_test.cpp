// What every store promises about contacts, messages from them, and the state of their dialogs.

#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

namespace siwareng::tests {
namespace {

using storage::address;
using storage::address_kind;
using storage::contact;
using storage::contact_id;
using storage::errc;
using storage::inbound_id;
using storage::inbound_state;
using storage::transaction;
using testing::ElementsAre;
using testing::IsEmpty;

class contacts : public any_store {
  protected:
    std::optional<inbound_id> receive(contact_id who, const std::string& wamid,
                                      inbound_state state = inbound_state::handled) {
        return get<std::optional<inbound_id>>(
            [&](transaction& in) { return in.insert_inbound(who, message(wamid), state); });
    }

    void save(contact_id who, const std::string& session, std::int64_t window_until_ms) {
        run([&](transaction& in) { in.save_turn(who, session, window_until_ms); });
    }
};

INSTANTIATE_TEST_SUITE_P(each, contacts, testing::Values(store_kind::sqlite, store_kind::memory),
                         kind_name);

TEST_P(contacts, are_made_once) {
    const contact made = resolve({phone("6281234567890")}, "Budi");
    EXPECT_GT(made.id, 0);
    EXPECT_EQ(made.office, office);
    EXPECT_EQ(made.profile_name, "Budi");
    EXPECT_EQ(made.session, "");
    EXPECT_EQ(made.window_until_ms, 0);
    EXPECT_FALSE(made.blocked);
    EXPECT_THAT(made.addresses, ElementsAre(phone("6281234567890")));
    EXPECT_EQ(resolve({phone("6281234567890")}, "Budi").id, made.id);
    EXPECT_EQ(reader_->stats().contacts, 1);
}

TEST_P(contacts, belong_to_one_office) {
    const contact_id here = new_contact();
    const auto there = get<contact>([](transaction& in) {
        return in.resolve_contact("lebak", {phone("6281234567890")}, "", start_ms);
    });
    EXPECT_NE(there.id, here);
    EXPECT_EQ(there.office, "lebak");
    EXPECT_FALSE(reader_->find_contact("serang", phone("6281234567890")));
}

TEST_P(contacts, keep_the_latest_profile_name) {
    resolve({phone("62811")}, "Budi");
    EXPECT_EQ(resolve({phone("62811")}, "").profile_name, "Budi");
    EXPECT_EQ(resolve({phone("62811")}, "Budi S.").profile_name, "Budi S.");
    EXPECT_EQ(reader_->find_contact(office, phone("62811"))->profile_name, "Budi S.");
}

TEST_P(contacts, gain_addresses) {
    const contact_id who = new_contact("62811");
    const contact both = resolve({phone("62811"), bsuid("ID.1a")});
    EXPECT_EQ(both.id, who);
    EXPECT_THAT(both.addresses, ElementsAre(phone("62811"), bsuid("ID.1a")));
    EXPECT_EQ(resolve({bsuid("ID.1a")}).id, who);
    EXPECT_THAT(resolve({bsuid("ID.1a")}).addresses, ElementsAre(phone("62811"), bsuid("ID.1a")));
    const address parent{address_kind::parent_bsuid, "ID.ENT.9"};
    EXPECT_EQ(resolve({parent, bsuid("ID.1a")}).id, who);
    EXPECT_EQ(reader_->find_contact(office, parent)->id, who);
}

TEST_P(contacts, tell_kinds_of_address_apart) {
    const contact_id first = resolve({phone("12345")}).id;
    EXPECT_NE(resolve({bsuid("12345")}).id, first);
}

TEST_P(contacts, match_variants_of_a_number) {
    struct row {
        const char* country;
        const char* with;
        const char* without;
    };
    for (const row& each : {row{"Brazil", "5511987654321", "551187654321"},
                            row{"Mexico", "5215512345678", "525512345678"},
                            row{"Argentina", "5491123456789", "541123456789"}}) {
        const contact first = resolve({phone(each.with)});
        const contact second = resolve({phone(each.without)});
        EXPECT_EQ(first.id, second.id) << each.country;
        EXPECT_THAT(second.addresses, ElementsAre(phone(each.without)))
            << "Meta's latest spelling is the one to send to";
        EXPECT_EQ(reader_->find_contact(office, phone(each.with))->id, first.id);
    }
    EXPECT_NE(resolve({phone("6291234567890")}).id, resolve({phone("621234567890")}).id)
        << "other countries have no such digit";
}

TEST_P(contacts, merge_when_meta_says_so) {
    const contact_id oldest = resolve({phone("62811")}).id;
    const contact_id other = resolve({bsuid("ID.1a")}, "Budi").id;
    save(other, R"({"of":"other"})", start_ms + day_ms);
    receive(oldest, "wamid.A");
    receive(other, "wamid.B");
    enqueue(other, "reply");
    const contact one = resolve({bsuid("ID.1a"), phone("62811")});
    EXPECT_EQ(one.id, oldest);
    EXPECT_THAT(one.addresses, ElementsAre(phone("62811"), bsuid("ID.1a")));
    EXPECT_EQ(one.session, R"({"of":"other"})") << "a contact without a session takes it over";
    EXPECT_EQ(one.profile_name, "Budi");
    EXPECT_EQ(one.window_until_ms, start_ms + day_ms);
    EXPECT_FALSE(
        get<std::optional<contact>>([&](transaction& in) { return in.load_contact(other); }));
    EXPECT_EQ(reader_->conversation(oldest, 10).size(), 3U);
    EXPECT_THAT(reader_->conversation(other, 10), IsEmpty());
    EXPECT_EQ(reader_->stats().contacts, 1);
    EXPECT_FALSE(receive(oldest, "wamid.B")) << "still known";
    EXPECT_EQ(claim().size(), 1U);
    EXPECT_NE(resolve({phone("62899")}).id, other) << "an id is never used again";
}

TEST_P(contacts, merge_three_at_once) {
    const contact_id first = resolve({phone("62811")}).id;
    resolve({bsuid("ID.1a")});
    resolve({{address_kind::parent_bsuid, "ID.ENT.1"}});
    const contact one =
        resolve({{address_kind::parent_bsuid, "ID.ENT.1"}, bsuid("ID.1a"), phone("62811")});
    EXPECT_EQ(one.id, first);
    EXPECT_EQ(one.addresses.size(), 3U);
    EXPECT_EQ(reader_->stats().contacts, 1);
}

TEST_P(contacts, keep_their_own_session_and_timer_in_a_merge) {
    const contact_id oldest = resolve({phone("62811")}).id;
    const contact_id other = resolve({bsuid("ID.1a")}).id;
    save(oldest, "mine", start_ms + hour_ms);
    save(other, "theirs", start_ms + minute_ms);
    run([&](transaction& in) {
        in.set_timer(oldest, start_ms + 1, 11);
        in.set_timer(other, start_ms + 2, 22);
        in.open_handoff(oldest, "report", start_ms);
        in.open_handoff(other, "status", start_ms);
    });
    const contact one = resolve({phone("62811"), bsuid("ID.1a")});
    EXPECT_EQ(one.session, "mine");
    EXPECT_EQ(one.window_until_ms, start_ms + hour_ms);
    EXPECT_EQ(reader_->stats().handoffs_open, 1);
    run([&](transaction& in) {
        const auto due = in.take_due_timers(start_ms + day_ms, 10);
        ASSERT_EQ(due.size(), 1U);
        EXPECT_EQ(due[0].contact, oldest);
        EXPECT_EQ(due[0].wait_seq, 11U);
        EXPECT_FALSE(in.open_handoff(oldest, "again", start_ms));
        in.close_handoff(oldest, start_ms);
    });
    EXPECT_EQ(reader_->stats().handoffs_open, 0);
}

TEST_P(contacts, take_timer_with_the_session_in_a_merge) {
    resolve({phone("62811")});
    const contact_id other = resolve({bsuid("ID.1a")}).id;
    save(other, "theirs", 0);
    run([&](transaction& in) {
        in.set_timer(other, start_ms, 22);
        in.open_handoff(other, "status", start_ms);
    });
    const contact one = resolve({phone("62811"), bsuid("ID.1a")});
    EXPECT_EQ(reader_->stats().handoffs_open, 1);
    run([&](transaction& in) {
        const auto due = in.take_due_timers(start_ms, 10);
        ASSERT_EQ(due.size(), 1U);
        EXPECT_EQ(due[0].contact, one.id);
        EXPECT_FALSE(in.open_handoff(one.id, "again", start_ms));
    });
}

TEST_P(contacts, are_unblocked_by_a_merge_with_one_that_can_be_reached) {
    const contact_id oldest = resolve({phone("62811")}).id;
    resolve({bsuid("ID.1a")});
    run([&](transaction& in) { in.block_contact(oldest); });
    EXPECT_TRUE(load(oldest).blocked);
    EXPECT_FALSE(resolve({phone("62811"), bsuid("ID.1a")}).blocked);
}

// The last address of a kind is the current one: {before..., after...} of a changed number.
TEST_P(contacts, are_sent_to_their_latest_number) {
    const contact_id who = resolve({phone("62811")}).id;
    const contact changed = resolve({phone("62811"), phone("62822")});
    EXPECT_EQ(changed.id, who);
    EXPECT_THAT(changed.addresses, ElementsAre(phone("62822"), phone("62811")));
    EXPECT_EQ(enqueue(who, "x", true)->to, phone("62822"));
    EXPECT_THAT(resolve({phone("62811")}).addresses, ElementsAre(phone("62811"), phone("62822")))
        << "they wrote from the old one again";
    EXPECT_THAT(resolve({phone("62833"), phone("62822")}).addresses,
                ElementsAre(phone("62822"), phone("62811"), phone("62833")))
        << "a number of the past is known, never sent to";
}

TEST_P(contacts, are_sent_to_a_phone_before_a_user_id) {
    const address parent{address_kind::parent_bsuid, "ID.ENT.1"};
    const contact_id who = resolve({parent}).id;
    EXPECT_EQ(enqueue(who, "1", true)->to, parent);
    resolve({parent, bsuid("ID.1a")});
    accept(1, "wamid.1");
    EXPECT_EQ(enqueue(who, "2", true)->to, bsuid("ID.1a"));
    accept(2, "wamid.2");
    resolve({bsuid("ID.1a"), phone("62811")});
    EXPECT_EQ(enqueue(who, "3", true)->to, phone("62811"));
}

TEST_P(contacts, need_an_address) {
    EXPECT_EQ(
        store_->run([](transaction& in) { in.resolve_contact(office, {}, "", start_ms); }).error(),
        errc::rolled_back);
}

TEST_P(contacts, given_the_same_address_twice) {
    const contact one = resolve({phone("5511987654321"), phone("551187654321")});
    EXPECT_THAT(one.addresses, ElementsAre(phone("551187654321")));
}

TEST_P(contacts, save_turn_moves_the_window_forward_only) {
    const contact_id who = new_contact();
    save(who, "s1", start_ms + day_ms);
    EXPECT_EQ(load(who).session, "s1");
    EXPECT_EQ(load(who).window_until_ms, start_ms + day_ms);
    save(who, "s2", start_ms);
    EXPECT_EQ(load(who).session, "s2");
    EXPECT_EQ(load(who).window_until_ms, start_ms + day_ms);
    save(who, "", start_ms);
    EXPECT_EQ(load(who).session, "");
}

TEST_P(contacts, save_turn_lifts_a_block_when_they_wrote) {
    const contact_id who = new_contact();
    save(who, "s", start_ms);
    run([&](transaction& in) { in.block_contact(who); });
    save(who, "s", start_ms);
    EXPECT_TRUE(load(who).blocked) << "an old message does not show that they can be reached";
    save(who, "s", start_ms + 1);
    EXPECT_FALSE(load(who).blocked);
}

TEST_P(contacts, that_are_unknown) {
    EXPECT_FALSE(get<std::optional<contact>>([](transaction& in) { return in.load_contact(99); }));
    EXPECT_EQ(store_->run([](transaction& in) { in.save_turn(99, "s", 1); }).error(),
              errc::not_found);
    EXPECT_EQ(
        store_
            ->run([](transaction& in) { in.insert_inbound(99, message("w"), inbound_state::kept); })
            .error(),
        errc::constraint);
    EXPECT_EQ(store_->run([](transaction& in) { in.set_timer(99, 1, 1); }).error(),
              errc::constraint);
    EXPECT_EQ(store_->run([](transaction& in) { in.open_handoff(99, "t", 1); }).error(),
              errc::constraint);
    run([](transaction& in) {
        in.clear_timer(99);
        in.close_handoff(99, 1);
        in.block_contact(99);
    });
    EXPECT_FALSE(reader_->find_contact(office, phone("62811")));
    EXPECT_THAT(reader_->conversation(99, 10), IsEmpty());
}

TEST_P(contacts, messages_are_received_once) {
    const contact_id who = new_contact();
    const auto id = receive(who, "wamid.A");
    ASSERT_TRUE(id);
    EXPECT_FALSE(receive(who, "wamid.A"));
    EXPECT_TRUE(receive(who, "wamid.B"));
    auto elsewhere = message("wamid.A");
    elsewhere.phone_number_id = "another";
    EXPECT_TRUE(get<std::optional<inbound_id>>([&](transaction& in) {
        return in.insert_inbound(who, elsewhere, inbound_state::handled);
    })) << "the same wamid at another of our numbers is another message";
    EXPECT_EQ(reader_->conversation(who, 10).size(), 3U);
}

TEST_P(contacts, messages_that_failed_show_up) {
    const contact_id who = new_contact();
    const auto id = receive(who, "wamid.A", inbound_state::failed);
    receive(who, "wamid.B", inbound_state::kept);
    EXPECT_EQ(reader_->stats().inbound_failed, 1);
    EXPECT_EQ(reader_->conversation(who, 10)[0].inbound, inbound_state::failed);
    run([&](transaction& in) { in.set_inbound_state(*id, inbound_state::handled); });
    EXPECT_EQ(reader_->stats().inbound_failed, 0);
    EXPECT_EQ(reader_->conversation(who, 10)[0].inbound, inbound_state::handled);
    EXPECT_EQ(
        store_->run([](transaction& in) { in.set_inbound_state(99, inbound_state::kept); }).error(),
        errc::not_found);
}

TEST_P(contacts, conversation_is_told_in_order) {
    const contact_id who = new_contact();
    const contact_id stranger = new_contact("62899");
    receive(stranger, "wamid.X");
    for (int turn = 0; turn < 3; ++turn) {
        run([&](transaction& in) {
            auto what = message("wamid." + std::to_string(turn), "q" + std::to_string(turn));
            what.received_ms = start_ms + turn * minute_ms;
            const auto id = in.insert_inbound(who, what, inbound_state::handled);
            storage::outbound reply;
            reply.contact = who;
            reply.reply_to = id;
            reply.payload = "a" + std::to_string(turn);
            reply.created_ms = what.received_ms;
            in.enqueue(reply, false);
        });
    }
    std::vector<std::string> bodies;
    for (const auto& entry : reader_->conversation(who, 100))
        bodies.push_back(entry.body);
    EXPECT_THAT(bodies, ElementsAre("q0", "a0", "q1", "a1", "q2", "a2"));
    const auto last = reader_->conversation(who, 3);
    ASSERT_EQ(last.size(), 3U);
    EXPECT_EQ(last[0].body, "a1");
    EXPECT_EQ(last[1].body, "q2");
    EXPECT_TRUE(last[1].from_citizen);
    EXPECT_EQ(last[1].type, "text");
    EXPECT_EQ(last[1].wamid, "wamid.2");
    EXPECT_EQ(last[1].at_ms, start_ms + 2 * minute_ms);
    EXPECT_FALSE(last[2].from_citizen);
    EXPECT_EQ(last[2].reply_to, last[1].id);
    EXPECT_THAT(reader_->conversation(who, 0), IsEmpty());
}

TEST_P(contacts, text_is_kept_byte_by_byte) {
    const std::string odd("\xf0\x9f\x99\x8f a\0b \xff \\u0000 '; DROP TABLE contacts; --", 42);
    const contact_id who = resolve({phone("62811")}, odd).id;
    save(who, odd, 0);
    run([&](transaction& in) {
        in.insert_inbound(who, message("w", odd), inbound_state::handled);
    });
    EXPECT_EQ(load(who).profile_name, odd);
    EXPECT_EQ(load(who).session, odd);
    EXPECT_EQ(reader_->conversation(who, 1)[0].body, odd);
    EXPECT_EQ(enqueue(who, odd, true)->payload, odd);
    EXPECT_EQ(reader_->conversation(who, 2)[1].body, odd);
}

TEST_P(contacts, raw_bodies_are_kept_once) {
    const auto keep = [&](const std::string& body) {
        return get<bool>([&](transaction& in) { return in.keep_raw(body, start_ms); });
    };
    EXPECT_TRUE(keep(R"({"a":1})"));
    EXPECT_FALSE(keep(R"({"a":1})"));
    EXPECT_TRUE(keep(R"({"a": 1})"));
    EXPECT_TRUE(keep(std::string(3'000'000, 'x')));
}

TEST_P(contacts, throttles_count_within_a_window) {
    const storage::throttle_key key{.scope = "nik", .value = "3603", .window_ms = minute_ms};
    run([&](transaction& in) {
        EXPECT_EQ(in.count(office, key, start_ms), 0);
        EXPECT_EQ(in.count_up(office, key, start_ms), 1);
        EXPECT_EQ(in.count_up(office, key, start_ms + 1), 2);
        EXPECT_EQ(in.count(office, key, start_ms + minute_ms - 1), 2);
        EXPECT_EQ(in.count_up(office, key, start_ms + minute_ms - 1), 3);
        EXPECT_EQ(in.count(office, key, start_ms + minute_ms), 0) << "the window is over";
        EXPECT_EQ(in.count_up(office, key, start_ms + minute_ms), 1);
    });
}

TEST_P(contacts, throttles_are_apart) {
    const storage::throttle_key key{.scope = "nik", .value = "3603", .window_ms = minute_ms};
    auto scope = key;
    scope.scope = "contact";
    auto value = key;
    value.value = "3604";
    auto window = key;
    window.window_ms = hour_ms;
    run([&](transaction& in) {
        EXPECT_EQ(in.count_up(office, key, start_ms), 1);
        EXPECT_EQ(in.count_up(office, scope, start_ms), 1);
        EXPECT_EQ(in.count_up(office, value, start_ms), 1);
        EXPECT_EQ(in.count_up(office, window, start_ms), 1);
        EXPECT_EQ(in.count_up("lebak", key, start_ms), 1);
        EXPECT_EQ(in.count_up(office, key, start_ms), 2);
    });
}

TEST_P(contacts, handoffs_open_once) {
    const contact_id who = new_contact();
    const contact_id other = new_contact("62899");
    run([&](transaction& in) {
        EXPECT_TRUE(in.open_handoff(who, "report", start_ms));
        EXPECT_FALSE(in.open_handoff(who, "status", start_ms + 1));
        EXPECT_TRUE(in.open_handoff(other, "report", start_ms));
    });
    EXPECT_EQ(reader_->stats().handoffs_open, 2);
    run([&](transaction& in) {
        in.close_handoff(who, start_ms + 2);
        in.close_handoff(who, start_ms + 3);
    });
    EXPECT_EQ(reader_->stats().handoffs_open, 1);
    run([&](transaction& in) { EXPECT_TRUE(in.open_handoff(who, "report", start_ms + 4)); });
}

TEST_P(contacts, timers_come_due_in_order_and_once) {
    std::vector<contact_id> who;
    who.reserve(4);
    for (int i = 0; i < 4; ++i)
        who.push_back(new_contact("6281" + std::to_string(i)));
    run([&](transaction& in) {
        in.set_timer(who[0], start_ms + 30, 1);
        in.set_timer(who[1], start_ms + 10, 2);
        in.set_timer(who[2], start_ms + 20, 3);
        in.set_timer(who[3], start_ms + 5, 4);
        in.set_timer(who[3], start_ms + 99, ~0ULL);
        in.set_timer(who[2], start_ms + 21, 33);
        in.clear_timer(who[1]);
        EXPECT_THAT(in.take_due_timers(start_ms + 20, 10), IsEmpty());
        const auto first = in.take_due_timers(start_ms + 30, 1);
        ASSERT_EQ(first.size(), 1U);
        EXPECT_EQ(first[0].contact, who[2]);
        EXPECT_EQ(first[0].wait_seq, 33U);
        EXPECT_EQ(first[0].office, office);
        const auto rest = in.take_due_timers(start_ms + day_ms, 10);
        ASSERT_EQ(rest.size(), 2U);
        EXPECT_EQ(rest[0].contact, who[0]);
        EXPECT_EQ(rest[1].contact, who[3]);
        EXPECT_EQ(rest[1].wait_seq, ~0ULL);
        EXPECT_THAT(in.take_due_timers(start_ms + day_ms, 10), IsEmpty());
    });
}

}  // namespace
}  // namespace siwareng::tests
