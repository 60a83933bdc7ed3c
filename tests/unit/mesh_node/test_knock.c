/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A node that wants in, on a bus of its own; peers are the test, and one of
 * them is the welcome of another node, on another bus. Key 1 is that node, key
 * 2 who knocks, others are other peers.
 */
#include <stdio.h>

#include "fake_bus.h"
#include "fake_clock.h"
#include "gate.h"
#include "mesh/node/knock.h"
#include "mesh/trust/peer.h"
#include "unit.h"

#define NEAR "/ip4/192.0.2.7/tcp/4901"

enum { ME = 2, TEXT_MAX = 256 };

struct scene {
    struct gate gate;
    struct um_bus theirs; /* the inviter's */
    struct um_bus bus;
    struct fake_clock clock;
    struct um_knock *k;
    unsigned done;
    struct um_knock_result result; /* but for statements */
    size_t statements;
    char text[TEXT_MAX];
};

static struct scene *scene_new(void)
{
    struct scene *s = test_calloc(1, sizeof *s);

    gate_init(&s->gate);
    fake_bus_init(&s->theirs);
    fake_bus_init(&s->bus);
    fake_clock_init(&s->clock);
    gate_open(&s->gate, &s->theirs, &s->clock.alarms);
    gate_invite(&s->gate, 1, 0, NEAR);
    return s;
}

static void scene_free(struct scene *s)
{
    um_knock_free(s->k);
    gate_fini(&s->gate);
    fake_bus_fini(&s->theirs);
    fake_bus_fini(&s->bus);
    fake_clock_fini(&s->clock);
    test_free(s);
}

static void on_done(void *user, const struct um_knock_result *r)
{
    struct scene *s = user;
    struct um_str list = r->statements;
    struct um_str envelope;

    s->done++;
    s->result = *r;
    s->statements = 0;
    while (um_pb_list_next(&list, &envelope))
        s->statements++;
    (void)snprintf(s->text, sizeof s->text, "%s", r->text);
    um_knock_free(s->k);
    s->k = NULL;
}

static void begin(struct scene *s, const struct um_code *code, const char *peer)
{
    struct um_knock_cfg cfg = {.bus = &s->bus,
                               .alarms = &s->clock.alarms,
                               .log = &s->gate.log,
                               .code = code,
                               .peer = peer,
                               .me = s->gate.mesh.names[ME],
                               .name = UM_STR("a node"),
                               .done = on_done,
                               .user = s};

    assert_null(s->k);
    s->done = 0;
    s->k = um_knock_new(&cfg);
    assert_non_null(s->k);
    assert_int_equal(s->done, 0);
}

static struct p2p_peer_id peer_of(const struct scene *s, unsigned who)
{
    struct p2p_peer_id id;

    um_peer_of(&s->gate.mesh.names[who], &id);
    return id;
}

/* A peer connects. */
static void up(struct scene *s, unsigned who)
{
    struct p2p_peer_id id = peer_of(s, who);

    fake_bus_up(&s->bus, &id);
    um_knock_up(s->k, &id);
}

/* The stream on which a peer is asked; NULL: it is not. */
static struct p2p_stream *asked(struct scene *s, unsigned who)
{
    struct p2p_peer_id id = peer_of(s, who);
    struct p2p_stream *stream;

    fake_bus_turn(&s->bus);
    stream = fake_bus_with(&s->bus, &id);
    if (stream != NULL) {
        assert_true(stream->sent.len > 0);
        assert_true(stream->finished);
    }
    return stream;
}

/* A peer answers, and the stream ends. */
static void answer(struct scene *s, unsigned who, struct um_str bytes)
{
    struct p2p_stream *stream = asked(s, who);

    assert_non_null(stream);
    fake_bus_say(stream, bytes);
    fake_bus_finish(stream);
    fake_bus_turn(&s->bus);
}

static void refuse(struct scene *s, unsigned who, enum um_join_reason reason)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_join_answer a = {.result = UM_JOIN_REFUSED, .reason = reason};

    assert_true(um_join_answer_put(&out, &a));
    answer(s, who, um_buf_view(&out));
    um_buf_fini(&out);
}

/* What the inviter makes of a Hello that was said to key 1. */
static void let_in(struct scene *s)
{
    struct p2p_peer_id me = peer_of(s, ME);
    struct p2p_stream *there = fake_bus_come(&s->theirs, &me);
    struct p2p_stream *here = asked(s, 1);

    assert_non_null(there);
    assert_non_null(here);
    fake_bus_say(there, um_buf_view(&here->sent));
    fake_bus_finish(there);
    (void)fake_disk_turn(&s->gate.disk);
    answer(s, 1, um_buf_view(&there->sent));
    fake_bus_turn(&s->theirs);
}

