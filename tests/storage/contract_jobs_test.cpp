// What every store promises about jobs: all or nothing, in order, reported once; and about upkeep.

#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace siwareng::tests {
namespace {

using storage::contact_id;
using storage::errc;
using storage::inbound_state;
using storage::job;
using storage::outbox_state;
using storage::transaction;
using testing::ElementsAre;

class jobs : public any_store {
  protected:
    std::int64_t contacts() { return reader_->stats().contacts; }

    static void add(transaction& in, const std::string& digits) {
        in.resolve_contact(office, {phone(digits)}, "Budi", start_ms);
    }
};

INSTANTIATE_TEST_SUITE_P(each, jobs, testing::Values(store_kind::sqlite, store_kind::memory),
                         kind_name);

TEST_P(jobs, that_throw_leave_nothing) {
    EXPECT_EQ(store_
                  ->run([](transaction& in) {
                      add(in, "62811");
                      throw std::runtime_error("no");
                  })
                  .error(),
              errc::rolled_back);
    EXPECT_EQ(store_
                  ->run([](transaction& in) {
                      add(in, "62811");
                      throw storage::store_error(errc::bad_seal, "no");
                  })
                  .error(),
              errc::bad_seal);
    EXPECT_EQ(store_
                  ->run([](transaction& in) {
                      add(in, "62811");
                      throw 7;
                  })
                  .error(),
              errc::rolled_back);
    EXPECT_EQ(contacts(), 0);
    run([](transaction& in) { add(in, "62811"); });
    EXPECT_EQ(contacts(), 1);
}

TEST_P(jobs, that_throw_take_back_everything) {
    const contact_id who = new_contact();
    enqueue(who, "1", true);
    enqueue(who, "2");
    run([&](transaction& in) {
        in.save_turn(who, "before", start_ms);
        in.set_timer(who, start_ms, 1);
        in.open_handoff(who, "topic", start_ms);
        in.keep_raw("raw", start_ms);
    });
    const storage::throttle_key key{.scope = "s", .value = "v", .window_ms = minute_ms};
    EXPECT_FALSE(store_->run([&](transaction& in) {
        item next;
        in.insert_inbound(who, message("wamid.A"), inbound_state::failed);
        in.save_turn(who, "after", start_ms + day_ms);
        in.block_contact(who);
        in.count_up(office, key, start_ms);
        in.close_handoff(who, start_ms);
        in.take_due_timers(start_ms, 10);
        in.record_accepted(1, "wamid.1", start_ms + day_ms);
        in.apply_status(status("wamid.1", outbox_state::read), start_ms, next);
        in.apply_status(status("wamid.2", outbox_state::read), start_ms, next);
        in.resolve_contact(office, {phone("62899")}, "", start_ms);
        in.resolve_contact(office, {phone("6281234567890"), phone("62899")}, "x", start_ms);
        in.purge({.raw_ms = 0}, start_ms + 1, 10);
        throw std::runtime_error("no");
    }));
    const auto stats = reader_->stats();
    EXPECT_EQ(stats.contacts, 1);
    EXPECT_EQ(stats.inbound_failed, 0);
    EXPECT_EQ(stats.outbox_sending, 1);
    EXPECT_EQ(stats.outbox_queued, 1);
    EXPECT_EQ(stats.handoffs_open, 1);
    EXPECT_EQ(stats.parked_statuses, 0);
    const auto same = load(who);
    EXPECT_EQ(same.session, "before");
    EXPECT_EQ(same.window_until_ms, start_ms);
    EXPECT_FALSE(same.blocked);
    EXPECT_EQ(same.profile_name, "");
    EXPECT_EQ(same.addresses.size(), 1U);
    run([&](transaction& in) {
        EXPECT_EQ(in.count(office, key, start_ms), 0);
        EXPECT_EQ(in.take_due_timers(start_ms, 10).size(), 1U);
        EXPECT_FALSE(in.keep_raw("raw", start_ms));
        EXPECT_TRUE(in.insert_inbound(who, message("wamid.A"), inbound_state::handled));
    });
    EXPECT_EQ(new_contact("62855"), who + 1) << "ids of a job that failed are free";
}

TEST_P(jobs, savepoints_take_back_their_part) {
    run([](transaction& in) {
        add(in, "62811");
        EXPECT_THROW(in.with_savepoint([&] {
            add(in, "62822");
            throw std::runtime_error("no");
        }),
                     std::runtime_error);
        add(in, "62833");
        in.with_savepoint([&] { add(in, "62844"); });
    });
    EXPECT_EQ(contacts(), 3);
    EXPECT_FALSE(reader_->find_contact(office, phone("62822")));
    EXPECT_TRUE(reader_->find_contact(office, phone("62844")));
}

TEST_P(jobs, savepoints_nest) {
    run([](transaction& in) {
        in.with_savepoint([&] {
            add(in, "1");
            try {
                in.with_savepoint([&] {
                    add(in, "2");
                    in.with_savepoint([&] { add(in, "3"); });
                    throw std::runtime_error("inner");
                });
            } catch (const std::runtime_error&) {
                add(in, "4");
            }
        });
        try {
            in.with_savepoint([&] {
                in.with_savepoint([&] { add(in, "5"); });
                throw std::runtime_error("outer");
            });
        } catch (const std::runtime_error&) {
            add(in, "6");
        }
    });
    for (const char* there : {"1", "4", "6"}) {
        EXPECT_TRUE(reader_->find_contact(office, phone(there))) << there;
    }
    EXPECT_EQ(contacts(), 3);
}

// A turn that fails keeps its message: the inbound row stays, the rest goes.
TEST_P(jobs, go_on_after_a_refused_row) {
    const contact_id who = new_contact();
    run([&](transaction& in) {
        const auto id = in.insert_inbound(who, message("wamid.A"), inbound_state::handled);
        storage::outbound reply;
        reply.contact = who;
        reply.reply_to = id;
        in.enqueue(reply, false);
        EXPECT_THROW(in.with_savepoint([&] { in.enqueue(reply, false); }), storage::store_error);
        in.set_inbound_state(*id, inbound_state::failed);
    });
    EXPECT_EQ(reader_->stats().inbound_failed, 1);
    EXPECT_EQ(reader_->stats().outbox_queued, 1);
}

TEST_P(jobs, a_savepoint_around_a_job_that_throws) {
    EXPECT_FALSE(store_->run([](transaction& in) {
        in.with_savepoint([&] { add(in, "1"); });
        throw std::runtime_error("no");
    }));
    EXPECT_EQ(contacts(), 0);
}

TEST_P(jobs, report_in_order_each_once) {
    std::vector<int> order;
    for (int i = 0; i < 100; ++i) {
        job each{.work =
                     [i](transaction& in) {
                         add(in, "628" + std::to_string(i));
                         if (i % 10 == 3) throw std::runtime_error("no");
                     },
                 .done =
                     [i, &order](std::expected<void, errc> outcome) {
                         EXPECT_EQ(outcome.has_value(), i % 10 != 3);
                         order.push_back(i);
                     }};
        ASSERT_TRUE(store_->submit(std::move(each)));
    }
    run([](transaction&) {});  // Behind all of them.
    ASSERT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(contacts(), 90);
}

TEST_P(jobs, see_what_earlier_ones_did) {
    contact_id who = 0;
    std::string seen;
    ASSERT_TRUE(store_->submit({.work =
                                    [&](transaction& in) {
                                        who = in.resolve_contact(office, {phone("1")}, "", 1).id;
                                        in.save_turn(who, "s1", 1);
                                    },
                                .done = [](auto) {}}));
    run([&](transaction& in) { seen = in.load_contact(who)->session; });
    EXPECT_EQ(seen, "s1");
}

TEST_P(jobs, may_be_submitted_by_callbacks) {
    std::vector<int> order;
    ASSERT_TRUE(store_->submit({.work = [](transaction& in) { add(in, "1"); },
                                .done =
                                    [&](auto) {
                                        order.push_back(1);
                                        EXPECT_TRUE(store_->submit(
                                            {.work =
                                                 [&](transaction& in) {
                                                     EXPECT_EQ(order.back(), 2);
                                                     add(in, "2");
                                                 },
                                             .done = [&](auto) { order.push_back(3); }}));
                                        order.push_back(2);
                                    }}));
    while (contacts() < 2) {
    }
    run([](transaction&) {});
    EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST_P(jobs, are_refused_after_close) {
    store_->close();
    store_->close();
    bool called = false;
    EXPECT_EQ(store_
                  ->submit({.work = [&](transaction&) { called = true; },
                            .done = [&](auto) { called = true; }})
                  .error(),
              errc::closed);
    EXPECT_EQ(store_->run([&](transaction&) { called = true; }).error(), errc::closed);
    EXPECT_FALSE(called);
    EXPECT_EQ(store_->queue_depth(), 0U);
}

// --- upkeep --------------------------------------------------------------------------------

TEST_P(jobs, purge_removes_what_is_past_its_retention) {
    const contact_id who = new_contact();
    const storage::retention keep;
    const storage::throttle_key key{.scope = "s", .value = "v", .window_ms = minute_ms};
    enqueue(who, "old", true);
    accept(1, "wamid.1");
    run([&](transaction& in) {
        item next;
        in.keep_raw("old", start_ms);
        in.keep_raw("new", start_ms + day_ms);
        in.insert_inbound(who, message("wamid.A"), inbound_state::handled);
        in.apply_status(status("wamid.P", outbox_state::read), start_ms, next);
        in.count_up(office, key, start_ms);
        in.open_handoff(who, "t", start_ms);
        in.close_handoff(who, start_ms);
        in.open_handoff(who, "t", start_ms);
    });
    run([&](transaction& in) {
        EXPECT_EQ(in.purge(keep, start_ms + day_ms, 100), 0);
        EXPECT_EQ(in.purge(keep, start_ms + keep.throttle_ms + minute_ms, 100), 0);
        EXPECT_EQ(in.purge(keep, start_ms + keep.throttle_ms + minute_ms + 1, 100), 1);
        EXPECT_EQ(in.purge(keep, start_ms + keep.raw_ms + 1, 100), 2) << "raw and parked";
        EXPECT_TRUE(in.keep_raw("old", start_ms + 9 * day_ms));
        EXPECT_FALSE(in.keep_raw("new", start_ms + 9 * day_ms));
    });
    EXPECT_EQ(reader_->stats().parked_statuses, 0);
    EXPECT_EQ(reader_->conversation(who, 10).size(), 2U);
    run([&](transaction& in) {
        // The two raw bodies, both messages, the closed handoff.
        EXPECT_EQ(in.purge(keep, start_ms + keep.messages_ms + day_ms, 100), 5);
        EXPECT_TRUE(in.insert_inbound(who, message("wamid.A"), inbound_state::handled));
    });
    EXPECT_EQ(reader_->conversation(who, 10).size(), 1U);
    EXPECT_EQ(reader_->stats().handoffs_open, 1) << "an open one is never removed";
    EXPECT_EQ(load(who).id, who);
}

TEST_P(jobs, purge_stops_at_the_limit) {
    run([](transaction& in) {
        for (int i = 0; i < 10; ++i)
            in.keep_raw(std::to_string(i), start_ms);
    });
    const std::int64_t later_ms = start_ms + 365 * day_ms;
    run([&](transaction& in) {
        EXPECT_EQ(in.purge({}, later_ms, 0), 0);
        EXPECT_EQ(in.purge({}, later_ms, 4), 4);
        EXPECT_EQ(in.purge({}, later_ms, 4), 4);
        EXPECT_EQ(in.purge({}, later_ms, 4), 2);
        EXPECT_EQ(in.purge({}, later_ms, 4), 0);
    });
}

TEST_P(jobs, purge_leaves_what_is_under_way) {
    const contact_id who = new_contact("62811");
    const contact_id other = new_contact("62822");
    const auto under_way = enqueue(who, "x", true);
    enqueue(other, "y");
    run([](transaction& in) { EXPECT_EQ(in.purge({}, start_ms + 1000 * day_ms, 100), 1); });
    EXPECT_EQ(state_of(who, under_way->id), outbox_state::sending);
    EXPECT_TRUE(enqueue(other, "z", true)) << "the purged one no longer holds it up";
}

TEST_P(jobs, ids_are_not_used_again_after_a_purge) {
    const contact_id who = new_contact();
    const auto first = enqueue(who, "x", true);
    fail(first->id, 1);
    run([](transaction& in) { in.purge({}, start_ms + 1000 * day_ms, 100); });
    EXPECT_EQ(enqueue(who, "y", true)->id, first->id + 1) << "late statuses name the old id";
}

}  // namespace
}  // namespace siwareng::tests
