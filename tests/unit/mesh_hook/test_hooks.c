/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Webhooks: the order, when it is tried again, what has no room, what is on the
 * disk. */
#include "mesh/hook/hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/base/pb.h"
#include "p2p/err.h"
#include "unit.h"

#define DAY_MS UINT64_C(86400000)

struct scene {
    struct um_hooks h;
    uint64_t now_ms; /* both clocks */
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    um_hooks_init(&s->h, 0);
    s->now_ms = 1000;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    um_hooks_fini(&s->h);
    free(s);
    return 0;
}

static struct um_hook *add(struct scene *s, const char *name,
                           const char *events)
{
    struct um_hook plan = {.made_ms = 5};

    (void)snprintf(plan.name, sizeof plan.name, "%s", name);
    (void)snprintf(plan.url, sizeof plan.url, "http://h/%s", name);
    (void)snprintf(plan.secret, sizeof plan.secret, "whsec_%s", name);
    (void)snprintf(plan.events, sizeof plan.events, "%s", events);
    assert_int_equal(um_hooks_add(&s->h, &plan), 0);
    return um_hooks_find(&s->h, name);
}

static void happens(struct scene *s, uint64_t number, const char *word)
{
    char body[64];

    (void)snprintf(body, sizeof body, "{\"n\":%u}", (unsigned)number);
    um_hooks_happened(&s->h, number, s->now_ms, word, um_str(body));
}

/* The number of what is sent next, and to whom; 0: nothing is. */
static uint64_t next(struct scene *s, const char *to)
{
    struct um_hooks_send send;
    char body[64];

    if (!um_hooks_next(&s->h, s->now_ms, &send))
        return 0;
    assert_string_equal(send.hook->name, to);
    (void)snprintf(body, sizeof body, "{\"n\":%u}",
                   (unsigned)send.event->number);
    assert_true(
        um_str_eq(um_str_n(send.event->body, send.event->len), um_str(body)));
    return send.event->number;
}

static void answers(struct scene *s, const struct um_hook *k, uint32_t status)
{
    const struct um_hooks_result r = {.id = k->id,
                                      .status = status,
                                      .error = "nobody is there",
                                      .now_ms = s->now_ms,
                                      .wall_ms = s->now_ms};

    um_hooks_done(&s->h, &r);
}

static void test_in_order_one_at_a_time(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");

    assert_int_equal(next(s, "a"), 0);
    assert_true(um_hooks_due(&s->h) == UINT64_MAX);
    happens(s, 10, "applied");
    happens(s, 12, "current");
    assert_int_equal(um_hooks_queued(&s->h, k), 2);
    assert_int_equal(next(s, "a"), 10);
    assert_int_equal(next(s, "a"), 0);
    assert_true(um_hooks_due(&s->h) == UINT64_MAX);
    answers(s, k, 204);
    assert_int_equal(k->delivered, 1);
    assert_int_equal(next(s, "a"), 12);
    answers(s, k, 200);
    assert_int_equal(um_hooks_queued(&s->h, k), 0);
    assert_int_equal(s->h.queued, 0);
    assert_int_equal(s->h.bytes, 0);
    assert_int_equal(next(s, "a"), 0);
}

static void test_each_has_its_own_pace_and_words(void **state)
{
    struct scene *s = *state;
    struct um_hook *a = add(s, "a", "applied"),
                   *b = add(s, "b", "refused,drift");

    happens(s, 1, "applied");
    happens(s, 2, "drift");
    happens(s, 3, "joined");
    happens(s, 4, "webhook-off"); /* nobody is told of himself */
    assert_int_equal(s->h.queued, 2);
    assert_int_equal(next(s, "a"), 1);
    assert_int_equal(next(s, "b"), 2);
    assert_int_equal(next(s, "a"), 0);
    answers(s, b, 200);
    assert_int_equal(s->h.queued, 1); /* a is not through yet */
    answers(s, a, 200);
    assert_int_equal(s->h.queued, 0);
    assert_false(um_hook_wants(b, "drif"));
    assert_false(um_hook_wants(b, "refused,drift"));
    /* Who comes later is told what comes later. */
    happens(s, 5, "applied");
    (void)add(s, "c", "applied");
    assert_int_equal(next(s, "a"), 5);
    assert_int_equal(next(s, "c"), 0);
}