static void assert_welcome(const struct scene *s)
{
    assert_int_equal(s->done, 1);
    assert_true(s->result.welcome && s->result.sure);
    assert_false(s->result.pending);
    assert_true(um_name_eq(&s->result.mesh, &s->gate.mesh.mesh));
    assert_true(um_name_eq(&s->result.inviter, &s->gate.mesh.names[1]));
    assert_int_equal(s->result.roles, UM_NODE | UM_WRITER);
    assert_int_equal(s->statements, 3); /* genesis, its GRANT, ours */
}

static void assert_failed(const struct scene *s, const char *text)
{
    assert_int_equal(s->done, 1);
    assert_false(s->result.welcome || s->result.pending);
    assert_non_null(strstr(s->text, text));
    assert_int_equal(s->statements, 0);
}

static void test_a_code_leads_to_its_node(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id there = peer_of(s, 1);

    (void)state;
    begin(s, &s->gate.code, NULL);
    memset(&s->gate.code, 0, sizeof s->gate.code); /* it was copied */
    fake_bus_up(&s->bus, &there);
    assert_true(fake_bus_dialed(&s->bus, NEAR, 0, &there));
    let_in(s);
    assert_welcome(s);
    assert_int_equal(s->gate.let_in, 1);
    assert_string_equal(s->gate.name, "a node");
    fake_bus_turn(&s->bus);
    assert_int_equal(s->bus.streams_n, 0);
    scene_free(s);
}

static void test_the_right_one_among_many(void **state)
{
    struct scene *s = scene_new();
    enum { FIRST = 10, MANY = UM__CAP_KNOCK_ASKED + 4 };

    (void)state;
    for (unsigned i = 0; i < 4; i++) { /* before it began */
        struct p2p_peer_id id = peer_of(s, FIRST + i);

        fake_bus_up(&s->bus, &id);
    }
    begin(s, &s->gate.code, NULL);
    assert_int_equal(s->bus.opened, 4);
    for (unsigned i = 4; i < MANY; i++)
        up(s, FIRST + i);
    up(s, 1);
    assert_int_equal(s->bus.opened, UM__CAP_KNOCK_ASKED);
    assert_null(asked(s, 1));
    answer(s, FIRST, UM_STR("\x01\xff")); /* says nonsense */
    assert_non_null(strstr(s->gate.lines, "the answer is malformed"));
    for (unsigned i = 1; i < MANY - UM__CAP_KNOCK_ASKED + 1; i++)
        refuse(s, FIRST + i, UM_JOIN_NO_CODE);
    assert_int_equal(s->bus.opened, MANY + 1);
    let_in(s);
    assert_welcome(s);
    scene_free(s);
}

/* None is asked twice: one that says no is no more asked. */
static void test_who_is_asked_again(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id id;

    (void)state;
    begin(s, &s->gate.code, NULL);
    for (unsigned who = 10; who < 15; who++)
        up(s, who);
    refuse(s, 10, UM_JOIN_NO_CODE);
    answer(s, 11, UM_STR("\x01\xff"));
    fake_bus_cut(asked(s, 12), P2P_ENOPROTO);
    refuse(s, 13, UM_JOIN_TOO_MANY);
    fake_bus_cut(asked(s, 14), P2P_ERESET);
    fake_bus_turn(&s->bus);
    assert_int_equal(s->bus.streams_n, 0);
    /* Whoever comes back is asked at once, if he may say something else. */
    id = peer_of(s, 14);
    fake_bus_down(&s->bus, &id);
    up(s, 14);
    assert_non_null(asked(s, 14));
    id = peer_of(s, 10);
    fake_bus_down(&s->bus, &id);
    up(s, 10);
    assert_null(asked(s, 10));
    fake_bus_finish(asked(s, 14)); /* without an answer */
    assert_null(asked(s, 14));
    fake_clock_pass(&s->clock, UM_KNOCK_AGAIN_MS - 1000);
    assert_int_equal(s->bus.streams_n, 0);
    fake_clock_pass(&s->clock, 1000);
    assert_null(asked(s, 10));
    assert_null(asked(s, 11));
    assert_null(asked(s, 12));
    assert_non_null(asked(s, 13));
    assert_non_null(asked(s, 14));
    scene_free(s);
}

/* So many that are mute keep nobody out for ever. */
static void test_who_says_nothing_makes_room(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    begin(s, &s->gate.code, NULL);
    for (unsigned i = 0; i < UM__CAP_KNOCK_ASKED; i++)
        up(s, 10 + i);
    up(s, 1);
    fake_clock_pass(&s->clock, UM_KNOCK_PATIENCE_MS - 1);
    assert_null(asked(s, 1));
    fake_clock_pass(&s->clock, 1);
    let_in(s);
    assert_welcome(s);
    scene_free(s);
}

