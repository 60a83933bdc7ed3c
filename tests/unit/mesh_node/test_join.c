/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Nodes that let in and nodes that want in, each with a bus of its own, on one
 * loop and the loopback. Time is that of the machine, but the test can let more
 * of it pass. Key 1 is the node that printed the code, key 2 another one of the
 * mesh, 3 and on those who want in.
 */
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include <p2p/p2p.h>

#include "fake_clock.h"
#include "gate.h"
#include "mesh/node/knock.h"
#include "mesh/trust/peer.h"
#include "unit.h"

/* How long a test waits for what has to come. */
#define PATIENCE_MS 60000U

enum { GATES = 2, KNOCKERS = 16, FIRST = 3, ADDR_MAX = 256 };

struct world;

/* Who wants in. */
struct knocker {
    struct world *world;
    unsigned who; /* its key */
    struct um_bus *bus;
    struct um_knock *k;
    unsigned done;
    bool welcome;
    bool pending;
    char text[256];
    bool up;     /* with somebody */
    bool closed; /* the stream of a stranger */
};

struct world {
    struct p2p_loop *loop;
    struct fake_clock clock;
    uint64_t real; /* how far the clock followed the machine's */
    struct gate gates[GATES];
    struct um_bus *buses[GATES];
    char addrs[GATES][ADDR_MAX];
    bool disk_waits;
    struct knocker knockers[KNOCKERS];
    struct um_log log;
    char lines[16384];
};

static uint64_t real_ms(void)
{
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct world *w = user;
    size_t len = strlen(w->lines);

    (void)level;
    (void)snprintf(w->lines + len, sizeof w->lines - len, "%s\n", line);
}

static void ignore(void *user, const struct p2p_peer_id *peer)
{
    (void)user;
    (void)peer;
}

static void on_up(void *user, const struct p2p_peer_id *peer)
{
    struct knocker *n = user;

    n->up = true;
    if (n->k != NULL)
        um_knock_up(n->k, peer);
}

static void no_twin(void *user, const char *addr)
{
    (void)user;
    (void)addr;
    fail();
}

static const struct um_bus_cb gate_cb = {.found = ignore,
                                         .peer_up = ignore,
                                         .peer_down = ignore,
                                         .twin = no_twin};

static const struct um_bus_cb knocker_cb = {.found = ignore,
                                            .peer_up = on_up,
                                            .peer_down = ignore,
                                            .twin = no_twin};

static struct um_bus *bus_new(struct world *w, unsigned who,
                              const struct um_bus_cb *cb, void *user)
{
    static const char *const listen[] = {"/ip4/127.0.0.1/tcp/0"};
    struct um_bus_cfg cfg = {.loop = w->loop,
                             .key = w->gates[0].mesh.keys[who],
                             .listen = listen,
                             .n_listen = 1,
                             .agent = "test",
                             .log = &w->log,
                             .cb = cb,
                             .user = user};
    struct um_bus *bus = um_bus_new(&cfg);

    assert_non_null(bus);
    return bus;
}

static void on_addr(void *user, const char *addr)
{
    char *text = user;

    (void)snprintf(text, ADDR_MAX, "%s", addr);
}

