/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the applier signs for its node, and what it does not: items are sealed
 * by keys that ask it, as the node's do.
 */
#include "mesh/applier/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/applier/keywire.h"
#include "mesh/trust/fact.h"
#include "mesh/trust/row.h"
#include "mesh/trust/seal.h"
#include "mesh_maker.h"
#include "p2p/envelope.h"
#include "p2p/err.h"
#include "p2p/seal.h"
#include "unit.h"

enum { OWNER = 0, ME = 1, NEXT = 5, OLD = 6 };

struct scene {
    struct mesh_maker m;
    struct um_roster roster;
    struct um_keyring ring;
    struct um_keyring_place place;
    struct p2p_key *node; /* that asks the ring */
    struct p2p_key *owner;
    struct um_log log;
    unsigned lines;
};

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct scene *s = user;

    (void)level;
    assert_true(strlen(line) > 0);
    s->lines++;
}

static int sign_as(struct scene *s, enum um_keyring_key which,
                   struct um_str text, uint8_t *sig, size_t *len)
{
    const struct um_keyring_text t = {which, text};

    return um_keyring_sign(&s->ring, &t, &s->place, sig, len);
}

static int sign_node(void *user, const void *msg, size_t n, uint8_t *sig,
                     size_t *len)
{
    return sign_as(user, UM_KEYRING_NODE, um_str_n(msg, n), sig, len);
}

static int sign_owner(void *user, const void *msg, size_t n, uint8_t *sig,
                      size_t *len)
{
    return sign_as(user, UM_KEYRING_OWNER, um_str_n(msg, n), sig, len);
}

static struct p2p_key *asking(struct scene *s, unsigned key,
                              const struct p2p_key_ops *ops)
{
    struct p2p_key *out;
    size_t len;
    const uint8_t *pub = p2p_key_public(s->m.keys[key], &len);

    assert_int_equal(p2p_key_external(pub, len, ops, s, &out), 0);
    return out;
}

static int setup(void **state)
{
    static const struct p2p_key_ops node = {sign_node, NULL, NULL};
    static const struct p2p_key_ops owner = {sign_owner, NULL, NULL};
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    mesh_maker_init(&s->m, 2);
    mesh_maker_roster(&s->m, &s->roster);
    s->log = (struct um_log){.level = UM_LOG_DEBUG, .user = s, .sink = sink};
    s->ring = (struct um_keyring){.node = s->m.keys[ME],
                                  .owner = s->m.keys[OWNER],
                                  .next = s->m.keys[NEXT],
                                  .old = s->m.keys[OLD],
                                  .log = &s->log};
    s->place = (struct um_keyring_place){
        .roster = &s->roster, .mesh = s->m.mesh, .wall_ms = MESH_MAKER_T0};
    s->node = asking(s, ME, &node);
    s->owner = asking(s, OWNER, &owner);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    p2p_key_free(s->node);
    p2p_key_free(s->owner);
    um_roster_fini(&s->roster);
    mesh_maker_fini(&s->m);
    free(s);
    return 0;
}

/* Nothing was ever bound, and no node runs. */
static void go_out(struct scene *s, bool fresh)
{
    s->place =
        (struct um_keyring_place){.fresh = fresh, .wall_ms = MESH_MAKER_T0};
}

static void lose_writer(struct scene *s)
{
    mesh_maker_say(
        &s->m, OWNER,
        (struct um_statement){
            .what = UM_REVOKE, .key = s->m.names[ME], .roles = UM_WRITER});
    um_roster_fini(&s->roster);
    mesh_maker_roster(&s->m, &s->roster);
}

/* The error of sealing one of each. */
static int revision(struct scene *s, uint64_t wall_ms)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_revision r = {.mesh = s->m.mesh,
                            .number = 2,
                            .wall_ms = wall_ms,
                            .parents = {s->m.r1_id},
                            .parents_n = 1,
                            .doc = s->m.document_hash,
                            .doc_bytes = 1};
    int rv = um_revision_seal(&r, s->node, &out);

    um_buf_fini(&out);
    return rv;
}

static int first_revision(struct scene *s, const struct p2p_key *key)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_revision r = {.number = 1,
                            .wall_ms = MESH_MAKER_T0,
                            .doc = s->m.document_hash,
                            .doc_bytes = 1};
    int rv = um_revision_seal(&r, key, &out);

    um_buf_fini(&out);
    return rv;
}

static int fact(struct scene *s, uint64_t wall_ms)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_fact f = {.mesh = s->m.mesh,
                        .revision = s->m.r1_id,
                        .wall_ms = wall_ms,
                        .what = UM_CONFIRM};
    int rv = um_fact_seal(&f, s->node, &out);

    um_buf_fini(&out);
    return rv;
}