static void test_it_is_tried_again_later_and_later(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");
    uint64_t most = 1000;

    happens(s, 1, "applied");
    happens(s, 2, "applied");
    for (unsigned i = 1; i < 20; i++) {
        uint64_t due;

        assert_int_equal(next(s, "a"), 1);
        answers(s, k, i % 2 == 0 ? 503 : 0);
        assert_int_equal(k->tries, i);
        assert_int_equal(k->status, i % 2 == 0 ? 503 : 0);
        assert_string_equal(k->error, i % 2 == 0 ? "" : "nobody is there");
        due = um_hooks_due(&s->h);
        assert_true(due >= s->now_ms + most / 2 && due <= s->now_ms + most);
        s->now_ms = due - 1;
        assert_int_equal(next(s, "a"), 0);
        s->now_ms = due;
        most = most * 2 < 3600000 ? most * 2 : 3600000;
    }
    assert_int_equal(next(s, "a"), 1);
    answers(s, k, 200);
    assert_int_equal(k->tries, 0);
    assert_int_equal(next(s, "a"), 2); /* at once */
}

static void test_chance_spreads_the_tries(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");
    struct um_hooks_result r = {.id = k->id, .now_ms = 1000, .wall_ms = 1000};

    happens(s, 1, "applied");
    assert_int_equal(next(s, "a"), 1);
    um_hooks_done(&s->h, &r);
    assert_int_equal(um_hooks_due(&s->h), 1500);
    s->now_ms = 1500;
    r.now_ms = 1500;
    r.random = UINT64_MAX;
    assert_int_equal(next(s, "a"), 1);
    um_hooks_done(&s->h, &r);
    assert_in_range(um_hooks_due(&s->h), 2500, 3500);
}

static void test_after_a_day_it_is_given_up(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");

    happens(s, 1, "applied");
    happens(s, 2, "applied");
    assert_int_equal(next(s, "a"), 1);
    answers(s, k, 500);
    s->now_ms += DAY_MS - 1;
    assert_int_equal(next(s, "a"), 1);
    answers(s, k, 302);
    assert_int_equal(k->failed, 0);
    s->now_ms = um_hooks_due(&s->h);
    assert_int_equal(next(s, "a"), 1);
    answers(s, k, 500);
    assert_int_equal(k->failed, 1);
    assert_int_equal(next(s, "a"), 2);
}

static void test_410_turns_it_off(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");

    happens(s, 1, "applied");
    happens(s, 2, "applied");
    assert_int_equal(next(s, "a"), 1);
    answers(s, k, 410);
    assert_true(k->off);
    assert_int_equal(s->h.queued, 0);
    happens(s, 3, "applied");
    assert_int_equal(next(s, "a"), 0);
    um_hooks_turn_on(&s->h, k);
    assert_int_equal(next(s, "a"), 0); /* what was is over */
    happens(s, 4, "applied");
    assert_int_equal(next(s, "a"), 4);
}

static void test_the_oldest_goes_when_there_is_no_room(void **state)
{
    struct scene *s = *state;
    struct um_hook *a = add(s, "a", "applied"), *b = add(s, "b", "drift");

    for (unsigned i = 1; i <= UM__CAP_HOOKS_QUEUED; i++)
        happens(s, i, "applied");
    assert_int_equal(next(s, "a"), 1);
    assert_null(um_hooks_untold(&s->h));
    happens(s, UM__CAP_HOOKS_QUEUED + 1, "applied");
    happens(s, UM__CAP_HOOKS_QUEUED + 2, "drift");
    assert_int_equal(s->h.queued, UM__CAP_HOOKS_QUEUED);
    assert_int_equal(a->dropped, 2);
    assert_int_equal(b->dropped, 0);
    assert_ptr_equal(um_hooks_untold(&s->h), a);
    assert_null(um_hooks_untold(&s->h)); /* it is said once */
    answers(s, a, 200);                  /* the first one came all the same */
    assert_int_equal(a->dropped, 1);
    assert_int_equal(a->delivered, 1);
    assert_int_equal(next(s, "a"), 3);
    answers(s, a, 0);
    assert_int_equal(a->tries, 1);
    happens(s, UM__CAP_HOOKS_QUEUED + 3, "applied");
    assert_int_equal(a->dropped, 2);
    assert_int_equal(a->tries, 1); /* the pause is not cut short: */
    assert_int_equal(next(s, "b"), UM__CAP_HOOKS_QUEUED + 2);
    assert_int_equal(next(s, "a"), 0);
    assert_ptr_equal(um_hooks_untold(&s->h), a);
}

