/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Strangers ask on streams that the test opens; the disk turns when the test
 * says so. Keys above 1 are strangers. */
#include <stdio.h>

#include "fake_bus.h"
#include "fake_clock.h"
#include "gate.h"
#include "mesh/sync/joiner.h"
#include "mesh/trust/peer.h"
#include "unit.h"

struct scene {
    struct gate gate;
    struct um_bus bus;
    struct fake_clock clock;
};

static struct scene *scene_new(void)
{
    struct scene *s = test_calloc(1, sizeof *s);

    gate_init(&s->gate);
    fake_bus_init(&s->bus);
    fake_clock_init(&s->clock);
    gate_open(&s->gate, &s->bus, &s->clock.alarms);
    return s;
}

static void scene_free(struct scene *s)
{
    gate_fini(&s->gate);
    assert_null(s->bus.on_stream);
    fake_bus_fini(&s->bus);
    fake_clock_fini(&s->clock);
    test_free(s);
}

/* A node that is started again. */
static void scene_again(struct scene *s)
{
    gate_close(&s->gate);
    fake_bus_turn(&s->bus);
    gate_open(&s->gate, &s->bus, &s->clock.alarms);
}

static struct p2p_stream *come(struct scene *s, unsigned who)
{
    struct p2p_peer_id peer;

    um_peer_of(&s->gate.mesh.names[who], &peer);
    return fake_bus_come(&s->bus, &peer);
}

static void joiner_of(struct scene *s, unsigned who, const struct um_code *code,
                      struct um_joiner *j)
{
    struct um_joiner_cfg cfg = {.code = code,
                                .me = s->gate.mesh.names[who],
                                .inviter = s->gate.mesh.names[1],
                                .name = UM_STR("a node")};

    memset(cfg.binding, 0x42, sizeof cfg.binding);
    um_joiner_init(j, &cfg, s->clock.now);
}

/* A key says Hello on a stream, and finishes its half. */
static void say_hello(struct scene *s, struct p2p_stream *stream, unsigned who,
                      const struct um_code *code)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_joiner j;

    joiner_of(s, who, code, &j);
    assert_int_equal(um_joiner_tx(&j, &hello), 1);
    fake_bus_say(stream, um_buf_view(&hello));
    um_buf_fini(&hello);
    um_joiner_fini(&j);
    fake_bus_finish(stream);
}

static struct p2p_stream *hello(struct scene *s, unsigned who,
                                const struct um_code *code)
{
    struct p2p_stream *stream = come(s, who);

    assert_non_null(stream);
    say_hello(s, stream, who, code);
    return stream;
}

/* What a key makes of the answer; the stream ends. */
static struct um_joiner heard(struct scene *s, struct p2p_stream *stream,
                              unsigned who, const struct um_code *code)
{
    struct um_str in = um_buf_view(&stream->sent);
    struct um_joiner j;

    joiner_of(s, who, code, &j);
    while (in.len > 0)
        (void)um_joiner_rx(&j, &in);
    um_joiner_closed(&j);
    um_joiner_fini(&j);
    fake_bus_turn(&s->bus);
    return j;
}

/* A whole exchange with as many turns of the disk as it takes. */
static struct um_joiner join(struct scene *s, unsigned who,
                             const struct um_code *code)
{
    struct p2p_stream *stream = hello(s, who, code);

    while (fake_disk_turn(&s->gate.disk) > 0) {
    }
    return heard(s, stream, who, code);
}

static void assert_refused(struct um_joiner j, enum um_join_reason reason)
{
    assert_int_equal(j.result, UM_JOINER_REFUSED);
    assert_int_equal(j.reason, reason);
}

