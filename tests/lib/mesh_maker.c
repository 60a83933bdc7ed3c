/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See mesh_maker.h. */
#include "mesh_maker.h"

#include "p2p/hash.h"
#include "unit.h"

static const char document[] = "{\"listeners\":{},\"routes\":[]}\n";

static void make_keys(struct mesh_maker *m)
{
    for (unsigned i = 0; i < MESH_MAKER_KEYS; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1), 'm'};

        assert_int_equal(p2p_key_from_seed(seed, &m->keys[i]), 0);
        assert_int_equal(um_item_signer(m->keys[i], &m->names[i]), 0);
    }
}

static void make_r1(struct mesh_maker *m)
{
    struct um_revision r = {.number = 1, .wall_ms = MESH_MAKER_T0};

    m->document = um_str_n(document, sizeof document - 1);
    p2p_sha256(m->document.p, m->document.len, m->document_hash.b);
    r.doc = m->document_hash;
    r.doc_bytes = (uint32_t)m->document.len;
    assert_int_equal(um_revision_seal(&r, m->keys[0], &m->r1), 0);
    m->r1_id = r.id;
}

void mesh_maker_init(struct mesh_maker *m, unsigned nodes)
{
    struct um_statement genesis = {
        .what = UM_GENESIS, .roles = UM_ROLES_ALL, .nonce = {1}};

    assert_true(nodes < MESH_MAKER_KEYS);
    memset(m, 0, sizeof *m);
    make_keys(m);
    make_r1(m);
    genesis.first = m->r1_id;
    mesh_maker_say(m, 0, genesis);
    for (unsigned i = 1; i <= nodes; i++)
        mesh_maker_say(m, 0,
                       (struct um_statement){.what = UM_GRANT,
                                             .key = m->names[i],
                                             .roles = UM_NODE | UM_WRITER});
}

void mesh_maker_fini(struct mesh_maker *m)
{
    for (size_t i = 0; i < m->statements_n; i++)
        um_buf_fini(&m->statements[i]);
    um_buf_fini(&m->r1);
    for (unsigned i = 0; i < MESH_MAKER_KEYS; i++)
        p2p_key_free(m->keys[i]);
}

void mesh_maker_sign(const struct mesh_maker *m, unsigned by,
                     struct um_statement s, struct um_buf *out)
{
    s.mesh = m->mesh; /* none before the genesis */
    s.wall_ms = MESH_MAKER_T0;
    assert_int_equal(um_statement_seal(&s, m->keys[by], out), 0);
}

void mesh_maker_say(struct mesh_maker *m, unsigned by, struct um_statement s)
{
    struct um_buf out = UM_BUF_INIT;

    mesh_maker_sign(m, by, s, &out);
    mesh_maker_take(m, um_buf_view(&out));
    um_buf_fini(&out);
}

void mesh_maker_take(struct mesh_maker *m, struct um_str envelope)
{
    struct um_buf *b = &m->statements[m->statements_n];
    struct um_statement s;

    assert_true(m->statements_n < MESH_MAKER_STATEMENTS);
    um_buf_str(b, envelope);
    assert_int_equal(um_statement_open(um_buf_view(b), &s), 0);
    if (m->statements_n == 0)
        m->mesh = s.id;
    m->ids[m->statements_n++] = s.id;
}

static uint64_t no_revision(const void *user, const struct um_name *id)
{
    (void)user;
    (void)id;
    return 0;
}

int mesh_maker_add(struct um_roster *r, struct um_str envelope)
{
    static const struct um_known known = {no_revision, NULL};
    struct um_statement s;
    struct um_need need;
    int err = um_statement_open(envelope, &s);

    return err == 0 ? um_roster_add(r, &s, &known, &need) : err;
}

void mesh_maker_roster(const struct mesh_maker *m, struct um_roster *r)
{
    um_roster_init(r, &m->mesh);
    for (size_t i = 0; i < m->statements_n; i++)
        assert_int_equal(mesh_maker_add(r, um_buf_view(&m->statements[i])), 0);
}

struct um_str mesh_maker_find(const struct mesh_maker *m,
                              const struct um_name *id)
{
    for (size_t i = 0; i < m->statements_n; i++) {
        if (um_name_eq(&m->ids[i], id))
            return um_buf_view(&m->statements[i]);
    }
    return um_str_n(NULL, 0);
}