static void test_one_that_is_dead_keeps_its_own_alone(void **state)
{
    struct scene *s = *state;
    struct um_hook *dead = add(s, "dead", "drift"),
                   *live = add(s, "live", "applied");

    happens(s, 1, "drift");
    assert_int_equal(next(s, "dead"), 1);
    answers(s, dead, 0);
    for (unsigned i = 2; i < 2 + 2 * UM__CAP_HOOKS_QUEUED; i++) {
        happens(s, i, "applied");
        assert_int_equal(next(s, "live"), i);
        answers(s, live, 200);
        assert_int_equal(s->h.queued, 1);
    }
    assert_int_equal(s->h.bytes, strlen("{\"n\":1}"));
    assert_int_equal(dead->dropped, 0);
    s->now_ms = um_hooks_due(&s->h);
    assert_int_equal(next(s, "dead"), 1);
    /* The ring goes on where it was. */
    happens(s, 5000, "applied");
    happens(s, 5001, "drift");
    answers(s, dead, 200);
    assert_int_equal(s->h.queued, 2);
    assert_int_equal(next(s, "dead"), 5001);
    assert_int_equal(next(s, "live"), 5000);
}

/* A full queue of a hook that is dead, of which one event is dropped while it
 * is sent; it is the next one's turn when the pause is over. */
static struct um_hook *drop_while_it_is_sent(struct scene *s)
{
    struct um_hook *k = add(s, "a", "");

    for (unsigned i = 1; i <= UM__CAP_HOOKS_QUEUED; i++)
        happens(s, i, "applied");
    assert_int_equal(next(s, "a"), 1);
    answers(s, k, 500);
    s->now_ms = um_hooks_due(&s->h);
    assert_int_equal(next(s, "a"), 1);
    happens(s, UM__CAP_HOOKS_QUEUED + 1, "applied");
    assert_int_equal(k->dropped, 1);
    return k;
}

static void test_a_pause_stays_when_there_is_no_room(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = drop_while_it_is_sent(s);

    answers(s, k, 500);
    for (unsigned i = 3; i < 20; i++) {
        uint64_t due = um_hooks_due(&s->h);

        assert_int_equal(k->tries, i - 1);
        assert_true(due >= s->now_ms + 1000);
        happens(s, UM__CAP_HOOKS_QUEUED + i, "applied");
        assert_int_equal(um_hooks_due(&s->h), due);
        assert_int_equal(next(s, "a"), 0);
        s->now_ms = due;
        assert_int_equal(next(s, "a"), i);
        answers(s, k, 500);
    }
    assert_int_equal(k->failed, 0);
}

static void test_what_is_dropped_while_it_is_sent(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = drop_while_it_is_sent(s);

    answers(s, k, 200); /* it came all the same */
    assert_int_equal(k->dropped, 0);
    assert_int_equal(k->tries, 0);
    assert_int_equal(next(s, "a"), 2);
    answers(s, k, 500);
    s->now_ms += DAY_MS;
    assert_int_equal(next(s, "a"), 2);
    happens(s, UM__CAP_HOOKS_QUEUED + 2, "applied");
    happens(s, UM__CAP_HOOKS_QUEUED + 3, "applied");
    assert_int_equal(k->dropped, 2);
    answers(s, k, 500); /* given up, and counted once */
    assert_int_equal(k->failed, 0);
    assert_int_equal(k->tries, 0);
    assert_int_equal(next(s, "a"), 4);
}

static void test_bytes_have_an_end_too(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");
    char *body = malloc(UM__CAP_HOOK_EVENT_BYTES + 1);
    unsigned fit = UM__CAP_HOOKS_QUEUED_BYTES / UM__CAP_HOOK_EVENT_BYTES;

    assert_non_null(body);
    memset(body, 'x', UM__CAP_HOOK_EVENT_BYTES + 1);
    um_hooks_happened(&s->h, 1, 1, "applied",
                      um_str_n(body, UM__CAP_HOOK_EVENT_BYTES + 1));
    assert_int_equal(s->h.queued, 0);
    for (unsigned i = 2; i < 2 + fit + 3; i++)
        um_hooks_happened(&s->h, i, 1, "applied",
                          um_str_n(body, UM__CAP_HOOK_EVENT_BYTES));
    assert_int_equal(s->h.queued, fit);
    assert_int_equal(k->dropped, 3);
    free(body);
}

