/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The golden bytes, both ways: what is made of the values of
 * docs/reference/formats.md is the file, and the file is read to those values.
 * The argument is the folder. Nothing here writes one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "golden.h"
#include "mesh/trust/carry.h"
#include "mesh/trust/invite.h"
#include "mesh/trust/row.h"
#include "mesh/trust/seal.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "rig.h"

static const char *folder;

/* The bytes of a file, in place of what was there. */
static struct um_str golden(const char *name)
{
    static char bytes[4096];

    return um_str_n(bytes, golden_read(folder, name, bytes, sizeof bytes));
}

static void same(const char *name, struct um_str made)
{
    struct um_str want = golden(name);

    if (!um_str_eq(want, made))
        fail_msg("%s is not the golden one: %zu bytes, %zu wanted", name,
                 made.len, want.len);
}

static struct um_name hash(const char *text)
{
    struct um_name out;

    p2p_sha256(text, strlen(text), out.b);
    return out;
}

/* Makes a revision and compares; returns its id. */
static struct um_name revision(const char *name, unsigned seed, const char *doc,
                               struct um_revision r)
{
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(seed);
    struct um_revision back;

    r.doc = hash(doc);
    r.doc_bytes = (uint32_t)strlen(doc);
    assert_int_equal(um_revision_seal(&r, key, &b), 0);
    same(name, um_buf_view(&b));
    assert_int_equal(um_revision_open(golden(name), &back), 0);
    assert_true(um_name_eq(&back.id, &r.id));
    assert_true(um_name_eq(&back.mesh, &r.mesh));
    assert_true(um_name_eq(&back.by, &r.by));
    assert_true(um_name_eq(&back.doc, &r.doc));
    assert_int_equal(back.parents_n, r.parents_n);
    assert_memory_equal(back.parents, r.parents, sizeof r.parents);
    assert_int_equal(back.number, r.number);
    assert_int_equal(back.wall_ms, r.wall_ms);
    assert_int_equal(back.doc_bytes, r.doc_bytes);
    assert_int_equal(back.policy, r.policy);
    assert_int_equal(back.deadline_ms, r.deadline_ms);
    assert_int_equal(back.soak_ms, r.soak_ms);
    assert_int_equal(back.budget, r.budget);
    assert_int_equal(back.by_machine, r.by_machine);
    assert_int_equal(back.first.n, r.first.n);
    if (r.first.n > 0)
        assert_memory_equal(back.first.p, r.first.p,
                            r.first.n * sizeof *r.first.p);
    assert_true(um_str_eq(back.message, r.message));
    p2p_key_free(key);
    um_buf_fini(&b);
    return r.id;
}

static void fact(const char *name, unsigned seed, struct um_fact f)
{
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(seed);
    struct um_fact back;

    assert_int_equal(um_fact_seal(&f, key, &b), 0);
    same(name, um_buf_view(&b));
    assert_int_equal(um_fact_open(golden(name), &back), 0);
    assert_true(um_name_eq(&back.id, &f.id));
    assert_true(um_name_eq(&back.mesh, &f.mesh));
    assert_true(um_name_eq(&back.by, &f.by));
    assert_true(um_name_eq(&back.revision, &f.revision));
    assert_int_equal(back.what, f.what);
    assert_int_equal(back.wall_ms, f.wall_ms);
    assert_int_equal(back.nodes.n, f.nodes.n);
    if (f.nodes.n > 0)
        assert_memory_equal(back.nodes.p, f.nodes.p,
                            f.nodes.n * sizeof *f.nodes.p);
    assert_true(um_str_eq(back.message, f.message));
    p2p_key_free(key);
    um_buf_fini(&b);
}

static void names_equal(struct um_namelist a, struct um_namelist b)
{
    assert_int_equal(a.n, b.n);
    if (b.n > 0)
        assert_memory_equal(a.p, b.p, b.n * sizeof *b.p);
}

static struct um_name statement(const char *name, struct um_statement s)
{
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(ROOT_SEED);
    struct um_statement back;

