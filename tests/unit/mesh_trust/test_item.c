/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signed items: one form, one signer, one purpose; and what each kind may say.
 */
#include "mesh/trust/item.h"

#include "p2p/envelope.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "rig.h"

/* Signs any payload as any kind of envelope, without a look at it. */
static size_t wrap(struct um_str payload, const char *domain, const char *type,
                   unsigned seed, uint8_t *out, size_t cap)
{
    struct p2p_envelope_kind kind = {domain, type, strlen(type)};
    struct p2p_key *key = rig_key(seed);
    int len = p2p_envelope_seal(key, &kind, payload.p, payload.len, out, cap);

    assert_true(len > 0);
    p2p_key_free(key);
    return (size_t)len;
}

/* As a revision's envelope, opened: the answer. */
static int open_payload(struct um_str payload, unsigned seed)
{
    static uint8_t buf[65536];
    struct um_revision r;
    size_t len = wrap(payload, "unitmesh-revision", "/unitmesh/revision", seed,
                      buf, sizeof buf);

    return um_revision_open(um_str_n((const char *)buf, len), &r);
}

/* The payload of r1 in a rig, to be changed. */
static void r1_payload(struct rig *g, struct um_buf *out)
{
    um_buf_str(out, um_item_payload(rig_view(&g->texts[0]), UM_REVISION));
}

static void test_an_item_opens_and_has_its_id(void **state)
{
    struct rig g;
    struct um_item it;
    struct um_str payload;
    struct um_name id;
    struct um_name by = rig_name(ROOT_SEED);

    (void)state;
    rig_init(&g);
    assert_int_equal(um_item_open(rig_view(&g.texts[0]), UM_REVISION, &it), 0);
    payload = um_item_payload(rig_view(&g.texts[0]), UM_REVISION);
    p2p_sha256(payload.p, payload.len, id.b);
    assert_true(um_name_eq(&it.id, &id));
    assert_true(um_name_eq(&it.by, &by));
    assert_true(um_name_none(&it.mesh));
    assert_int_equal(um_item_read(payload, UM_REVISION, &it), 0);
    assert_true(um_name_eq(&it.id, &id));
    rig_fini(&g);
}

static void test_every_bit_counts(void **state)
{
    struct rig g;
    struct um_revision r;
    struct um_buf *b;

    (void)state;
    rig_init(&g);
    b = &g.texts[0];
    for (size_t i = 0; i < b->len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            b->p[i] = (char)(b->p[i] ^ 1 << bit);
            assert_true(um_revision_open(rig_view(b), &r) < 0);
            b->p[i] = (char)(b->p[i] ^ 1 << bit);
        }
        assert_true(um_revision_open(um_str_head(rig_view(b), i), &r) < 0);
    }
    assert_int_equal(um_revision_open(rig_view(b), &r), 0);
    rig_fini(&g);
}

static void test_an_envelope_has_one_form(void **state)
{
    struct rig g;
    struct um_revision r;
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    rig_init(&g);
    /* a field that nobody knows: the signature still verifies */
    um_buf_str(&b, rig_view(&g.texts[0]));
    um_buf_add(&b, "\x32\x01z", 3);
    assert_int_equal(um_revision_open(rig_view(&b), &r), P2P_EFORMAT);
    /* the same in front */
    um_buf_clear(&b);
    um_buf_add(&b, "\x32\x01z", 3);
    um_buf_str(&b, rig_view(&g.texts[0]));
    assert_int_equal(um_revision_open(rig_view(&b), &r), P2P_EFORMAT);
    /* a longer form of a length */
    um_buf_clear(&b);
    um_buf_add(&b, "\x0a\xa4\x00", 3);
    um_buf_str(&b, um_str_skip(rig_view(&g.texts[0]), 2));
    assert_int_equal(um_revision_open(rig_view(&b), &r), P2P_EFORMAT);
    um_buf_fini(&b);
    rig_fini(&g);
}