/* The address of a bus with its peer. */
static void addr_of(const struct um_bus *bus, char text[ADDR_MAX])
{
    char full[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_multiaddr ma;

    um_bus_addrs(bus, on_addr, text);
    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    assert_int_equal(p2p_multiaddr_append_peer(&ma, um_bus_id(bus)), 0);
    (void)snprintf(text, ADDR_MAX, "%s", p2p_multiaddr_text(&ma, full));
}

/* A world in which nobody's door is open yet. */
static struct world *world_new(void)
{
    struct world *w = test_calloc(1, sizeof *w);

    assert_int_equal(p2p_loop_new(&w->loop), 0);
    fake_clock_init(&w->clock);
    w->log = (struct um_log){.level = UM_LOG_INFO, .user = w, .sink = sink};
    w->real = real_ms();
    for (unsigned i = 0; i < GATES; i++) {
        gate_init(&w->gates[i]);
        w->gates[i].me = i + 1;
        w->buses[i] = bus_new(w, i + 1, &gate_cb, w);
        addr_of(w->buses[i], w->addrs[i]);
    }
    for (unsigned i = 0; i < KNOCKERS; i++)
        w->knockers[i] = (struct knocker){.world = w, .who = FIRST + i};
    return w;
}

static void open_gate(struct world *w, unsigned i)
{
    gate_open(&w->gates[i], w->buses[i], &w->clock.alarms);
}

static void world_free(struct world *w)
{
    for (unsigned i = 0; i < KNOCKERS; i++)
        um_knock_free(w->knockers[i].k);
    for (unsigned i = 0; i < GATES; i++)
        gate_close(&w->gates[i]);
    for (unsigned i = 0; i < KNOCKERS; i++)
        um_bus_free(w->knockers[i].bus);
    for (unsigned i = 0; i < GATES; i++)
        um_bus_free(w->buses[i]);
    p2p_loop_free(w->loop);
    for (unsigned i = 0; i < GATES; i++)
        gate_fini(&w->gates[i]);
    fake_clock_fini(&w->clock);
    test_free(w);
}

/* Runs the loop once, or for some milliseconds if nothing happens. */
static void run(struct world *w)
{
    struct pollfd fd = {.fd = p2p_loop_fd(w->loop), .events = POLLIN};
    int wait = p2p_loop_timeout_ms(w->loop);
    uint64_t now;

    (void)poll(&fd, 1, wait >= 0 && wait < 20 ? wait : 20);
    p2p_loop_drive(w->loop);
    for (unsigned i = 0; i < GATES && !w->disk_waits; i++)
        (void)fake_disk_turn(&w->gates[i].disk);
    now = real_ms();
    fake_clock_pass(&w->clock, now - w->real);
    w->real = now;
}

/* Runs it until something is so. */
#define UNTIL(w, condition)                        \
    do {                                           \
        uint64_t until_ = real_ms() + PATIENCE_MS; \
                                                   \
        while (!(condition)) {                     \
            run(w);                                \
            assert_true(real_ms() < until_);       \
        }                                          \
    } while (0)

static void on_done(void *user, const struct um_knock_result *r)
{
    struct knocker *n = user;

    n->done++;
    n->welcome = r->welcome;
    n->pending = r->pending;
    (void)snprintf(n->text, sizeof n->text, "%s", r->text);
    um_knock_free(n->k);
    n->k = NULL;
}

static struct knocker *begin(struct world *w, unsigned i,
                             const struct um_code *code, const char *peer)
{
    struct knocker *n = &w->knockers[i];
    struct um_knock_cfg cfg = {.bus = n->bus,
                               .alarms = &w->clock.alarms,
                               .log = &w->log,
                               .code = code,
                               .peer = peer,
                               .me = w->gates[0].mesh.names[n->who],
                               .name = UM_STR("a node"),
                               .done = on_done,
                               .user = n};

    if (n->bus == NULL)
        n->bus = bus_new(w, n->who, &knocker_cb, n);
    cfg.bus = n->bus;
    n->done = 0;
    n->k = um_knock_new(&cfg);
    assert_non_null(n->k);
    return n;
}

/* Knocks, and waits for what comes of it. */
static struct knocker *knock(struct world *w, unsigned i,
                             const struct um_code *code, const char *peer)
{
    struct knocker *n = begin(w, i, code, peer);

    UNTIL(w, n->done > 0);
    return n;
}

static void test_a_code_lets_one_in(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];

    (void)state;
    open_gate(w, 0);
    gate_invite(g, 1, g->wall + 60000, w->addrs[0]);
    assert_true(knock(w, 0, &g->code, NULL)->welcome);
    assert_true(um_name_eq(&g->whom, &g->mesh.names[FIRST]));
    assert_string_equal(g->name, "a node");
    assert_int_equal(gate_used(g), 1);
    /* It forgot, and asks again; another one is late. */
    assert_true(knock(w, 0, &g->code, NULL)->welcome);
    assert_string_equal(knock(w, 1, &g->code, NULL)->text,
                        "the code was used already");
    g->wall += 60001;
    gate_invite(g, 1, g->wall + 60000, w->addrs[0]);
    g->wall += 60001;
    assert_string_equal(knock(w, 2, &g->code, NULL)->text,
                        "the code has expired");
    assert_int_equal(g->let_in, 1);
    world_free(w);
}