static void test_nobody_is_found(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    begin(s, &s->gate.code, "nonsense");
    assert_non_null(strstr(s->gate.lines, "cannot dial nonsense"));
    assert_true(fake_bus_dialed(&s->bus, NEAR, P2P_EREFUSED, NULL));
    assert_non_null(strstr(s->gate.lines, "cannot reach " NEAR));
    fake_clock_pass(&s->clock, UM_KNOCK_MS - 1);
    assert_int_equal(s->done, 0);
    fake_clock_pass(&s->clock, 1);
    assert_failed(s, "nobody was found: name the other node with --peer");
    scene_free(s);
}

static void test_what_is_said_at_the_end(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    /* Of all refusals the most telling one, whoever says it; it ends nothing.
     */
    begin(s, &s->gate.code, NULL);
    assert_true(fake_bus_dialed(&s->bus, NEAR, P2P_EREFUSED, NULL));
    for (unsigned who = 10; who < 13; who++)
        up(s, who);
    refuse(s, 10, UM_JOIN_NO_CODE);
    refuse(s, 11, UM_JOIN_EXPIRED);
    refuse(s, 12, UM_JOIN_CLOSED);
    assert_int_equal(s->done, 0);
    fake_clock_pass(&s->clock, UM_KNOCK_MS);
    assert_failed(s, "the code has expired");
    /* Those only are other nodes. */
    begin(s, &s->gate.code, NULL);
    refuse(s, 10, UM_JOIN_NO_CODE);
    fake_clock_pass(&s->clock, UM_KNOCK_MS);
    assert_failed(s, "no node that was asked knows this code");
    fake_bus_turn(&s->bus);
    /* Nothing that can be believed; nothing at all. */
    begin(s, &s->gate.code, NULL);
    for (unsigned who = 10; who < 13; who++)
        answer(s, who, UM_STR("\x01\xff"));
    fake_clock_pass(&s->clock, UM_KNOCK_MS);
    assert_failed(s, "that can be believed");
    begin(s, &s->gate.code, NULL);
    fake_clock_pass(&s->clock, UM_KNOCK_MS);
    assert_failed(s, "no node that was found gave an answer");
    scene_free(s);
}

/* Who was named says why not: nobody waits for others. */
static void test_a_clear_no_ends_it(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id there = peer_of(s, 1);

    (void)state;
    begin(s, &s->gate.code, "/ip4/192.0.2.8/tcp/1");
    up(s, 10);
    fake_bus_up(&s->bus, &there);
    assert_true(fake_bus_dialed(&s->bus, NEAR, 0, &there));
    refuse(s, 1, UM_JOIN_USED_UP);
    assert_int_equal(s->done, 0); /* one is asked, one is dialed */
    refuse(s, 10, UM_JOIN_NO_CODE);
    assert_int_equal(s->done, 0);
    assert_true(
        fake_bus_dialed(&s->bus, "/ip4/192.0.2.8/tcp/1", P2P_ETIMEDOUT, NULL));
    assert_failed(s, "the code was used already");
    scene_free(s);
}

/* The same, when he was connected before, and asked before the dial told who is
 * at his address. */
static void test_a_no_of_whom_is_named_later_ends_it(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id there = peer_of(s, 1);

    (void)state;
    begin(s, &s->gate.code, NULL);
    up(s, 1);
    refuse(s, 1, UM_JOIN_USED_UP);
    assert_int_equal(s->done, 0);
    assert_true(fake_bus_dialed(&s->bus, NEAR, 0, &there));
    assert_failed(s, "the code was used already");
    scene_free(s);
}

static void test_an_address_is_dialed_again(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id there = peer_of(s, 1);

    (void)state;
    begin(s, &s->gate.code, NULL);
    assert_int_equal(s->bus.dialed, 1);
    fake_clock_pass(&s->clock, UM_KNOCK_AGAIN_MS);
    assert_int_equal(s->bus.dialed, 1); /* that one is under way */
    assert_true(fake_bus_dialed(&s->bus, NEAR, P2P_EREFUSED, NULL));
    fake_clock_pass(&s->clock, UM_KNOCK_AGAIN_MS - 1);
    assert_int_equal(s->bus.dialed, 1);
    fake_clock_pass(&s->clock, 1);
    assert_int_equal(s->bus.dialed, 2);
    fake_bus_up(&s->bus, &there);
    assert_true(fake_bus_dialed(&s->bus, NEAR, 0, &there));
    assert_non_null(asked(s, 1));
    fake_clock_pass(&s->clock, UM_KNOCK_AGAIN_MS);
    assert_int_equal(s->bus.dialed, 2); /* it is connected */
    fake_bus_cut(asked(s, 1), P2P_ECLOSED);
    fake_bus_down(&s->bus, &there);
    fake_bus_turn(&s->bus);
    fake_clock_pass(&s->clock, UM_KNOCK_AGAIN_MS);
    assert_int_equal(s->bus.dialed, 3);
    fake_bus_up(&s->bus, &there);
    assert_true(fake_bus_dialed(&s->bus, NEAR, 0, &there));
    let_in(s);
    assert_welcome(s);
    scene_free(s);
}

