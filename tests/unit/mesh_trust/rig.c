/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "rig.h"

#include "p2p/err.h"

struct p2p_key *rig_key(unsigned seed)
{
    uint8_t bytes[32] = {(uint8_t)seed};
    struct p2p_key *key;

    assert_int_equal(p2p_key_from_seed(bytes, &key), 0);
    return key;
}

struct um_name rig_name(unsigned seed)
{
    struct p2p_key *key = rig_key(seed);
    struct um_name name;

    assert_int_equal(um_item_signer(key, &name), 0);
    p2p_key_free(key);
    return name;
}

struct um_name rig_id(unsigned byte)
{
    struct um_name id;

    memset(id.b, (int)byte, sizeof id.b);
    return id;
}

struct um_buf *rig_buf(struct rig *g)
{
    assert_true(g->texts_n < RIG_ITEMS_MAX);
    return &g->texts[g->texts_n++];
}

void rig_here(struct rig *g, const struct um_name *id, uint64_t number)
{
    assert_true(g->here_n < RIG_ITEMS_MAX);
    g->here[g->here_n].id = *id;
    g->here[g->here_n++].number = number;
}

static uint64_t number_of(const void *user, const struct um_name *id)
{
    const struct rig *g = user;

    for (size_t i = 0; i < g->here_n; i++) {
        if (um_name_eq(&g->here[i].id, id))
            return g->here[i].number;
    }
    return 0;
}

static void make_r1(struct rig *g)
{
    struct p2p_key *key = rig_key(ROOT_SEED);
    struct um_buf *b = rig_buf(g);
    struct um_revision r = {
        .number = 1, .wall_ms = T0, .doc = rig_id(7), .doc_bytes = 2};

    assert_int_equal(um_revision_seal(&r, key, b), 0);
    assert_int_equal(um_revision_open(rig_view(b), &g->r1), 0);
    p2p_key_free(key);
}

void rig_init(struct rig *g)
{
    struct um_statement s = {.what = UM_GENESIS,
                             .key = rig_name(RECOVERY_SEED),
                             .roles = UM_ROLES_ALL,
                             .nonce = {1}};
    struct um_need need;

    memset(g, 0, sizeof *g);
    g->clock = T0;
    g->known.number = number_of;
    g->known.user = g;
    make_r1(g);
    s.first = g->r1.id;
    g->genesis = rig_sign(g, ROOT_SEED, s);
    g->mesh = g->genesis.id;
    um_roster_init(&g->roster, &g->mesh);
    assert_int_equal(um_roster_add(&g->roster, &g->genesis, &g->known, &need),
                     0);
    rig_here(g, &g->r1.id, 1);
}

void rig_fini(struct rig *g)
{
    um_roster_fini(&g->roster);
    for (size_t i = 0; i < g->texts_n; i++)
        um_buf_fini(&g->texts[i]);
}

struct um_statement rig_sign(struct rig *g, unsigned seed,
                             struct um_statement s)
{
    struct p2p_key *key = rig_key(seed);
    struct um_buf *b = rig_buf(g);
    struct um_statement out;

    s.mesh = g->mesh;
    s.wall_ms = g->clock++;
    assert_int_equal(um_statement_seal(&s, key, b), 0);
    assert_int_equal(um_statement_open(rig_view(b), &out), 0);
    assert_true(um_name_eq(&s.id, &out.id));
    p2p_key_free(key);
    return out;
}

int rig_add(struct rig *g, unsigned seed, struct um_statement s)
{
    struct um_statement made = rig_sign(g, seed, s);
    struct um_need need;

    return um_roster_add(&g->roster, &made, &g->known, &need);
}

struct um_statement rig_grant(unsigned seed, unsigned roles)
{
    return (struct um_statement){
        .what = UM_GRANT, .key = rig_name(seed), .roles = (uint8_t)roles};
}

struct um_statement rig_revoke(unsigned seed, unsigned roles)
{
    return (struct um_statement){
        .what = UM_REVOKE, .key = rig_name(seed), .roles = (uint8_t)roles};
}

struct um_revision rig_edit(struct rig *g, unsigned seed,
                            const struct um_revision *parent)
{
    struct p2p_key *key = rig_key(seed);
    struct um_buf *b = rig_buf(g);
    struct um_revision out;
    struct um_revision r = {.mesh = g->mesh,
                            .parents = {parent->id},
                            .parents_n = 1,
                            .number = parent->number + 1,
                            .wall_ms = g->clock++,
                            .doc = rig_id(8),
                            .doc_bytes = 9};

    assert_int_equal(um_revision_seal(&r, key, b), 0);
    assert_int_equal(um_revision_open(rig_view(b), &out), 0);
    p2p_key_free(key);
    return out;
}