    assert_int_equal(um_statement_seal(&s, key, &b), 0);
    same(name, um_buf_view(&b));
    assert_int_equal(um_statement_open(golden(name), &back), 0);
    assert_true(um_name_eq(&back.id, &s.id));
    assert_true(um_name_eq(&back.mesh, &s.mesh));
    assert_true(um_name_eq(&back.by, &s.by));
    assert_true(um_name_eq(&back.key, &s.key));
    assert_true(um_name_eq(&back.first, &s.first));
    assert_int_equal(back.what, s.what);
    assert_int_equal(back.roles, s.roles);
    assert_int_equal(back.seq, s.seq);
    assert_int_equal(back.wall_ms, s.wall_ms);
    assert_memory_equal(back.nonce, s.nonce, sizeof s.nonce);
    names_equal(back.keep, s.keep);
    names_equal(back.stand, s.stand);
    names_equal(back.ids, s.ids);
    assert_true(um_str_eq(back.name, s.name));
    assert_true(um_str_eq(back.value, s.value));
    p2p_key_free(key);
    um_buf_fini(&b);
    return s.id;
}

/* What one file needs of another. */
struct story {
    struct um_name mesh, r1, grant, edit, staged, trial, rebase;
};

static void tell_begin(struct story *s)
{
    struct um_statement g = {.what = UM_GENESIS,
                             .key = rig_name(4),
                             .roles = UM_ROLES_ALL,
                             .wall_ms = T0,
                             .name = UM_STR("golden")};

    for (unsigned i = 0; i < sizeof g.nonce; i++)
        g.nonce[i] = (uint8_t)i;
    s->r1 = revision("r1", 1, "{}",
                     (struct um_revision){.number = 1, .wall_ms = T0});
    g.first = s->r1;
    s->mesh = statement("genesis", g);
    s->grant =
        statement("grant", (struct um_statement){.mesh = s->mesh,
                                                 .what = UM_GRANT,
                                                 .key = rig_name(2),
                                                 .roles = UM_WRITER | UM_NODE,
                                                 .wall_ms = T0 + 1000});
}

static void tell_revisions(struct story *s)
{
    struct um_name node = rig_name(3);
    struct um_name both[] = {rig_name(2), node};
    struct um_revision r = {.mesh = s->mesh,
                            .parents = {s->r1},
                            .parents_n = 1,
                            .number = 2,
                            .wall_ms = T0 + 2000,
                            .message = UM_STR("first edit")};

    assert_int_equal(um_namelist_sort(both, 2), 2);
    s->edit = revision("immediate", 2, "{\"a\":1}", r);
    r = (struct um_revision){.mesh = s->mesh,
                             .parents = {s->edit},
                             .parents_n = 1,
                             .number = 3,
                             .wall_ms = T0 + 3000,
                             .policy = UM_STAGED,
                             .deadline_ms = 3600000,
                             .soak_ms = 30000,
                             .budget = 1,
                             .first = {&node, 1}};
    s->staged = revision("staged", 2, "{\"a\":2}", r);
    r = (struct um_revision){.mesh = s->mesh,
                             .parents = {s->edit},
                             .parents_n = 1,
                             .number = 3,
                             .wall_ms = T0 + 4000,
                             .policy = UM_TRIAL,
                             .deadline_ms = 600000,
                             .first = {both, 2},
                             .message = UM_STR("gr\xc3\xbc\xc3\x9f"
                                               "e")};
    s->trial = revision("trial", 1, "{\"a\":3}", r);
    r = (struct um_revision){.mesh = s->mesh,
                             .parents = {s->staged, s->trial},
                             .parents_n = 2,
                             .number = 4,
                             .wall_ms = T0 + 5000,
                             .policy = UM_STAGED,
                             .deadline_ms = 3600000,
                             .soak_ms = 8000,
                             .first = {&node, 1},
                             .by_machine = true};
    s->rebase = revision("rebase", 2, "{\"a\":2,\"b\":3}", r);
}