static void test_another_domain_or_type_does_not_count(void **state)
{
    struct rig g;
    struct um_revision r;
    struct um_fact f;
    struct um_buf p = UM_BUF_INIT;
    uint8_t buf[1024];
    struct um_str in;

    (void)state;
    rig_init(&g);
    r1_payload(&g, &p);
    in = um_str_n((char *)buf, wrap(rig_view(&p), "unitmesh-fact",
                                    "/unitmesh/revision", 1, buf, sizeof buf));
    assert_int_equal(um_revision_open(in, &r), P2P_EAUTH);
    in = um_str_n((char *)buf, wrap(rig_view(&p), "unitmesh-revision",
                                    "/unitmesh/fact", 1, buf, sizeof buf));
    assert_int_equal(um_revision_open(in, &r), P2P_EFORMAT);
    /* a fact's envelope around a revision */
    in = um_str_n((char *)buf, wrap(rig_view(&p), "unitmesh-fact",
                                    "/unitmesh/fact", 1, buf, sizeof buf));
    assert_int_equal(um_fact_open(in, &f), P2P_EFORMAT);
    assert_int_equal(open_payload(rig_view(&p), 1), 0);
    um_buf_fini(&p);
    rig_fini(&g);
}

static void test_who_signs_is_who_is_named(void **state)
{
    struct rig g;
    struct um_buf p = UM_BUF_INIT;

    (void)state;
    rig_init(&g);
    r1_payload(&g, &p);
    assert_int_equal(open_payload(rig_view(&p), WRITER_SEED), P2P_EPEER);
    um_buf_fini(&p);
    rig_fini(&g);
}

static void test_only_ed25519_signs(void **state)
{
    struct um_revision r = {
        .number = 1, .wall_ms = 1, .doc = rig_id(1), .doc_bytes = 1};
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key;

    (void)state;
    assert_int_equal(p2p_key_generate(P2P_KEY_SECP256K1, &key), 0);
    assert_int_equal(um_revision_seal(&r, key, &b), P2P_EINVAL);
    assert_int_equal(b.len, 0);
    p2p_key_free(key);
    um_buf_fini(&b);
}

static void test_not_canonical_is_refused_whoever_signed(void **state)
{
    struct rig g;
    struct um_buf p = UM_BUF_INIT;

    (void)state;
    rig_init(&g);
    r1_payload(&g, &p);
    assert_memory_equal(p.p, "\x08\x01\x10\x01", 4);
    um_pb_put_num(&p, 40, 1); /* unknown: fine */
    assert_int_equal(open_payload(rig_view(&p), 1), 0);
    um_buf_add(&p, "\xc8\x02\x00", 3); /* 41: 0 */
    assert_int_equal(open_payload(rig_view(&p), 1), P2P_EFORMAT);
    p.len -= 3;
    um_pb_put_num(&p, 40, 1); /* again */
    assert_int_equal(open_payload(rig_view(&p), 1), P2P_EFORMAT);
    p.len -= 3;
    um_buf_add(&p, "\xc8\x02\x81\x00", 4); /* 41: 1 in two bytes */
    assert_int_equal(open_payload(rig_view(&p), 1), P2P_EFORMAT);
    um_buf_fini(&p);
    rig_fini(&g);
}

static void test_later_versions_are_kept_aside(void **state)
{
    struct rig g;
    struct um_buf p = UM_BUF_INIT;

    (void)state;
    rig_init(&g);
    r1_payload(&g, &p);
    p.p[1] = 2;
    assert_int_equal(open_payload(rig_view(&p), 1), P2P_ENOTSUP);
    assert_int_equal(open_payload(rig_view(&p), 2), P2P_EPEER);
    assert_int_equal(open_payload(um_str_skip(rig_view(&p), 2), 1),
                     P2P_EFORMAT); /* none at all */
    p.p[1] = 1;
    p.p[3] = 2; /* another kind */
    assert_int_equal(open_payload(rig_view(&p), 1), P2P_EFORMAT);
    um_buf_fini(&p);
    rig_fini(&g);
}