static void test_a_code_lets_one_in(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *stream;
    struct um_joiner j;

    (void)state;
    gate_invite(g, 1, g->wall + 60001, "/ip4/192.0.2.7/tcp/4901");
    assert_int_equal(g->code.addrs_n, 1);
    assert_int_equal(g->code.expires_ms, g->wall + 120000); /* whole minutes */
    assert_int_equal(um_welcome_at(g->w, 0)->expires_ms, g->wall + 60001);
    stream = hello(s, 2, &g->code);
    assert_int_equal(stream->sent.len, 0); /* not before it is on the disk */
    assert_int_equal(g->taken, 1);
    assert_int_equal(g->let_in, 0);
    g->disk.batches = 0;
    assert_int_equal(fake_disk_turn(&g->disk), 2); /* use and GRANT */
    assert_int_equal(g->disk.batches, 1);
    assert_true(stream->finished);
    j = heard(s, stream, 2, &g->code);
    assert_int_equal(j.result, UM_JOINER_WELCOME);
    assert_int_equal(j.roles, UM_NODE | UM_WRITER);
    assert_true(j.sure);
    assert_int_equal(g->let_in, 1);
    assert_true(um_name_eq(&g->whom, &g->mesh.names[2]));
    assert_string_equal(g->name, "a node");
    assert_int_equal(gate_used(g), 1);
    assert_int_equal(s->bus.streams_n, 0);
    scene_free(s);
}

static void test_who_cannot_use_a_code(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct um_code wrong;

    (void)state;
    gate_invite(g, 1, g->wall + 60000, NULL);
    wrong = g->code;
    wrong.secret[3] ^= 1;
    assert_refused(join(s, 2, &wrong), UM_JOIN_NO_CODE);
    g->wall += 60001;
    assert_refused(join(s, 2, &g->code), UM_JOIN_EXPIRED);
    g->wall -= 60001;
    assert_int_equal(gate_used(g), 0);
    assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_WELCOME);
    assert_refused(join(s, 3, &g->code), UM_JOIN_USED_UP);
    assert_int_equal(g->taken, 1);
    assert_int_equal(gate_used(g), 1);
    scene_free(s);
}

static void test_no_owner_here_means_pending(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;

    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        g->owns = way == 0;
        g->grant_err = way == 0 ? P2P_EACCES : 0;
        scene_again(s);
        gate_invite(g, 2, 0, NULL);
        assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_PENDING);
        assert_int_equal(gate_used(g), 1);
        assert_int_equal(gate_waiting(g), 1);
        assert_int_equal(g->put_down, 1 + way);
        assert_true(
            um_name_eq(&um_welcome_pending(g->w, 0)->key, &g->mesh.names[2]));
        /* It asks again, and costs no use. */
        assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_PENDING);
        assert_int_equal(gate_used(g), 1);
        assert_int_equal(g->put_down, 1 + way);
        /* An owner's word came. */
        assert_int_equal(um_welcome_settle(g->w, &g->mesh.names[2]), 0);
        assert_int_equal(um_welcome_settle(g->w, &g->mesh.names[2]),
                         P2P_ENOTFOUND);
        (void)fake_disk_turn(&g->disk);
        assert_int_equal(gate_waiting(g), 0);
        assert_int_equal(um_welcome_drop(g->w, um_welcome_at(g->w, 0)->id), 0);
        (void)fake_disk_turn(&g->disk);
    }
    assert_int_equal(g->taken, 0);
    scene_free(s);
}

static void test_who_waits_and_has_a_code_then(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct um_joiner j;

    (void)state;
    j = join(s, 2, NULL);
    assert_int_equal(j.result, UM_JOINER_PENDING);
    assert_false(j.sure);
    assert_int_equal(gate_waiting(g), 1);
    gate_invite(g, 1, 0, NULL);
    assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_WELCOME);
    assert_int_equal(gate_waiting(g), 0);
    scene_free(s);
}

static void test_a_disk_that_fails_costs_nothing(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *stream;

    (void)state;
    g->owns = false;
    scene_again(s);
    gate_invite(g, 1, 0, NULL);
    /* It is not written. */
    g->disk.broken = true;
    stream = hello(s, 2, &g->code);
    (void)fake_disk_turn(&g->disk);
    assert_true(stream->reset);
    assert_int_equal(stream->sent.len, 0);
    fake_bus_turn(&s->bus);
    assert_int_equal(g->put_down, 0);
    g->disk.broken = false;
    assert_int_equal(gate_used(g), 0);
    assert_int_equal(gate_waiting(g), 0);
    /* It does not even get into the row. */
    g->disk.no_memory = true;
    stream = hello(s, 2, &g->code);
    assert_true(stream->reset);
    fake_bus_turn(&s->bus);
    g->disk.no_memory = false;
    assert_int_equal(gate_used(g), 0);
    assert_int_equal(gate_waiting(g), 0);
    assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_PENDING);
    assert_int_equal(gate_used(g), 1);
    scene_free(s);
}