static void test_how_many_there_may_be(void **state)
{
    struct scene *s = *state;
    struct um_hook plan = {.name = "more", .url = "http://h", .secret = "s"};
    char name[16];

    assert_int_equal(UM__CAP_HOOKS, 16);
    for (unsigned i = 0; i < 16; i++) {
        (void)snprintf(name, sizeof name, "h%u", i);
        (void)add(s, name, "");
    }
    assert_int_equal(um_hooks_add(&s->h, &plan), P2P_ELIMIT);
    (void)snprintf(plan.name, sizeof plan.name, "h3");
    assert_int_equal(um_hooks_add(&s->h, &plan), P2P_EEXIST);
    happens(s, 1, "applied");
    for (unsigned i = 0; i < 16; i++) {
        (void)snprintf(name, sizeof name, "h%u", i);
        um_hooks_remove(&s->h, um_hooks_find(&s->h, name));
        assert_int_equal(s->h.queued, i + 1 < 16);
    }
}

static void test_who_was_removed_is_not_answered(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");
    struct um_hook was = *k;

    happens(s, 1, "applied");
    assert_int_equal(next(s, "a"), 1);
    um_hooks_remove(&s->h, k);
    k = add(s, "a", "");
    happens(s, 2, "applied");
    assert_int_equal(next(s, "a"), 2);
    answers(s, &was, 410);
    assert_false(k->off);
    answers(s, k, 200);
    assert_int_equal(k->delivered, 1);
}

/* What was written, read into another one. */
static void read_back(struct scene *s, struct um_hooks *out)
{
    struct um_buf b = UM_BUF_INIT, again = UM_BUF_INIT;

    um_hooks_write(&s->h, &b);
    assert_false(um_buf_failed(&b));
    um_hooks_init(out, 0);
    assert_int_equal(um_hooks_read(out, um_buf_view(&b)), 0);
    um_hooks_write(out, &again);
    assert_true(um_str_eq(um_buf_view(&b), um_buf_view(&again)));
    um_buf_fini(&b);
    um_buf_fini(&again);
}

static void test_what_is_being_sent_is_sent_again(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "applied,drift");
    struct scene after;

    (void)add(s, "b", "");
    k->link_local = true;
    happens(s, 1, "applied");
    happens(s, 2, "joined");
    happens(s, 3, "drift");
    assert_int_equal(next(s, "a"), 1);
    answers(s, k, 200);
    assert_int_equal(next(s, "a"), 3);
    answers(s, k, 500);
    s->now_ms += 60000;
    assert_int_equal(next(s, "a"), 3);
    read_back(s, &after.h);
    after.now_ms = 1;
    k = um_hooks_find(&after.h, "a");
    assert_non_null(k);
    assert_true(k->link_local);
    assert_int_equal(k->tries, 1);
    assert_int_equal(k->since_ms, 1000);
    assert_string_equal(k->secret, "whsec_a");
    assert_int_equal(after.h.last, 3);
    assert_false(after.h.dirty);
    assert_int_equal(next(&after, "a"), 3);
    assert_int_equal(next(&after, "b"), 1);
    um_hooks_fini(&after.h);
}

static void test_tries_have_an_end(void **state)
{
    struct scene *s = *state, after = {.now_ms = 1000};
    struct um_hook *k = add(s, "a", "");

    happens(s, 1, "applied");
    k->tries = UINT32_MAX;
    k->since_ms = 1000;
    read_back(s, &after.h);
    k = um_hooks_find(&after.h, "a");
    assert_int_equal(next(&after, "a"), 1);
    answers(&after, k, 500);
    assert_true(k->tries == UINT32_MAX);
    assert_int_equal(um_hooks_due(&after.h), 1000 + 3600000 / 2);
    um_hooks_fini(&after.h);
}

static void test_an_error_that_is_no_text_is_read_back(void **state)
{
    struct scene *s = *state;
    struct um_hook *k = add(s, "a", "");
    struct um_hooks_result r = {.id = k->id, .error = "\377 \033[1m\n"};
    char umlauts[2 * UM_HOOK_ERROR_BYTES + 1] = "";
    struct um_hooks after;

    for (size_t i = 0; i + 1 < sizeof umlauts; i += 2)
        memcpy(umlauts + i, "\303\244", 3);
    happens(s, 1, "applied");
    assert_int_equal(next(s, "a"), 1);
    um_hooks_done(&s->h, &r);
    assert_string_equal(k->error, "? ?[1m?");
    read_back(s, &after);
    um_hooks_fini(&after);
    s->now_ms = k->due_ms;
    assert_int_equal(next(s, "a"), 1);
    r.error = umlauts; /* its room ends within a character */
    um_hooks_done(&s->h, &r);
    read_back(s, &after);
    assert_string_equal(um_hooks_find(&after, "a")->error, k->error);
    assert_int_equal(strlen(k->error), UM_HOOK_ERROR_BYTES - 1);
    assert_memory_equal(k->error + UM_HOOK_ERROR_BYTES - 3, "\244?", 3);
    um_hooks_fini(&after);
}