static void tell_facts(const struct story *s)
{
    struct um_name nodes[] = {rig_name(1), rig_name(2)};
    struct um_fact f = {.mesh = s->mesh,
                        .revision = s->staged,
                        .what = UM_OPEN,
                        .wall_ms = T0 + 6000,
                        .nodes = {nodes, 2}};

    assert_int_equal(um_namelist_sort(nodes, 2), 2);
    fact("open", 2, f);
    f.what = UM_CONFIRM;
    f.wall_ms = T0 + 7000;
    f.nodes.n = 0;
    fact("confirm", 2, f);
    f.what = UM_ABORT;
    f.revision = s->trial;
    f.wall_ms = T0 + 8000;
    f.message = UM_STR("unhealthy on two");
    fact("abort", 1, f);
}

static void tell_end(struct story *s)
{
    struct um_name ids[] = {s->trial, s->rebase};

    assert_int_equal(um_namelist_sort(ids, 2), 2);
    statement("revoke", (struct um_statement){.mesh = s->mesh,
                                              .what = UM_REVOKE,
                                              .key = rig_name(2),
                                              .roles = UM_WRITER,
                                              .keep = {&s->edit, 1},
                                              .stand = {&s->grant, 1},
                                              .wall_ms = T0 + 9000});
    statement("set", (struct um_statement){.mesh = s->mesh,
                                           .what = UM_SET,
                                           .key = rig_name(3),
                                           .name = UM_STR("zone"),
                                           .value = UM_STR("west"),
                                           .seq = 1,
                                           .wall_ms = T0 + 10000});
    statement("void", (struct um_statement){.mesh = s->mesh,
                                            .what = UM_VOID,
                                            .ids = {ids, 2},
                                            .wall_ms = T0 + 11000});
}

/* Two connections: one that was dialled, one that is relayed. */
static void tell_ties(struct um_buf *out)
{
    struct um_name one = rig_name(1), two = rig_name(2);
    struct um_tie t = {.over = UM_TIE_TCP, .dialled = true, .rtt_us = 420};

    memcpy(t.member, one.b, sizeof t.member);
    um_tie_put(out, &t);
    t = (struct um_tie){.over = UM_TIE_QUIC, .relayed = true};
    memcpy(t.member, two.b, sizeof t.member);
    um_tie_put(out, &t);
}

/* What came to rows later: the version of the daemon, then ties. */
static void tell_later(struct um_row *row, const struct p2p_key *key)
{
    struct um_buf b = UM_BUF_INIT, ties = UM_BUF_INIT;
    struct um_row back;

    row->daemon = UM_STR("0.1.0");
    assert_int_equal(um_row_seal(row, key, &b), 0);
    same("row-daemon", um_buf_view(&b));
    assert_int_equal(um_row_open(golden("row-daemon"), &back), 0);
    assert_true(um_str_eq(back.daemon, row->daemon));
    assert_int_equal(back.ties.len, 0);
    tell_ties(&ties);
    row->ties = um_buf_view(&ties);
    um_buf_clear(&b);
    assert_int_equal(um_row_seal(row, key, &b), 0);
    same("row-ties", um_buf_view(&b));
    assert_int_equal(um_row_open(golden("row-ties"), &back), 0);
    assert_true(um_str_eq(back.ties, row->ties));
    um_buf_fini(&ties);
    um_buf_fini(&b);
}

static void tell_row(const struct story *s)
{
    struct um_name bad[] = {s->trial, s->staged};
    struct um_row row = {.mesh = s->mesh,
                         .applied = s->edit,
                         .effective = hash("{\"a\":1}"),
                         .seq = um_row_seq(0, T0 + 12000),
                         .wall_ms = T0 + 12000,
                         .healthy_ms = 60000,
                         .drift = UM_DIFFERS,
                         .ready = true,
                         .bad = {bad, 2},
                         .unit = UM_STR("1.35.0"),
                         .reason = UM_STR("refused: /listeners"),
                         .name = UM_STR("node-3")};
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(3);
    struct um_row back;

    assert_int_equal(um_row_seal(&row, key, &b), 0);
    same("row", um_buf_view(&b));
    assert_int_equal(um_row_open(golden("row"), &back), 0);
    assert_true(um_name_eq(&back.mesh, &row.mesh));
    assert_true(um_name_eq(&back.by, &row.by));
    assert_true(um_name_eq(&back.applied, &row.applied));
    assert_true(um_name_eq(&back.effective, &row.effective));
    assert_int_equal(back.seq, row.seq);
    assert_int_equal(back.wall_ms, row.wall_ms);
    assert_int_equal(back.healthy_ms, row.healthy_ms);
    assert_int_equal(back.drift, row.drift);
    assert_int_equal(back.ready, row.ready);
    names_equal(back.bad, row.bad);
    assert_true(um_str_eq(back.unit, row.unit));
    assert_true(um_str_eq(back.reason, row.reason));
    assert_true(um_str_eq(back.name, row.name));
    assert_int_equal(back.daemon.len, 0);
    tell_later(&row, key);
    p2p_key_free(key);
    um_buf_fini(&b);
}