static void test_a_grant_that_is_not_taken_costs_no_use(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *stream;

    (void)state;
    gate_invite(g, 1, 0, NULL);
    g->take_err = P2P_ELIMIT;
    stream = hello(s, 2, &g->code);
    assert_true(stream->reset); /* and not "used up" */
    assert_int_equal(stream->sent.len, 0);
    fake_bus_turn(&s->bus);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(gate_used(g), 0);
    assert_int_equal(g->let_in, 0);
    /* Nor does one that has no effect. */
    g->take_err = 0;
    g->take_lies = true;
    stream = hello(s, 2, &g->code);
    assert_true(stream->reset);
    fake_bus_turn(&s->bus);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(gate_used(g), 0);
    assert_non_null(strstr(g->lines, "its grant has no effect"));
    g->take_lies = false;
    assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_WELCOME);
    assert_int_equal(gate_used(g), 1);
    scene_free(s);
}

static void test_who_has_a_role_waits_no_more(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct um_str grant;

    (void)state;
    for (unsigned who = 2; who < 5; who++)
        assert_int_equal(join(s, who, NULL).result, UM_JOINER_PENDING);
    mesh_maker_say(
        &g->mesh, 0,
        (struct um_statement){
            .what = UM_GRANT, .key = g->mesh.names[3], .roles = UM_NODE});
    grant = um_buf_view(&g->mesh.statements[g->mesh.statements_n - 1]);
    assert_int_equal(mesh_maker_add(&g->roster, grant), 0);
    um_welcome_roster(g->w);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(gate_waiting(g), 2);
    assert_true(
        um_name_eq(&um_welcome_pending(g->w, 1)->key, &g->mesh.names[4]));
    scene_free(s);
}

static void test_a_lost_answer_is_given_again(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *stream;

    (void)state;
    gate_invite(g, 1, 0, NULL);
    stream = hello(s, 2, &g->code);
    fake_bus_cut(stream, P2P_ERESET); /* before the disk has it */
    fake_bus_turn(&s->bus);
    assert_int_equal(s->bus.streams_n, 0);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(g->let_in, 1);
    assert_string_equal(g->name, "a node");
    assert_int_equal(gate_used(g), 1);
    assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_WELCOME);
    assert_int_equal(gate_used(g), 1);
    assert_int_equal(g->taken, 1);
    scene_free(s);
}

/* Who asks on a second stream is not told that it is in before the disk knows.
 */
static void test_no_answer_overtakes_the_disk(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *one;
    struct p2p_stream *two;

    (void)state;
    gate_invite(g, 2, 0, NULL);
    one = hello(s, 2, &g->code);
    two = hello(s, 2, &g->code);
    assert_int_equal(one->sent.len + two->sent.len, 0);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(heard(s, two, 2, &g->code).result, UM_JOINER_WELCOME);
    assert_int_equal(gate_used(g), 1);
    /* Nor does it hear anything if the disk does not know. */
    one = come(s, 3);
    two = come(s, 3);
    assert_non_null(one);
    assert_non_null(two);
    say_hello(s, one, 3, &g->code);
    say_hello(s, two, 3, &g->code);
    g->disk.broken = true;
    (void)fake_disk_turn(&g->disk);
    assert_true(one->reset && two->reset);
    assert_int_equal(one->sent.len + two->sent.len, 0);
    fake_bus_turn(&s->bus);
    g->disk.broken = false;
    assert_int_equal(gate_used(g), 1);
    scene_free(s);
}