static void test_size_is_looked_at_first(void **state)
{
    static char big[UM__CAP_ITEM_BYTES + 1];
    struct um_item it;
    struct um_buf p = UM_BUF_INIT;
    struct rig g;

    (void)state;
    assert_int_equal(um_item_open(um_str_n(big, sizeof big), UM_REVISION, &it),
                     P2P_ETOOBIG);
    assert_int_equal(um_item_read(um_str_n(big, sizeof big), UM_REVISION, &it),
                     P2P_ETOOBIG);
    rig_init(&g);
    r1_payload(&g, &p);
    /* exactly the longest, and one more */
    um_pb_put_bytes(&p, 63, big, UM__CAP_ITEM_BYTES - g.texts[0].len - 5);
    assert_int_equal(open_payload(rig_view(&p), 1), 0);
    p.len = 0;
    r1_payload(&g, &p);
    um_pb_put_bytes(&p, 63, big, UM__CAP_ITEM_BYTES - g.texts[0].len - 4);
    assert_int_equal(open_payload(rig_view(&p), 1), P2P_ETOOBIG);
    um_buf_fini(&p);
    rig_fini(&g);
}

/* ---- what each kind may say */

static int try_revision(struct um_revision r)
{
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(1);
    int err = um_revision_seal(&r, key, &b);

    assert_true(err == 0 || b.len == 0);
    p2p_key_free(key);
    um_buf_fini(&b);
    return err;
}

static void test_revisions_that_make_no_sense(void **state)
{
    struct um_name set[] = {rig_id(1), rig_id(2)};
    const struct um_revision good = {.mesh = rig_id(9),
                                     .parents = {rig_id(1), rig_id(2)},
                                     .parents_n = 1,
                                     .number = 2,
                                     .wall_ms = 1,
                                     .doc = rig_id(3),
                                     .doc_bytes = 1};
    struct um_revision r = good;

    (void)state;
#define BAD(change)                                    \
    do {                                               \
        r = good;                                      \
        change;                                        \
        assert_int_equal(try_revision(r), P2P_EINVAL); \
    } while (0)
    assert_int_equal(try_revision(good), 0);
    BAD(r.parents_n = 3);
    BAD(r.parents_n = 0);
    BAD(r.number = 1);
    BAD(r.number = 0);
    BAD(memset(&r.mesh, 0, sizeof r.mesh));
    BAD(r.wall_ms = 0);
    BAD(r.wall_ms = UM_PB_NUM_MAX + 1);
    BAD(memset(&r.doc, 0, sizeof r.doc));
    BAD(r.doc_bytes = 0);
    BAD(r.doc_bytes = UM__CAP_DOC_BYTES + 1);
    BAD(r.parents_n = 2; r.parents[1] = r.parents[0]);
    BAD(memset(&r.parents[0], 0, 32));
    BAD(r.deadline_ms = 1); /* immediate */
    BAD(r.soak_ms = 1);
    BAD(r.budget = 1);
    BAD(r.first = ((struct um_namelist){set, 2}));
    BAD(r.policy = UM_STAGED); /* without a deadline */
    BAD(r.policy = UM_TRIAL);
    BAD(r.policy = (enum um_rev_policy)3; r.deadline_ms = 1);
    BAD(r.policy = UM_TRIAL; r.deadline_ms = UM__CAP_ITEM_SPAN_MS + 1);
    BAD(r.policy = UM_STAGED; r.deadline_ms = 1; r.budget = UM__CAP_BUDGET + 1);
    BAD(r.message = UM_STR("two\nlines"));
    set[1] = set[0];
    BAD(r.policy = UM_STAGED; r.deadline_ms = 1;
        r.first = ((struct um_namelist){set, 2})); /* twice */
    set[0] = rig_id(7);
    BAD(r.policy = UM_STAGED; r.deadline_ms = 1;
        r.first = ((struct um_namelist){set, 2})); /* not ascending */
#undef BAD
    r = good;
    r.policy = UM_STAGED;
    r.deadline_ms = UM__CAP_ITEM_SPAN_MS;
    r.budget = UM__CAP_BUDGET;
    r.doc_bytes = UM__CAP_DOC_BYTES;
    assert_int_equal(try_revision(r), 0);
}