static void test_items(void **state)
{
    struct story s;

    (void)state;
    tell_begin(&s);
    tell_revisions(&s);
    tell_facts(&s);
    tell_end(&s);
    tell_row(&s);
}

static void test_unknown_fields_are_kept_and_hashed(void **state)
{
    struct um_revision plain;
    struct um_revision more;
    struct um_item it;
    struct um_name id;
    struct um_str payload;

    (void)state;
    assert_int_equal(um_revision_open(golden("immediate"), &plain), 0);
    assert_int_equal(um_revision_open(golden("unknown-field"), &more), 0);
    assert_false(um_name_eq(&plain.id, &more.id));
    assert_true(um_name_eq(&plain.doc, &more.doc));
    assert_int_equal(plain.wall_ms, more.wall_ms);
    payload = um_item_payload(golden("unknown-field"), UM_REVISION);
    p2p_sha256(payload.p, payload.len, id.b);
    assert_true(um_name_eq(&id, &more.id));
    assert_int_equal(um_item_read(payload, UM_REVISION, &it), 0);
    assert_true(um_pb_has(&it.m, 40) && um_pb_has(&it.m, 63));
}

static struct um_name mesh_id(void)
{
    struct um_statement g;

    assert_int_equal(um_statement_open(golden("genesis"), &g), 0);
    return g.id;
}

static void code_is(const char *name, const struct um_code *c)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_code back;
    struct um_bech32_error error;

    assert_int_equal(um_code_put(c, &text), 0);
    same(name, um_buf_view(&text));
    assert_int_equal(um_code_get(golden(name), &back, &error), 0);
    assert_memory_equal(back.secret, c->secret, sizeof c->secret);
    assert_memory_equal(back.mesh, c->mesh, sizeof c->mesh);
    assert_memory_equal(back.owner, c->owner, sizeof c->owner);
    assert_int_equal(back.expires_ms, c->expires_ms);
    assert_int_equal(back.addrs_n, c->addrs_n);
    for (size_t i = 0; i < c->addrs_n; i++) {
        assert_int_equal(back.addrs[i].len, c->addrs[i].len);
        assert_memory_equal(back.addrs[i].bytes, c->addrs[i].bytes,
                            c->addrs[i].len);
    }
    um_buf_fini(&text);
}

static void fill_code(struct um_code *c)
{
    struct um_name mesh = mesh_id();
    struct um_name owner = rig_name(1);

    memset(c, 0, sizeof *c);
    for (unsigned i = 0; i < sizeof c->secret; i++)
        c->secret[i] = (uint8_t)(i * 0x11);
    memcpy(c->mesh, mesh.b, sizeof c->mesh);
    um_code_fingerprint(&owner, c->owner);
}