static void test_a_wrong_code(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];
    struct knocker *n;

    (void)state;
    open_gate(w, 0);
    gate_invite(g, 1, 0, w->addrs[0]);
    g->code.secret[0] ^= 1;
    n = begin(w, 0, &g->code, NULL);
    UNTIL(w, strstr(w->lines, "knows no such code") != NULL);
    assert_int_equal(n->done, 0); /* another node may know it */
    fake_clock_pass(&w->clock, UM_KNOCK_MS);
    assert_int_equal(n->done, 1);
    assert_non_null(strstr(n->text, "no node that was asked knows this code"));
    assert_int_equal(gate_used(g), 0);
    world_free(w);
}

static void test_nobody_is_there(void **state)
{
    struct world *w = world_new();
    char addr[ADDR_MAX];
    struct knocker *n;

    (void)state;
    (void)snprintf(addr, sizeof addr, "%s", w->addrs[1]);
    um_bus_free(w->buses[1]);
    w->buses[1] = NULL;
    n = begin(w, 0, NULL, addr);
    UNTIL(w, strstr(w->lines, "cannot reach") != NULL);
    fake_clock_pass(&w->clock, UM_KNOCK_MS);
    assert_int_equal(n->done, 1);
    assert_non_null(strstr(n->text, "nobody was found"));
    w->buses[1] = bus_new(w, 2, &gate_cb, w);
    world_free(w);
}

static void test_pending_and_approved(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];
    struct um_str grant;

    (void)state;
    g->owns = false;
    open_gate(w, 0);
    gate_invite(g, 1, 0, w->addrs[0]);
    assert_true(knock(w, 0, &g->code, NULL)->pending);
    assert_true(knock(w, 1, NULL, w->addrs[0])->pending); /* without a code */
    assert_int_equal(gate_waiting(g), 2);
    /* An owner elsewhere lets the first one in. */
    mesh_maker_say(&g->mesh, 0,
                   (struct um_statement){.what = UM_GRANT,
                                         .key = g->mesh.names[FIRST],
                                         .roles = UM_NODE | UM_WRITER});
    grant = um_buf_view(&g->mesh.statements[g->mesh.statements_n - 1]);
    assert_int_equal(mesh_maker_add(&g->roster, grant), 0);
    assert_int_equal(um_welcome_settle(g->w, &g->mesh.names[FIRST]), 0);
    assert_true(knock(w, 0, &g->code, NULL)->welcome);
    assert_int_equal(gate_waiting(g), 1);
    assert_int_equal(gate_used(g), 1);
    world_free(w);
}

/* There is no answer while the inviter's disk fails; the knock goes on, and the
 * use is not lost. */
static void test_the_disk_of_the_inviter_fails(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];
    struct knocker *n;

    (void)state;
    g->owns = false;
    open_gate(w, 0);
    gate_invite(g, 1, 0, w->addrs[0]);
    g->disk.broken = true;
    n = begin(w, 0, &g->code, NULL);
    UNTIL(w, strstr(w->lines, "there was no answer") != NULL);
    g->disk.broken = false;
    assert_int_equal(n->done, 0);
    assert_int_equal(gate_used(g), 0);
    fake_clock_pass(&w->clock, UM_KNOCK_AGAIN_MS);
    UNTIL(w, n->done > 0);
    assert_true(n->pending);
    assert_int_equal(gate_used(g), 1);
    world_free(w);
}

/* The connection is lost while the inviter writes. */
static void test_the_answer_is_lost(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];
    struct knocker *n;

    (void)state;
    open_gate(w, 0);
    gate_invite(g, 1, 0, w->addrs[0]);
    w->disk_waits = true;
    n = begin(w, 0, &g->code, NULL);
    UNTIL(w, g->taken == 1);
    um_knock_free(n->k);
    n->k = NULL;
    um_bus_free(n->bus);
    n->bus = NULL;
    UNTIL(w, um_bus_connected(w->buses[0]) == 0);
    w->disk_waits = false;
    UNTIL(w, g->let_in == 1);
    assert_true(knock(w, 0, &g->code, NULL)->welcome);
    assert_int_equal(gate_used(g), 1);
    assert_int_equal(g->taken, 1);
    world_free(w);
}