static int row(struct scene *s)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_row r = {.mesh = s->m.mesh, .seq = 1, .wall_ms = 1};
    int rv = um_row_seal(&r, s->node, &out);

    um_buf_fini(&out);
    return rv;
}

static int statement(const struct p2p_key *key, struct um_statement st,
                     struct um_name *id)
{
    struct um_buf out = UM_BUF_INIT;
    int rv = um_statement_seal(&st, key, &out);

    *id = st.id;
    um_buf_fini(&out);
    return rv;
}

static struct um_statement grant(struct scene *s)
{
    return (struct um_statement){.what = UM_GRANT,
                                 .mesh = s->m.mesh,
                                 .key = s->m.names[9],
                                 .roles = UM_NODE,
                                 .wall_ms = MESH_MAKER_T0};
}

static struct um_statement genesis(struct scene *s)
{
    return (struct um_statement){.what = UM_GENESIS,
                                 .roles = UM_ROLES_ALL,
                                 .nonce = {7},
                                 .first = s->m.r1_id,
                                 .wall_ms = MESH_MAKER_T0};
}

/* ---- tests */

/* Handshakes, messages of the bus, what others dial us by: of a node's key
 * alone, and whatever the place. */
static void test_the_transport(void **state)
{
    static const char noise[] =
        "noise-libp2p-static-key:0123456789abcdef0123456789abcdef";
    static const struct p2p_envelope_kind kinds[] = {
        {"libp2p-peer-record", "\x03\x01", 2},
        {"libp2p-relay-rsvp", "\x03\x02", 2}};
    static const char tls[] =
        "libp2p-tls-handshake:\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02"
        "\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const struct um_str cert = um_str_n(tls, 21 + 91);
    struct scene *s = *state;
    uint8_t sig[P2P_SIGNATURE_MAX], buf[512];
    size_t len;

    go_out(s, false);
    assert_int_equal(
        sign_as(s, UM_KEYRING_NODE, um_str_n(noise, 56), sig, &len), 0);
    assert_int_equal(sign_as(s, UM_KEYRING_NODE, cert, sig, &len), 0);
    assert_int_equal(
        sign_as(s, UM_KEYRING_NODE, UM_STR("libp2p-pubsub:message"), sig, &len),
        0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(
            p2p_envelope_seal(s->node, &kinds[i], "x", 1, buf, sizeof buf) > 0);
    }
    assert_int_equal(s->lines, 0);
    assert_int_equal(
        sign_as(s, UM_KEYRING_NODE, um_str_n(noise, 55), sig, &len),
        P2P_EACCES);
    assert_int_equal(
        sign_as(s, UM_KEYRING_OWNER, um_str_n(noise, 56), sig, &len),
        P2P_EACCES);
    assert_int_equal(
        sign_as(s, UM_KEYRING_NEXT, um_str_n(noise, 56), sig, &len),
        P2P_EACCES);
    assert_int_equal(
        p2p_envelope_seal(s->owner, &kinds[0], "x", 1, buf, sizeof buf),
        P2P_EACCES);
    assert_int_equal(s->lines, 4);
    assert_int_equal(sign_as(s, UM_KEYRING_OWNER, cert, sig, &len), P2P_EACCES);
    assert_int_equal(
        sign_as(s, UM_KEYRING_NODE, um_str_n(tls, cert.len - 1), sig, &len),
        P2P_EACCES);
    assert_int_equal(sign_as(s, UM_KEYRING_NODE, um_str_n(tls, 21), sig, &len),
                     P2P_EACCES);
    assert_int_equal(s->lines, 7);
    s->ring.owner = NULL;
    assert_int_equal(
        sign_as(s, UM_KEYRING_OWNER, um_str_n(noise, 56), sig, &len),
        P2P_ENOTFOUND);
}

static void test_nothing_else(void **state)
{
    static const struct p2p_envelope_kind other = {"another-domain", "t", 1};
    struct scene *s = *state;
    uint8_t sig[P2P_SIGNATURE_MAX], buf[512];
    size_t len;

    assert_int_equal(
        p2p_envelope_seal(s->node, &other, "x", 1, buf, sizeof buf),
        P2P_EACCES);
    assert_int_equal(sign_as(s, UM_KEYRING_NODE, UM_STR(""), sig, &len),
                     P2P_EACCES);
    assert_int_equal(sign_as(s, UM_KEYRING_NODE, UM_STR("any text"), sig, &len),
                     P2P_EACCES);
    /* A revision with a byte behind it. */
    assert_int_equal(sign_as(s, UM_KEYRING_NODE,
                             UM_STR("\x11unitmesh-revision\1t\1p-"), sig, &len),
                     P2P_EACCES);
}