/* Without a code nothing vouches for who answers. */
static void test_without_a_code(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id there = peer_of(s, 1);

    (void)state;
    begin(s, NULL, NULL); /* whoever is there */
    up(s, 1);
    let_in(s);
    assert_int_equal(s->done, 1);
    assert_true(s->result.pending);
    assert_false(s->result.welcome || s->result.sure);
    assert_int_equal(s->statements, 1);
    assert_string_equal(s->text, "an owner has to approve this node");
    fake_bus_down(&s->bus, &there);
    /* The one that a person named, and nobody else. */
    begin(s, NULL, NEAR);
    up(s, 10);
    assert_null(asked(s, 10));
    fake_bus_up(&s->bus, &there);
    um_knock_up(s->k, &there);
    assert_null(asked(s, 1)); /* nobody knows yet that it is the one */
    assert_true(fake_bus_dialed(&s->bus, NEAR, 0, &there));
    assert_null(asked(s, 10));
    let_in(s);
    assert_true(s->done == 1 && s->result.pending);
    scene_free(s);
}

static void test_so_many_are_remembered(void **state)
{
    struct scene *s = scene_new();
    size_t before;

    (void)state;
    begin(s, &s->gate.code, NULL);
    for (unsigned i = 0; i <= UM__CAP_KNOCK_MET; i++) {
        struct um_name name = {{1, (uint8_t)i, (uint8_t)(i >> 8)}};
        struct p2p_peer_id id;

        before = s->bus.opened;
        um_peer_of(&name, &id);
        fake_bus_up(&s->bus, &id);
        um_knock_up(s->k, &id);
        assert_int_equal(s->bus.opened - before, i < UM__CAP_KNOCK_MET);
        if (s->bus.streams != NULL)
            fake_bus_cut(s->bus.streams, P2P_ENOPROTO);
        fake_bus_turn(&s->bus);
        fake_bus_down(&s->bus, &id);
    }
    assert_int_equal(s->bus.streams_n, 0);
    scene_free(s);
}

/* It ends while all is under way, and hears no more. */
static void test_it_is_freed_under_way(void **state)
{
    struct scene *s = scene_new();
    struct p2p_peer_id id = peer_of(s, 1);

    (void)state;
    begin(s, &s->gate.code, NULL);
    up(s, 1);
    up(s, 10);
    um_knock_free(s->k);
    s->k = NULL;
    assert_true(s->bus.streams->reset && s->bus.streams->next->reset);
    fake_bus_turn(&s->bus);
    assert_true(fake_bus_dialed(&s->bus, NEAR, 0, &id));
    fake_clock_pass(&s->clock, UM_KNOCK_MS);
    assert_int_equal(s->done, 0);
    /* The connection is gone before Hello was said. */
    s->bus.no_binding = true;
    begin(s, &s->gate.code, NULL);
    assert_null(asked(s, 1));
    s->bus.no_binding = false;
    s->bus.no_stream = true;
    fake_clock_pass(&s->clock, UM_KNOCK_AGAIN_MS);
    assert_null(asked(s, 1));
    s->bus.no_stream = false;
    fake_clock_pass(&s->clock, UM_KNOCK_AGAIN_MS);
    let_in(s);
    assert_welcome(s);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_leads_to_its_node),
        cmocka_unit_test(test_the_right_one_among_many),
        cmocka_unit_test(test_who_is_asked_again),
        cmocka_unit_test(test_who_says_nothing_makes_room),
        cmocka_unit_test(test_nobody_is_found),
        cmocka_unit_test(test_what_is_said_at_the_end),
        cmocka_unit_test(test_a_clear_no_ends_it),
        cmocka_unit_test(test_a_no_of_whom_is_named_later_ends_it),
        cmocka_unit_test(test_an_address_is_dialed_again),
        cmocka_unit_test(test_without_a_code),
        cmocka_unit_test(test_so_many_are_remembered),
        cmocka_unit_test(test_it_is_freed_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