static void test_two_race_for_one_use(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];
    const struct knocker *one;
    const struct knocker *two;

    (void)state;
    open_gate(w, 0);
    gate_invite(g, 1, 0, w->addrs[0]);
    one = begin(w, 0, &g->code, NULL);
    two = begin(w, 1, &g->code, NULL);
    UNTIL(w, one->done > 0 && two->done > 0);
    assert_int_equal(one->welcome + two->welcome, 1);
    assert_string_equal(one->welcome ? two->text : one->text,
                        "the code was used already");
    assert_int_equal(g->taken, 1);
    assert_int_equal(gate_used(g), 1);
    world_free(w);
}

static size_t welcomed(const struct world *w)
{
    size_t n = 0;

    for (unsigned i = 0; i < KNOCKERS; i++)
        n += w->knockers[i].welcome ? 1 : 0;
    return n;
}

static void test_sixteen_at_once(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];

    (void)state;
    open_gate(w, 0);
    gate_invite(g, KNOCKERS, 0, w->addrs[0]);
    for (unsigned i = 0; i < KNOCKERS; i++)
        (void)begin(w, i, &g->code, NULL);
    UNTIL(w, welcomed(w) == KNOCKERS);
    assert_int_equal(g->let_in, KNOCKERS);
    assert_int_equal(gate_used(g), KNOCKERS);
    world_free(w);
}

/* Others of the mesh, a node that has no door, and the one that knows the code;
 * no address leads to it but that the other connected. */
static void test_the_right_one_among_several(void **state)
{
    struct world *w = world_new();
    struct gate *g = &w->gates[0];
    struct knocker *n;
    struct p2p_peer_id me;
    char addr[ADDR_MAX];

    (void)state;
    open_gate(w, 0);
    open_gate(w, 1);
    gate_invite(g, 1, 0, NULL);
    w->knockers[1].bus =
        bus_new(w, w->knockers[1].who, &knocker_cb, &w->knockers[1]);
    n = begin(w, 0, &g->code, w->addrs[1]);
    UNTIL(w, strstr(w->lines, "knows no such code") != NULL);
    addr_of(n->bus, addr);
    assert_int_equal(um_bus_dial(w->knockers[1].bus, addr, NULL, NULL), 0);
    UNTIL(w, w->knockers[1].up);
    assert_int_equal(n->done, 0);
    assert_int_equal(um_bus_dial(w->buses[0], addr, NULL, NULL), 0);
    UNTIL(w, n->done > 0);
    assert_true(n->welcome);
    um_peer_of(&g->mesh.names[1], &me);
    assert_true(p2p_peer_id_equal(um_bus_id(w->buses[0]), &me));
    world_free(w);
}

static void on_closed(void *user, struct p2p_stream *stream, int status)
{
    struct knocker *n = user;

    (void)stream;
    (void)status;
    n->closed = true;
}

static const struct p2p_stream_events stranger = {.closed = on_closed};

static void test_a_stranger_who_says_nothing(void **state)
{
    static const char *const protocol = UM_JOIN_PROTOCOL;
    struct world *w = world_new();
    struct knocker *n = &w->knockers[0];
    struct p2p_stream *stream;

    (void)state;
    open_gate(w, 0);
    n->bus = bus_new(w, n->who, &knocker_cb, n);
    assert_int_equal(um_bus_dial(n->bus, w->addrs[0], NULL, NULL), 0);
    UNTIL(w, n->up);
    assert_int_equal(um_bus_open(n->bus, um_bus_id(w->buses[0]), &protocol,
                                 &stranger, n, &stream),
                     0);
    assert_int_equal(p2p_stream_send(stream, "\x40", 1), 0);
    UNTIL(w, fake_clock_set(&w->clock) == 1); /* it is waited for */
    assert_false(n->closed);
    fake_clock_pass(&w->clock, UM_INVITER_PATIENCE_MS);
    assert_int_equal(fake_clock_set(&w->clock), 0);
    UNTIL(w, n->closed);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_lets_one_in),
        cmocka_unit_test(test_a_wrong_code),
        cmocka_unit_test(test_nobody_is_there),
        cmocka_unit_test(test_pending_and_approved),
        cmocka_unit_test(test_the_disk_of_the_inviter_fails),
        cmocka_unit_test(test_the_answer_is_lost),
        cmocka_unit_test(test_two_race_for_one_use),
        cmocka_unit_test(test_sixteen_at_once),
        cmocka_unit_test(test_the_right_one_among_several),
        cmocka_unit_test(test_a_stranger_who_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