static void test_two_race_for_one_use(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *one;
    struct p2p_stream *two;

    (void)state;
    gate_invite(g, 1, 0, NULL);
    one = hello(s, 2, &g->code);
    two = hello(s, 3, &g->code);
    assert_int_equal(g->taken, 1);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(s->bus.streams_n, 2);
    assert_refused(heard(s, two, 3, &g->code), UM_JOIN_USED_UP);
    (void)one; /* ended with the other one's turn */
    assert_int_equal(g->let_in, 1);
    assert_true(um_name_eq(&g->whom, &g->mesh.names[2]));
    assert_int_equal(gate_used(g), 1);
    assert_int_equal(um_roster_roles(&g->roster, &g->mesh.names[3]), 0);
    scene_free(s);
}

static void test_so_many_at_a_time(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *mute[UM__CAP_JOIN_ASKING];
    struct p2p_stream *late;

    (void)state;
    gate_invite(g, 20, 0, NULL);
    for (unsigned i = 0; i < UM__CAP_JOIN_ASKING; i++) {
        mute[i] = come(s, 2 + i);
        assert_non_null(mute[i]);
        assert_int_equal(mute[i]->sent.len, 0);
    }
    late = come(s, 30); /* told so before it says anything */
    assert_non_null(late);
    assert_refused(heard(s, late, 30, &g->code), UM_JOIN_TOO_MANY);
    /* All of them, and then there is room again. */
    for (unsigned i = 0; i < UM__CAP_JOIN_ASKING; i++)
        say_hello(s, mute[i], 2 + i, &g->code);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(gate_used(g), UM__CAP_JOIN_ASKING);
    fake_bus_cut(late, P2P_ERESET);
    fake_bus_turn(&s->bus);
    assert_int_equal(s->bus.streams_n, 0);
    assert_int_equal(join(s, 30, &g->code).result, UM_JOINER_WELCOME);
    scene_free(s);
}

/* Streams that are answered and stay open count as well. */
static void test_so_many_streams(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    for (unsigned i = 0; i < UM__CAP_WELCOME_STREAMS; i++)
        assert_non_null(come(s, 2 + i));
    assert_int_equal(s->bus.streams_n, UM__CAP_WELCOME_STREAMS);
    assert_null(come(s, 90));
    assert_int_equal(s->bus.streams_n, UM__CAP_WELCOME_STREAMS);
    fake_clock_pass(&s->clock, UM_WELCOME_LINGER_MS);
    fake_bus_turn(&s->bus);
    assert_int_equal(s->bus.streams_n, 0);
    assert_non_null(come(s, 90));
    scene_free(s);
}

static void test_so_many_streams_of_one_peer(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    for (unsigned i = 0; i < UM__CAP_WELCOME_OF_PEER; i++)
        assert_non_null(come(s, 2));
    assert_null(come(s, 2));
    assert_non_null(come(s, 3));
    scene_free(s);
}

/* Who hangs up leaves what he asked for in the disk's row. */
static void test_so_many_writes(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *stream;

    (void)state;
    gate_invite(g, 90, 0, NULL);
    for (unsigned i = 0; i < UM__CAP_WELCOME_WRITES; i++) {
        fake_bus_cut(hello(s, 2 + i, &g->code), P2P_ERESET);
        fake_bus_turn(&s->bus);
    }
    stream = hello(s, 90, &g->code);
    assert_refused(heard(s, stream, 90, &g->code), UM_JOIN_TOO_MANY);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(gate_used(g), UM__CAP_WELCOME_WRITES);
    assert_int_equal(g->let_in, UM__CAP_WELCOME_WRITES);
    assert_int_equal(join(s, 90, &g->code).result, UM_JOINER_WELCOME);
    scene_free(s);
}

static void test_who_says_nothing_is_cut(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct p2p_stream *stream;

    (void)state;
    stream = come(s, 2);
    fake_clock_pass(&s->clock, UM_INVITER_PATIENCE_MS - 1);
    assert_false(stream->reset);
    fake_clock_pass(&s->clock, 1);
    assert_true(stream->reset);
    fake_bus_turn(&s->bus);
    stream = come(s, 2); /* half a Hello */
    fake_bus_say(stream, UM_STR("\x20\x08"));
    fake_bus_finish(stream);
    assert_true(stream->reset);
    fake_bus_turn(&s->bus);
    stream = come(s, 2); /* no Hello */
    fake_bus_say(stream, UM_STR("\x02\xff\xff"));
    assert_true(stream->reset);
    fake_bus_turn(&s->bus);
    s->bus.no_binding = true;
    assert_null(come(s, 2));
    s->bus.no_binding = false;
    s->clock.no_memory = true;
    assert_null(come(s, 2));
    s->clock.no_memory = false;
    assert_int_equal(fake_clock_set(&s->clock), 0);
    /* Who waits for the disk waits as long as that takes. */
    gate_invite(g, 1, 0, NULL);
    stream = hello(s, 2, &g->code);
    fake_clock_pass(&s->clock, 3600000);
    assert_false(stream->reset);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(heard(s, stream, 2, &g->code).result, UM_JOINER_WELCOME);
    scene_free(s);
}