static void test_lists_and_messages_have_an_end(void **state)
{
    static struct um_name many[UM__CAP_NAMES + 1];
    static char text[UM__CAP_ITEM_MESSAGE_BYTES + 1];
    struct um_revision r = {.mesh = rig_id(9),
                            .parents = {rig_id(1)},
                            .parents_n = 1,
                            .number = 2,
                            .wall_ms = 1,
                            .doc = rig_id(3),
                            .doc_bytes = 1,
                            .policy = UM_TRIAL,
                            .deadline_ms = 1,
                            .first = {many, UM__CAP_NAMES}};

    (void)state;
    for (size_t i = 0; i <= UM__CAP_NAMES; i++) {
        many[i].b[0] = (uint8_t)(i >> 8);
        many[i].b[1] = (uint8_t)i;
        many[i].b[2] = 1;
    }
    memset(text, 'm', sizeof text);
    r.message = um_str_n(text, UM__CAP_ITEM_MESSAGE_BYTES);
    assert_int_equal(try_revision(r), 0);
    r.message.len++;
    assert_int_equal(try_revision(r), P2P_EINVAL);
    r.message.len = 0;
    r.first.n++;
    assert_int_equal(try_revision(r), P2P_EINVAL);
}

static int try_fact(struct um_fact f)
{
    struct um_buf b = UM_BUF_INIT;
    struct p2p_key *key = rig_key(1);
    int err = um_fact_seal(&f, key, &b);

    p2p_key_free(key);
    um_buf_fini(&b);
    return err;
}

static void test_facts_that_make_no_sense(void **state)
{
    struct um_name who[] = {rig_id(1)};
    const struct um_fact good = {.mesh = rig_id(9),
                                 .revision = rig_id(8),
                                 .what = UM_OPEN,
                                 .wall_ms = 1,
                                 .nodes = {who, 1}};
    struct um_fact f = good;

    (void)state;
    assert_int_equal(try_fact(f), 0);
    f.nodes.n = 0;
    assert_int_equal(try_fact(f), P2P_EINVAL);
    f.what = UM_CONFIRM;
    assert_int_equal(try_fact(f), 0);
    f.nodes.n = 1;
    assert_int_equal(try_fact(f), P2P_EINVAL);
    f = good;
    f.wall_ms = 0;
    assert_int_equal(try_fact(f), P2P_EINVAL);
    f = good;
    memset(&f.mesh, 0, sizeof f.mesh);
    assert_int_equal(try_fact(f), P2P_EINVAL);
    f = good;
    memset(&f.revision, 0, sizeof f.revision);
    assert_int_equal(try_fact(f), P2P_EINVAL);
    f = good;
    f.what = (enum um_fact_what)4;
    assert_int_equal(try_fact(f), P2P_EINVAL);
    f.what = (enum um_fact_what)0;
    assert_int_equal(try_fact(f), P2P_EINVAL);
}

static void test_names_sort_and_are_found(void **state)
{
    struct um_name n[] = {rig_id(5), rig_id(1), rig_id(5), rig_id(3)};
    struct um_name other = rig_id(2);
    char text[UM_NAME_TEXT_MAX];

    (void)state;
    assert_int_equal(um_namelist_sort(n, 4), 3);
    assert_int_equal(n[0].b[0], 1);
    assert_int_equal(n[2].b[31], 5);
    assert_true(um_namelist_has((struct um_namelist){n, 3}, &n[1]));
    assert_false(um_namelist_has((struct um_namelist){n, 3}, &other));
    assert_false(um_namelist_has((struct um_namelist){NULL, 0}, &other));
    assert_int_equal(um_namelist_sort(NULL, 0), 0);
    other.b[0] = 0xa9;
    assert_string_equal(
        um_name_text(&other, text),
        "a902020202020202020202020202020202020202020202020202020202020202");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_item_opens_and_has_its_id),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_an_envelope_has_one_form),
        cmocka_unit_test(test_another_domain_or_type_does_not_count),
        cmocka_unit_test(test_who_signs_is_who_is_named),
        cmocka_unit_test(test_only_ed25519_signs),
        cmocka_unit_test(test_not_canonical_is_refused_whoever_signed),
        cmocka_unit_test(test_later_versions_are_kept_aside),
        cmocka_unit_test(test_size_is_looked_at_first),
        cmocka_unit_test(test_revisions_that_make_no_sense),
        cmocka_unit_test(test_lists_and_messages_have_an_end),
        cmocka_unit_test(test_facts_that_make_no_sense),
        cmocka_unit_test(test_names_sort_and_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