static void test_what_a_writer_signs(void **state)
{
    struct scene *s = *state;

    assert_int_equal(revision(s, MESH_MAKER_T0), 0);
    assert_int_equal(fact(s, MESH_MAKER_T0), 0);
    assert_int_equal(row(s), 0);
    /* Not for another day. */
    assert_int_equal(revision(s, MESH_MAKER_T0 + UM_KEYRING_SKEW_MS), 0);
    assert_int_equal(revision(s, MESH_MAKER_T0 + UM_KEYRING_SKEW_MS + 1),
                     P2P_EACCES);
    assert_int_equal(revision(s, MESH_MAKER_T0 - UM_KEYRING_SKEW_MS), 0);
    assert_int_equal(revision(s, MESH_MAKER_T0 - UM_KEYRING_SKEW_MS - 1),
                     P2P_EACCES);
    assert_int_equal(fact(s, MESH_MAKER_T0 + UM_KEYRING_SKEW_MS + 1),
                     P2P_EACCES);
    assert_int_equal(first_revision(s, s->node), P2P_EACCES);
    assert_int_equal(first_revision(s, s->owner), P2P_EACCES);
}

static void test_who_is_no_writer(void **state)
{
    struct scene *s = *state;

    lose_writer(s);
    assert_int_equal(revision(s, MESH_MAKER_T0), P2P_EACCES);
    assert_int_equal(fact(s, MESH_MAKER_T0), P2P_EACCES);
    assert_int_equal(row(s), 0);
}

static void test_another_mesh(void **state)
{
    struct scene *s = *state;
    struct um_name id;

    s->place.mesh = s->m.r1_id;
    assert_int_equal(revision(s, MESH_MAKER_T0), P2P_EACCES);
    assert_int_equal(fact(s, MESH_MAKER_T0), P2P_EACCES);
    assert_int_equal(row(s), P2P_EACCES);
    assert_int_equal(statement(s->owner, grant(s), &id), P2P_EACCES);
    go_out(s, true);
    assert_int_equal(revision(s, MESH_MAKER_T0), P2P_EACCES);
    assert_int_equal(row(s), P2P_EACCES);
    assert_int_equal(statement(s->owner, grant(s), &id), P2P_EACCES);
}

static void test_what_an_owner_says(void **state)
{
    struct scene *s = *state;
    struct um_statement late = grant(s);
    struct um_name id;

    late.wall_ms += UM_KEYRING_SKEW_MS + 1;
    assert_int_equal(statement(s->owner, grant(s), &id), 0);
    assert_int_equal(s->lines, 1); /* the log has each */
    assert_int_equal(statement(s->owner, late, &id), P2P_EACCES);
    assert_int_equal(statement(s->owner, genesis(s), &id), P2P_EACCES);
    /* By the node's key it would be nobody's word. */
    assert_int_equal(statement(s->node, grant(s), &id), P2P_EACCES);
}

/* Once that is an owner's, it may. */
static void test_a_node_that_is_an_owner(void **state)
{
    struct scene *s = *state;
    struct um_statement late = grant(s);
    struct um_name id;

    mesh_maker_say(
        &s->m, OWNER,
        (struct um_statement){
            .what = UM_GRANT, .key = s->m.names[ME], .roles = UM_OWNER});
    um_roster_fini(&s->roster);
    mesh_maker_roster(&s->m, &s->roster);
    assert_int_equal(statement(s->node, grant(s), &id), 0);
    assert_int_equal(statement(s->node, genesis(s), &id), P2P_EACCES);
    late.wall_ms -= UM_KEYRING_SKEW_MS + 1;
    assert_int_equal(statement(s->node, late, &id), P2P_EACCES);
}

static void test_a_mesh_is_begun(void **state)
{
    struct scene *s = *state;
    struct um_statement first = grant(s);
    struct um_name id, other;

    go_out(s, true);
    assert_int_equal(first_revision(s, s->owner), 0);
    assert_int_equal(statement(s->owner, grant(s), &id), P2P_EACCES);
    assert_int_equal(statement(s->owner, genesis(s), &id), 0);
    assert_int_equal(statement(s->owner, grant(s), &other), P2P_EACCES);
    first.mesh = id;
    assert_int_equal(statement(s->owner, first, &other), 0);
    /* Where something ran for a mesh none is begun. */
    go_out(s, false);
    assert_int_equal(first_revision(s, s->owner), P2P_EACCES);
    assert_int_equal(statement(s->owner, genesis(s), &id), P2P_EACCES);
    assert_int_equal(statement(s->owner, first, &id), P2P_EACCES);
}