static void test_who_stays_is_cut(void **state)
{
    struct scene *s = scene_new();
    struct p2p_stream *stream = come(s, 2);
    struct um_buf bytes = UM_BUF_INIT;
    struct um_joiner j;

    (void)state;
    joiner_of(s, 2, NULL, &j);
    assert_int_equal(um_joiner_tx(&j, &bytes), 1);
    um_joiner_fini(&j);
    fake_bus_say(stream, um_buf_view(&bytes)); /* its half stays open */
    (void)fake_disk_turn(&s->gate.disk);
    assert_true(stream->finished);
    fake_bus_say(stream, um_buf_view(&bytes)); /* drops */
    um_buf_fini(&bytes);
    fake_clock_pass(&s->clock, UM_WELCOME_LINGER_MS - 1);
    assert_false(stream->reset);
    fake_clock_pass(&s->clock, 1);
    assert_true(stream->reset);
    fake_bus_turn(&s->bus);
    scene_free(s);
}

static void test_all_is_there_after_a_start(void **state)
{
    static const uint8_t none[UM_INVITE_KEY_BYTES];
    struct scene *s = scene_new();
    struct gate *g = &s->gate;

    (void)state;
    gate_invite(g, 2, 0, NULL);
    assert_int_equal(join(s, 2, &g->code).result, UM_JOINER_WELCOME);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(join(s, 10 + i, NULL).result, UM_JOINER_PENDING);
    scene_again(s);
    assert_int_equal(gate_used(g), 1);
    assert_int_equal(gate_waiting(g), 3);
    assert_true(
        um_name_eq(&um_welcome_pending(g->w, 1)->key, &g->mesh.names[11]));
    assert_memory_equal(um_welcome_at(g->w, 0)->key, none, sizeof none);
    assert_null(um_welcome_at(g->w, 1));
    assert_int_equal(join(s, 3, &g->code).result, UM_JOINER_WELCOME);
    assert_refused(join(s, 4, &g->code), UM_JOIN_USED_UP);
    scene_free(s);
}

static void on_code(void *user, int err, const char *code)
{
    int *told = user;

    assert_null(code);
    *told = err;
}

static void test_what_is_no_invitation(void **state)
{
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct um_welcome_plan plan = {
        .owner = g->mesh.names[0], .roles = UM_NODE, .uses = 1};
    struct um_welcome_plan bad = plan;
    int told = 0;

    (void)state;
    bad.uses = 0;
    assert_int_equal(um_welcome_invite(g->w, &bad, on_code, &told), P2P_EINVAL);
    bad = plan;
    bad.roles = 0;
    assert_int_equal(um_welcome_invite(g->w, &bad, on_code, &told), P2P_EINVAL);
    bad.roles = 16;
    assert_int_equal(um_welcome_invite(g->w, &bad, on_code, &told), P2P_EINVAL);
    bad = plan;
    bad.expires_ms = UINT64_MAX;
    assert_int_equal(um_welcome_invite(g->w, &bad, on_code, &told), P2P_EINVAL);
    g->disk.no_memory = true;
    assert_int_equal(um_welcome_invite(g->w, &plan, on_code, &told),
                     P2P_ENOMEM);
    g->disk.no_memory = false;
    assert_null(um_welcome_at(g->w, 0));
    /* It cannot be stored. */
    assert_int_equal(um_welcome_invite(g->w, &plan, on_code, &told), 0);
    assert_non_null(um_welcome_at(g->w, 0));
    g->disk.broken = true;
    (void)fake_disk_turn(&g->disk);
    g->disk.broken = false;
    assert_int_equal(told, P2P_ECLOSED);
    assert_null(um_welcome_at(g->w, 0));
    assert_non_null(strstr(g->lines, "could not be written"));
    /* The node ends before it is. */
    told = 0;
    assert_int_equal(um_welcome_invite(g->w, &plan, on_code, &told), 0);
    scene_again(s);
    assert_int_equal(told, P2P_ECLOSED);
    assert_int_equal(um_welcome_drop(g->w, (const uint8_t *)"12345678"),
                     P2P_ENOTFOUND);
    scene_free(s);
}