static void test_codes(void **state)
{
    static const uint8_t a[] = {4, 192, 0, 2, 7, 6, 0x13, 0x25};
    static const uint8_t b[] = {0x29, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0,    0,
                                0,    0,    0, 0,   0,    0, 7, 6, 0x13, 0x25};
    struct um_code c;
    struct um_buf text = UM_BUF_INIT;
    struct um_bech32_error error;
    uint8_t seed[UM_CODE_SEED_BYTES] = {4};
    uint8_t back[UM_CODE_SEED_BYTES];

    (void)state;
    fill_code(&c);
    c.expires_ms = T0 + 15 * 60000;
    code_is("join-code", &c);
    c.expires_ms = 0;
    c.addrs_n = 2;
    c.addrs[0].len = sizeof a;
    memcpy(c.addrs[0].bytes, a, sizeof a);
    c.addrs[1].len = sizeof b;
    memcpy(c.addrs[1].bytes, b, sizeof b);
    code_is("join-code-addresses", &c);
    assert_int_equal(um_code_put_seed(seed, &text), 0);
    same("recovery-key", um_buf_view(&text));
    assert_int_equal(um_code_get_seed(golden("recovery-key"), back, &error), 0);
    assert_memory_equal(seed, back, sizeof seed);
    um_buf_fini(&text);
}

/* Three statements as a file, before they were signed and after. */
static void test_carried(void **state)
{
    static const char *const names[] = {"grant", "set", "void"};
    struct um_buf plans = UM_BUF_INIT, signed_ = UM_BUF_INIT, one = UM_BUF_INIT;
    struct um_str list, bytes;
    enum um_carry what;
    size_t n = 0;

    (void)state;
    um_carry_begin(&plans, UM_CARRY_TO_SIGN);
    um_carry_begin(&signed_, UM_CARRY_SIGNED);
    for (size_t i = 0; i < 3; i++) {
        struct um_statement s;

        assert_int_equal(um_statement_open(golden(names[i]), &s), 0);
        um_buf_clear(&one);
        assert_int_equal(um_statement_plan(&s, &one), 0);
        um_carry_add(&plans, um_buf_view(&one));
        um_carry_add(&signed_, golden(names[i]));
    }
    same("carry-to-sign", um_buf_view(&plans));
    same("carry-signed", um_buf_view(&signed_));
    assert_int_equal(um_carry_read(um_buf_view(&signed_), &what, &list), 0);
    assert_int_equal(what, UM_CARRY_SIGNED);
    while (um_pb_list_next(&list, &bytes))
        assert_true(um_str_eq(bytes, golden(names[n++])));
    assert_int_equal(n, 3);
    um_buf_fini(&plans);
    um_buf_fini(&signed_);
    um_buf_fini(&one);
}

static void test_join_proofs(void **state)
{
    struct um_code c;
    struct um_invite inv;
    struct um_join join;
    uint8_t all[104];

    (void)state;
    fill_code(&c);
    um_invite_init(&inv, c.secret, c.mesh);
    memset(join.binding, 0x42, sizeof join.binding);
    join.joiner = rig_name(3);
    join.inviter = rig_name(1);
    join.mesh = mesh_id();
    memcpy(all, inv.id, 8);
    memcpy(all + 8, inv.key, 32);
    um_invite_hello(&inv, &join, all + 40);
    um_invite_answer(&inv, &join, all + 72);
    same("join-proofs", um_str_n((const char *)all, sizeof all));
}

static void test_sealed(void **state)
{
    static const uint8_t entropy[32] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                        7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    struct um_name members[] = {rig_name(2), rig_name(3)};
    struct um_sealed_plan plan = {.mesh = mesh_id(),
                                  .name = UM_STR("certificates/site"),
                                  .content = UM_STR("-----golden secret-----"),
                                  .members = {members, 2},
                                  .entropy = entropy};
    struct um_buf out = UM_BUF_INIT;
    struct um_sealed s;
    struct p2p_key *key = rig_key(3);

    (void)state;
    assert_int_equal(um_namelist_sort(members, 2), 2);
    assert_int_equal(um_sealed_make(&plan, &out), 0);
    same("sealed", um_buf_view(&out));
    um_buf_clear(&out);
    assert_int_equal(um_sealed_read(golden("sealed"), &s), 0);
    assert_int_equal(um_sealed_open(&s, key, NULL, &out), 0);
    assert_true(um_str_eq(um_buf_view(&out), plan.content));
    p2p_key_free(key);
    um_buf_fini(&out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_unknown_fields_are_kept_and_hashed),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_carried),
        cmocka_unit_test(test_join_proofs),
        cmocka_unit_test(test_sealed),
    };

    folder = argc > 1 ? argv[1] : "tests/golden";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