static void test_a_later_form_is_told_apart(void **state)
{
    struct um_hooks h;

    (void)state;
    um_hooks_init(&h, 0);
    assert_int_equal(um_hooks_read(&h, UM_STR("\010\2")), P2P_ENOTSUP);
    assert_int_equal(um_hooks_read(&h, UM_STR("")), P2P_EFORMAT);
    assert_int_equal(um_hooks_read(&h, UM_STR("\010\1\032\1x")), P2P_EFORMAT);
    um_hooks_fini(&h);
}

/* A file with one hook, of which a text has so many bytes. */
static int read_text(unsigned field, size_t n)
{
    struct um_buf hook = UM_BUF_INIT, file = UM_BUF_INIT, text = UM_BUF_INIT;
    struct um_hooks h;
    int rv;

    um_buf_fill(&text, 'x', n);
    for (unsigned i = 1; i <= 4; i++)
        um_pb_put_str(&hook, i, i == field ? um_buf_view(&text) : UM_STR("x"));
    um_pb_put_num(&file, 1, 1);
    um_pb_put_str(&file, 3, um_buf_view(&hook));
    um_hooks_init(&h, 0);
    rv = um_hooks_read(&h, um_buf_view(&file));
    um_hooks_fini(&h);
    um_buf_fini(&hook);
    um_buf_fini(&file);
    um_buf_fini(&text);
    return rv;
}

static void test_texts_have_an_end(void **state)
{
    (void)state;
    assert_int_equal(read_text(1, UM__CAP_HOOK_NAME_BYTES), 0);
    assert_int_equal(read_text(1, 64), P2P_EFORMAT);
    assert_int_equal(read_text(2, UM__CAP_HOOK_URL_BYTES), 0);
    assert_int_equal(read_text(2, 1025), P2P_EFORMAT);
    assert_int_equal(read_text(4, UM__CAP_HOOK_EVENTS_BYTES), 0);
    assert_int_equal(read_text(4, 513), P2P_EFORMAT);
    assert_int_equal(read_text(3, UM_HOOK_SECRET_BYTES), P2P_EFORMAT);
}

/* Each byte that is missing or another is refused, or is another value. */
static void test_damage(void **state)
{
    struct scene *s = *state;
    struct um_buf b = UM_BUF_INIT;

    (void)add(s, "a", "applied");
    happens(s, 1, "applied");
    happens(s, 2, "applied");
    um_hooks_write(&s->h, &b);
    for (size_t i = 0; i < b.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct um_hooks h;
            int rv;

            b.p[i] = (char)(b.p[i] ^ (1 << bit));
            um_hooks_init(&h, 0);
            rv = um_hooks_read(&h, um_buf_view(&b));
            assert_true(rv == 0 || rv == P2P_EFORMAT || rv == P2P_ENOTSUP);
            um_hooks_fini(&h);
            b.p[i] = (char)(b.p[i] ^ (1 << bit));
        }
    }
    um_buf_fini(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_in_order_one_at_a_time),
        TEST(test_each_has_its_own_pace_and_words),
        TEST(test_it_is_tried_again_later_and_later),
        TEST(test_chance_spreads_the_tries),
        TEST(test_after_a_day_it_is_given_up),
        TEST(test_410_turns_it_off),
        TEST(test_the_oldest_goes_when_there_is_no_room),
        TEST(test_one_that_is_dead_keeps_its_own_alone),
        TEST(test_a_pause_stays_when_there_is_no_room),
        TEST(test_what_is_dropped_while_it_is_sent),
        TEST(test_bytes_have_an_end_too),
        TEST(test_how_many_there_may_be),
        TEST(test_who_was_removed_is_not_answered),
        TEST(test_what_is_being_sent_is_sent_again),
        TEST(test_tries_have_an_end),
        TEST(test_an_error_that_is_no_text_is_read_back),
        TEST(test_a_later_form_is_told_apart),
        TEST(test_texts_have_an_end),
        TEST(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