/* A multiaddr with a name of so many bytes. */
static const char *long_addr(char *text, size_t len)
{
    char name[256];

    memset(name, 'a', len);
    name[len] = '\0';
    for (size_t i = 50; i < len; i += 51)
        name[i] = '.';
    (void)snprintf(text, 300, "/dns4/%s/tcp/1", name);
    return text;
}

static void on_fitting(void *user, int err, const char *code)
{
    struct um_code *read = user;
    struct um_bech32_error wrong;

    assert_int_equal(err, 0);
    assert_int_equal(um_code_get(um_str(code), read, &wrong), 0);
}

static void test_addresses_that_fit(void **state)
{
    char text[3][300];
    const char *addrs[] = {"nonsense",
                           "/ip4/192.0.2.1/tcp/1",
                           long_addr(text[0], 253), /* for its length */
                           long_addr(text[1], 230),
                           long_addr(text[2], 231), /* for the code's */
                           "/ip4/192.0.2.2/tcp/1",
                           "/ip4/192.0.2.3/tcp/1",
                           "/ip4/192.0.2.4/tcp/1"}; /* the fifth */
    static const size_t kept[] = {1, 3, 5, 6};
    struct scene *s = scene_new();
    struct gate *g = &s->gate;
    struct um_welcome_plan plan = {.owner = g->mesh.names[0],
                                   .roles = UM_NODE,
                                   .uses = 1,
                                   .addrs = addrs,
                                   .addrs_n = sizeof addrs / sizeof addrs[0]};

    (void)state;
    assert_int_equal(um_welcome_invite(g->w, &plan, on_fitting, &g->code), 0);
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(g->code.addrs_n, UM__CAP_CODE_ADDRS);
    for (size_t i = 0; i < UM__CAP_CODE_ADDRS; i++) {
        char got[P2P_MULTIADDR_TEXT_MAX];
        struct p2p_multiaddr ma;

        assert_int_equal(p2p_multiaddr_from_bytes(g->code.addrs[i].bytes,
                                                  g->code.addrs[i].len, &ma),
                         0);
        assert_string_equal(p2p_multiaddr_text(&ma, got), addrs[kept[i]]);
    }
    assert_non_null(strstr(g->lines, "nonsense is left out"));
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_lets_one_in),
        cmocka_unit_test(test_who_cannot_use_a_code),
        cmocka_unit_test(test_no_owner_here_means_pending),
        cmocka_unit_test(test_who_waits_and_has_a_code_then),
        cmocka_unit_test(test_a_disk_that_fails_costs_nothing),
        cmocka_unit_test(test_a_grant_that_is_not_taken_costs_no_use),
        cmocka_unit_test(test_who_has_a_role_waits_no_more),
        cmocka_unit_test(test_a_lost_answer_is_given_again),
        cmocka_unit_test(test_no_answer_overtakes_the_disk),
        cmocka_unit_test(test_two_race_for_one_use),
        cmocka_unit_test(test_so_many_at_a_time),
        cmocka_unit_test(test_so_many_streams),
        cmocka_unit_test(test_so_many_streams_of_one_peer),
        cmocka_unit_test(test_so_many_writes),
        cmocka_unit_test(test_who_says_nothing_is_cut),
        cmocka_unit_test(test_who_stays_is_cut),
        cmocka_unit_test(test_all_is_there_after_a_start),
        cmocka_unit_test(test_what_is_no_invitation),
        cmocka_unit_test(test_addresses_that_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
