/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See gate.h. */
#include "gate.h"

#include <stdio.h>

#include "p2p/err.h"
#include "unit.h"

static int statement(void *user, const struct um_name *id, struct um_buf *out)
{
    const struct gate *g = user;
    struct um_str envelope = mesh_maker_find(&g->mesh, id);

    um_buf_str(out, envelope);
    return envelope.p != NULL ? 0 : P2P_ENOTFOUND;
}

static int grant(void *user, const struct um_name *key, unsigned roles,
                 struct um_buf *out)
{
    const struct gate *g = user;

    if (g->grant_err != 0)
        return g->grant_err;
    mesh_maker_sign(&g->mesh, 0,
                    (struct um_statement){
                        .what = UM_GRANT, .key = *key, .roles = (uint8_t)roles},
                    out);
    return 0;
}

static int write_grant(void *arg, struct um_store *s)
{
    (void)arg;
    (void)s;
    return 0;
}

static void on_granted(void *arg, int err)
{
    (void)arg;
    (void)err;
}

static int take(void *user, struct um_str envelope)
{
    struct gate *g = user;
    struct um_disk_job job = {
        .write = write_grant, .done = on_granted, .arg = g};

    assert_true(g->disk.n > 0); /* the use goes before it */
    if (g->take_err != 0 || g->take_lies)
        return g->take_err;
    g->taken++;
    mesh_maker_take(&g->mesh, envelope);
    assert_int_equal(mesh_maker_add(&g->roster, envelope), 0);
    return um_disk_write(&g->disk, &job);
}

static void told(void *user, const struct um_inviter_ev *ev)
{
    struct gate *g = user;

    if (ev->what == UM_INVITER_COUNT)
        g->let_in++;
    else
        g->put_down++;
    g->whom = ev->joiner;
    (void)snprintf(g->name, sizeof g->name, "%.*s", UM_STR_ARG(ev->name));
}

static const struct um_welcome_cb callbacks = {.statement = statement,
                                               .grant = grant,
                                               .take = take,
                                               .told = told};

static uint64_t wall_ms(void *user)
{
    return ((const struct gate *)user)->wall;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct gate *g = user;
    size_t len = strlen(g->lines);

    (void)level;
    (void)snprintf(g->lines + len, sizeof g->lines - len, "%s\n", line);
}

void gate_init(struct gate *g)
{
    memset(g, 0, sizeof *g);
    mesh_maker_init(&g->mesh, 1);
    mesh_maker_roster(&g->mesh, &g->roster);
    rig_init(&g->store);
    fake_disk_init(&g->disk, &g->store.s);
    g->log = (struct um_log){.level = UM_LOG_DEBUG, .user = g, .sink = sink};
    g->wall = MESH_MAKER_T0;
    g->owns = true;
    g->me = 1;
}

void gate_open(struct gate *g, struct um_bus *bus,
               const struct um_alarms *alarms)
{
    struct um_welcome_cfg cfg = {.bus = bus,
                                 .disk = &g->disk,
                                 .roster = &g->roster,
                                 .mesh = g->mesh.mesh,
                                 .me = g->mesh.names[g->me],
                                 .owns = g->owns,
                                 .alarms = alarms,
                                 .wall_ms = wall_ms,
                                 .log = &g->log,
                                 .cb = &callbacks,
                                 .user = g};

    g->w = um_welcome_new(&cfg);
    assert_non_null(g->w);
}

void gate_close(struct gate *g)
{
    um_welcome_free(g->w);
    g->w = NULL;
    fake_disk_fini(&g->disk);
    fake_disk_init(&g->disk, &g->store.s);
}

void gate_fini(struct gate *g)
{
    gate_close(g);
    rig_fini(&g->store);
    um_roster_fini(&g->roster);
    mesh_maker_fini(&g->mesh);
}

static void on_code(void *user, int err, const char *text)
{
    struct gate *g = user;
    struct um_bech32_error wrong;

    g->codes++;
    g->code_err = err;
    assert_int_equal(text == NULL, err != 0);
    if (err != 0)
        return;
    (void)snprintf(g->text, sizeof g->text, "%s", text);
    assert_int_equal(um_code_get(um_str(text), &g->code, &wrong), 0);
}

void gate_invite(struct gate *g, uint32_t uses, uint64_t expires_ms,
                 const char *addr)
{
    struct um_welcome_plan plan = {.owner = g->mesh.names[0],
                                   .roles = UM_NODE | UM_WRITER,
                                   .uses = uses,
                                   .expires_ms = expires_ms,
                                   .addrs = &addr,
                                   .addrs_n = addr != NULL ? 1 : 0};
    unsigned codes = g->codes;

    assert_int_equal(um_welcome_invite(g->w, &plan, on_code, g), 0);
    assert_int_equal(g->codes, codes); /* not before it is on the disk */
    (void)fake_disk_turn(&g->disk);
    assert_int_equal(g->codes, codes + 1);
}

unsigned gate_used(struct gate *g)
{
    static const uint8_t zero[UM_INVITE_ID_BYTES];
    const struct um_invite *shown = um_welcome_at(g->w, 0);
    struct um_invite stored;

    assert_non_null(shown);
    assert_int_equal(um_invites_next(&g->store.s, zero, &stored), 1);
    assert_memory_equal(stored.id, shown->id, sizeof stored.id);
    assert_int_equal(stored.used, shown->used);
    return shown->used;
}

size_t gate_waiting(struct gate *g)
{
    const struct um_pending *shown;
    struct um_pending stored = {.place = 0};
    size_t n = 0;

    while ((shown = um_welcome_pending(g->w, n)) != NULL) {
        assert_int_equal(um_pending_next(&g->store.s, stored.place, &stored),
                         1);
        assert_true(um_name_eq(&shown->key, &stored.key));
        assert_true(um_str_eq(shown->name, stored.name));
        assert_int_equal(shown->at_ms, stored.at_ms);
        n++;
    }
    assert_int_equal(um_pending_next(&g->store.s, stored.place, &stored), 0);
    return n;
}
