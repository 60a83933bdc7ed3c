/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An invitation, a knock and a welcome when memory runs out anywhere: nobody
 * crashes, nothing is left behind, and who is not let in is not told that he
 * is. The disk is the test's and writes nothing; key 1 lets key 2 in.
 */
#include "failing_mem.h"
#include "fake_bus.h"
#include "fake_clock.h"
#include "mesh/node/knock.h"
#include "mesh/node/welcome.h"
#include "mesh/trust/peer.h"
#include "mesh_maker.h"
#include "rig.h"
#include "unit.h"

enum { ME = 1, JOINER = 2, JOBS = 16 };

struct um_disk {
    struct um_store *store;
    struct um_disk_job row[JOBS];
    size_t n;
};

struct scene {
    struct mesh_maker mesh;
    struct um_buf grant; /* of the joiner, signed before */
    struct rig store;
    struct um_disk disk;
    struct um_roster roster;
    struct um_bus theirs;
    struct um_bus bus;
    struct fake_clock clock;
    struct um_welcome *w;
    struct um_knock *k;
    struct um_code code;
    bool printed;
    bool welcome;
};

int um_disk_write(struct um_disk *d, const struct um_disk_job *job)
{
    assert_true(d->n < JOBS);
    d->row[d->n++] = *job;
    return 0;
}

const char *um_disk_trouble(const struct um_disk *d)
{
    (void)d;
    return NULL;
}

struct um_store *um_disk_lock(struct um_disk *d)
{
    return d->store;
}

void um_disk_unlock(struct um_disk *d)
{
    (void)d;
}

static void turn(struct um_disk *d, int err)
{
    for (size_t i = 0; i < d->n; i++)
        d->row[i].done(d->row[i].arg, err);
    d->n = 0;
}

static int statement(void *user, const struct um_name *id, struct um_buf *out)
{
    const struct scene *s = user;

    um_buf_str(out, mesh_maker_find(&s->mesh, id));
    return 0;
}

static int grant(void *user, const struct um_name *key, unsigned roles,
                 struct um_buf *out)
{
    const struct scene *s = user;

    assert_true(um_name_eq(key, &s->mesh.names[JOINER]));
    assert_int_equal(roles, UM_NODE);
    um_buf_str(out, um_buf_view(&s->grant));
    return um_buf_failed(out) ? P2P_ENOMEM : 0;
}

static int take(void *user, struct um_str envelope)
{
    struct scene *s = user;

    return mesh_maker_add(&s->roster, envelope);
}

static void told(void *user, const struct um_inviter_ev *ev)
{
    (void)user;
    assert_int_equal(ev->what, UM_INVITER_COUNT);
}

static const struct um_welcome_cb callbacks = {.statement = statement,
                                               .grant = grant,
                                               .take = take,
                                               .told = told};

static uint64_t wall_ms(void *user)
{
    (void)user;
    return MESH_MAKER_T0;
}

static void on_code(void *user, int err, const char *text)
{
    struct scene *s = user;
    struct um_bech32_error wrong;

    s->printed = err == 0 && um_code_get(um_str(text), &s->code, &wrong) == 0;
}

static void on_done(void *user, const struct um_knock_result *r)
{
    struct scene *s = user;

    s->welcome = r->welcome;
}

static int invite(struct scene *s)
{
    static const char *const addr = "/ip4/192.0.2.7/tcp/4901";
    const struct um_welcome_plan plan = {.owner = s->mesh.names[0],
                                         .roles = UM_NODE,
                                         .uses = 1,
                                         .addrs = &addr,
                                         .addrs_n = 1};
    int err = um_welcome_invite(s->w, &plan, on_code, s);

    turn(&s->disk, 0);
    return err != 0 || s->printed ? err : P2P_ENOMEM;
}

/* The knock's Hello to the welcome, and the answer back. */
static int join(struct scene *s)
{
    struct um_knock_cfg cfg = {.bus = &s->bus,
                               .alarms = &s->clock.alarms,
                               .code = &s->code,
                               .me = s->mesh.names[JOINER],
                               .done = on_done,
                               .user = s};
    struct p2p_stream *here;
    struct p2p_stream *there;
    struct p2p_peer_id id;

    s->k = um_knock_new(&cfg);
    if (s->k == NULL)
        return P2P_ENOMEM;
    um_peer_of(&s->mesh.names[ME], &id);
    fake_bus_up(&s->bus, &id);
    um_knock_up(s->k, &id);
    here = fake_bus_with(&s->bus, &id);
    um_peer_of(&s->mesh.names[JOINER], &id);
    there = fake_bus_come(&s->theirs, &id);
    if (here == NULL || here->reset || there == NULL)
        return P2P_ENOMEM;
    fake_bus_say(there, um_buf_view(&here->sent));
    fake_bus_finish(there);
    turn(&s->disk, 0);
    if (!there->reset)
        fake_bus_say(here, um_buf_view(&there->sent));
    return s->welcome ? 0 : P2P_ENOMEM;
}

static int body_of(struct scene *s)
{
    const struct um_welcome_cfg cfg = {.bus = &s->theirs,
                                       .disk = &s->disk,
                                       .roster = &s->roster,
                                       .mesh = s->mesh.mesh,
                                       .me = s->mesh.names[ME],
                                       .owns = true,
                                       .alarms = &s->clock.alarms,
                                       .wall_ms = wall_ms,
                                       .cb = &callbacks,
                                       .user = s};
    int err = 0;

    um_roster_init(&s->roster, &s->mesh.mesh);
    for (size_t i = 0; i < s->mesh.statements_n && err == 0; i++)
        err = mesh_maker_add(&s->roster, um_buf_view(&s->mesh.statements[i]));
    if (err != 0)
        return err;
    s->w = um_welcome_new(&cfg);
    if (s->w == NULL)
        return P2P_ENOMEM;
    err = invite(s);
    return err == 0 ? join(s) : err;
}

static int body(void *arg)
{
    struct scene *s = arg;
    int err = um_store_open(&s->store.s, s->store.path, UM_STORE_EXISTING);

    if (err != 0)
        return err;
    s->disk = (struct um_disk){.store = &s->store.s};
    fake_bus_init(&s->theirs);
    fake_bus_init(&s->bus);
    fake_clock_init(&s->clock);
    s->w = NULL;
    s->k = NULL;
    s->printed = false;
    s->welcome = false;
    err = body_of(s);
    um_knock_free(s->k);
    um_welcome_free(s->w);
    turn(&s->disk, P2P_ECLOSED);
    fake_bus_fini(&s->theirs);
    fake_bus_fini(&s->bus);
    fake_clock_fini(&s->clock);
    um_roster_fini(&s->roster);
    um_store_close(&s->store.s);
    return err;
}

static void test_without_memory(void **state)
{
    struct scene *s;

    (void)state;
    failing_mem_set(0, 0);
    s = test_calloc(1, sizeof *s);
    mesh_maker_init(&s->mesh, 1);
    mesh_maker_sign(
        &s->mesh, 0,
        (struct um_statement){
            .what = UM_GRANT, .key = s->mesh.names[JOINER], .roles = UM_NODE},
        &s->grant);
    rig_init(&s->store);
    um_store_close(&s->store.s);
    print_message("%zu allocations\n", failing_mem_each(body, s));
    rig_fini(&s->store);
    um_buf_fini(&s->grant);
    mesh_maker_fini(&s->mesh);
    test_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