static void test_slots(void **state)
{
    struct scene *s = *state;
    uint8_t seed[UM_SEALED_SEED_BYTES] = {3}, out[UM_SEALED_SEED_BYTES];
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    struct um_str sealed = um_str_n((const char *)slot, sizeof slot);
    size_t len;
    const uint8_t *pub = p2p_key_public(s->m.keys[ME], &len);

    assert_int_equal(p2p_seal_to(pub, len, NULL, seed, sizeof seed, slot), 0);
    assert_int_equal(um_keyring_open(&s->ring, UM_KEYRING_NODE, sealed, out),
                     0);
    assert_memory_equal(out, seed, sizeof seed);
    assert_int_equal(um_keyring_open(&s->ring, UM_KEYRING_OLD, sealed, out),
                     P2P_EAUTH);
    assert_int_equal(um_keyring_open(&s->ring, UM_KEYRING_OWNER, sealed, out),
                     P2P_EACCES);
    assert_int_equal(um_keyring_open(&s->ring, UM_KEYRING_NEXT, sealed, out),
                     P2P_EACCES);
    sealed.len--;
    assert_int_equal(um_keyring_open(&s->ring, UM_KEYRING_NODE, sealed, out),
                     P2P_EACCES);
    s->ring.old = NULL;
    assert_int_equal(um_keyring_open(&s->ring, UM_KEYRING_OLD, sealed, out),
                     P2P_ENOTFOUND);
}

static void test_no_more_than_the_cap(void **state)
{
    static const char head[] = "libp2p-pubsub:";
    struct scene *s = *state;
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t len;
    char *text = calloc(1, UM__CAP_KEYRING_BYTES + 1);

    assert_non_null(text);
    memcpy(text, head, sizeof head - 1);
    assert_int_equal(sign_as(s, UM_KEYRING_NODE,
                             um_str_n(text, UM__CAP_KEYRING_BYTES), sig, &len),
                     0);
    assert_int_equal(
        sign_as(s, UM_KEYRING_NODE, um_str_n(text, UM__CAP_KEYRING_BYTES + 1),
                sig, &len),
        P2P_ETOOBIG);
    free(text);
}

static void test_questions_and_answers(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } wrong[] = {{"", 0},
                 {"\x08\x01", 2},
                 {"\x10\x01", 2},
                 {"\x08\x07\x10\x01", 4},
                 {"\x08\x01\x10\x05", 4}};
    const struct um_keywire_ask ask = {UM_KEYWIRE_SIGN, UM_KEYRING_OWNER,
                                       UM_STR("text")};
    const struct um_keywire_say says[] = {{0, UM_STR("sig")},
                                          {P2P_EACCES, UM_STR("")}};
    struct um_buf out = UM_BUF_INIT;
    struct um_keywire_ask q;
    struct um_keywire_say a;

    (void)state;
    um_keywire_put_ask(&out, &ask);
    assert_int_equal(um_keywire_ask_read(um_str_skip(um_buf_view(&out), 4), &q),
                     0);
    assert_int_equal(q.what, ask.what);
    assert_int_equal(q.key, ask.key);
    assert_true(um_str_eq(q.bytes, ask.bytes));
    for (size_t i = 0; i < 2; i++) {
        um_buf_clear(&out);
        um_keywire_put_say(&out, &says[i]);
        assert_int_equal(
            um_keywire_say_read(um_str_skip(um_buf_view(&out), 4), &a), 0);
        assert_int_equal(a.err, says[i].err);
        assert_true(um_str_eq(a.bytes, says[i].bytes));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(
            um_keywire_ask_read(um_str_n(wrong[i].bytes, wrong[i].len), &q),
            P2P_EFORMAT);
    assert_int_equal(um_keywire_say_read(UM_STR(""), &a), P2P_EFORMAT);
    assert_int_equal(um_keywire_say_read(UM_STR("\x08\x00"), &a), P2P_EFORMAT);
    um_buf_fini(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_transport),
        TEST(test_nothing_else),
        TEST(test_what_a_writer_signs),
        TEST(test_who_is_no_writer),
        TEST(test_another_mesh),
        TEST(test_what_an_owner_says),
        TEST(test_a_node_that_is_an_owner),
        TEST(test_a_mesh_is_begun),
        TEST(test_slots),
        TEST(test_no_more_than_the_cap),
        TEST(test_questions_and_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
