/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See door.h. */
#include "door.h"

#include "p2p/err.h"

void door_take(struct door *d, struct um_str envelope)
{
    mesh_maker_take(&d->m, envelope);
    assert_int_equal(mesh_maker_add(&d->roster, envelope), 0);
}

void door_sign(struct door *d, unsigned by, struct um_statement s,
               struct um_buf *out)
{
    mesh_maker_sign(&d->m, by, s, out);
}

void door_say(struct door *d, unsigned by, struct um_statement s)
{
    struct um_buf out = UM_BUF_INIT;

    door_sign(d, by, s, &out);
    door_take(d, um_buf_view(&out));
    um_buf_fini(&out);
}

static bool invite_of(void *user, const uint8_t id[8], struct um_invite *out)
{
    const struct door *d = user;

    if (memcmp(id, d->invite.id, 8) != 0)
        return false;
    *out = d->invite;
    return true;
}

static int statement_of(void *user, const struct um_name *id,
                        struct um_buf *out)
{
    const struct door *d = user;
    struct um_str envelope = mesh_maker_find(&d->m, id);

    um_buf_str(out, envelope);
    return envelope.p != NULL ? 0 : P2P_ENOTFOUND;
}

static int grant_of(void *user, const struct um_name *key, unsigned roles,
                    struct um_buf *out)
{
    struct door *d = user;

    if (d->sign_err != 0)
        return d->sign_err;
    door_sign(d, d->signer,
              (struct um_statement){
                  .what = UM_GRANT, .key = *key, .roles = (uint8_t)roles},
              out);
    return 0;
}

static bool waits(void *user, const struct um_name *key)
{
    const struct door *d = user;

    for (size_t i = 0; i < d->waiting_n; i++) {
        if (um_name_eq(&d->waiting[i], key))
            return true;
    }
    return false;
}

static size_t waiting(void *user)
{
    return ((const struct door *)user)->waiting_n;
}

void door_init(struct door *d)
{
    memset(d, 0, sizeof *d);
    mesh_maker_init(&d->m, 0);
    mesh_maker_roster(&d->m, &d->roster);
    door_say(
        d, ROOT,
        (struct um_statement){
            .what = UM_GRANT, .key = d->m.names[OWNER], .roles = UM_OWNER});
    door_say(
        d, OWNER,
        (struct um_statement){
            .what = UM_GRANT, .key = d->m.names[INVITER], .roles = UM_NODE});
    for (unsigned i = 0; i < 16; i++)
        d->code.secret[i] = (uint8_t)(0x40 + i);
    memcpy(d->code.mesh, d->m.mesh.b, sizeof d->code.mesh);
    um_code_fingerprint(&d->m.names[OWNER], d->code.owner);
    um_invite_init(&d->invite, d->code.secret, d->code.mesh);
    d->invite.uses = 1;
    d->invite.roles = UM_WRITER | UM_NODE;
    d->invite.expires_ms = T0 + 900000;
    d->signer = OWNER;
    d->node = (struct um_inviter_node){.user = d,
                                       .roster = &d->roster,
                                       .open = true,
                                       .invite = invite_of,
                                       .statement = statement_of,
                                       .grant = grant_of,
                                       .waits = waits,
                                       .waiting = waiting};
    um_door_init(&d->door, 1000);
}

void door_fini(struct door *d)
{
    um_roster_fini(&d->roster);
    mesh_maker_fini(&d->m);
}

void door_knock(struct door *d, struct um_inviter *i, unsigned who)
{
    struct um_inviter_cfg cfg = {.node = &d->node,
                                 .door = &d->door,
                                 .me = d->m.names[INVITER],
                                 .joiner = d->m.names[who]};

    memset(cfg.binding, 0x42, sizeof cfg.binding);
    um_inviter_init(i, &cfg, 1000);
}

void door_joiner(const struct door *d, struct um_joiner *j, bool coded)
{
    struct um_joiner_cfg cfg = {.code = coded ? &d->code : NULL,
                                .me = d->m.names[JOINER],
                                .inviter = d->m.names[INVITER],
                                .name = UM_STR("new one")};

    memset(cfg.binding, 0x42, sizeof cfg.binding);
    um_joiner_init(j, &cfg, 1000);
}

void door_store(struct door *d, struct um_inviter *i, uint64_t wall_ms)
{
    struct um_inviter_ev ev;
    struct um_buf none = UM_BUF_INIT;
    int err = 0;

    if (!um_inviter_next(i, &ev))
        return;
    assert_int_equal(um_inviter_tx(i, &none), 0); /* not before it is stored */
    assert_true(um_name_eq(&ev.joiner, &d->m.names[JOINER]) ||
                ev.what == UM_INVITER_PENDING);
    if (ev.coded) {
        assert_memory_equal(ev.id, d->invite.id, sizeof ev.id);
        assert_int_equal(ev.roles, d->invite.roles);
        err = um_invite_take(&d->invite, wall_ms);
        d->counted += err == 0;
    }
    if (err == 0 && ev.what == UM_INVITER_COUNT)
        door_take(d, ev.grant);
    if (err == 0 && ev.what == UM_INVITER_PENDING) {
        d->put_down++;
        assert_true(d->waiting_n < WAITING_MAX);
        d->waiting[d->waiting_n++] = ev.joiner;
    }
    um_inviter_stored(i, err);
}

void door_answer(struct door *d, struct um_str hello, uint64_t wall_ms,
                 enum chunk_plan plan, struct um_buf *out)
{
    struct um_inviter i;
    struct chunker c;
    int got;

    door_knock(d, &i, JOINER);
    chunker_init(&c, plan, 1);
    while (hello.len > 0) {
        struct um_str piece = um_str_head(hello, chunker_next(&c, hello.len));

        hello = um_str_skip(hello, piece.len);
        um_inviter_rx(&i, &piece, 1000, wall_ms);
        assert_int_equal(piece.len, 0);
    }
    door_store(d, &i, wall_ms);
    got = um_inviter_tx(&i, out);
    assert_int_equal(got, out->len > 0);
    assert_true(um_inviter_over(&i) || out->len == 0);
    um_inviter_fini(&i);
}

void door_hear(struct um_joiner *j, struct um_str in, enum chunk_plan plan)
{
    struct chunker c;

    chunker_init(&c, plan, 2);
    while (in.len > 0) {
        struct um_str piece = um_str_head(in, chunker_next(&c, in.len));

        in = um_str_skip(in, piece.len);
        while (piece.len > 0)
            (void)um_joiner_rx(j, &piece);
    }
    um_joiner_closed(j);
}

void door_join(struct door *d, struct um_joiner *j, bool coded,
               uint64_t wall_ms, enum chunk_plan plan)
{
    struct um_buf hello = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;

    door_joiner(d, j, coded);
    assert_int_equal(um_joiner_tx(j, &hello), 1);
    assert_int_equal(um_joiner_tx(j, &hello), 0);
    door_answer(d, um_buf_view(&hello), wall_ms, plan, &back);
    door_hear(j, um_buf_view(&back), plan);
    um_buf_fini(&hello);
    um_buf_fini(&back);
}
