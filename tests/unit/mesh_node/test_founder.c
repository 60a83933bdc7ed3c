/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A mesh comes to be in a store, or nothing does. */
#include "mesh/node/founder.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "../mesh_store/faulty_vfs.h"
#include "../mesh_store/rig.h"
#include "mesh/base/pb.h"
#include "mesh/doc/value.h"
#include "mesh_maker.h"
#include "p2p/err.h"
#include "mesh/trust/seal.h"
#include "p2p/hash.h"
#include "unit.h"

#define DOC "{\"base\":{}}"

struct bench {
    struct mesh_maker mesh; /* for its keys */
    struct rig store;
};

static struct bench bench;

static int begin(void **state)
{
    mesh_maker_init(&bench.mesh, 1);
    rig_init(&bench.store);
    *state = &bench;
    return 0;
}

static int end(void **state)
{
    struct bench *b = *state;

    faulty_vfs_set(FAULTY_SYNC, 0, 0, 0);
    rig_fini(&b->store);
    mesh_maker_fini(&b->mesh);
    return 0;
}

static struct um_founder_plan plan_of(const struct bench *b, const char *name,
                                      struct um_str config)
{
    return (struct um_founder_plan){.key = b->mesh.keys[1],
                                    .owner = b->mesh.keys[0],
                                    .recovery = b->mesh.keys[2],
                                    .name = um_str(name),
                                    .document = UM_STR(DOC),
                                    .config = config,
                                    .wall_ms = T0};
}

static uint64_t items(struct bench *b)
{
    uint64_t n;

    assert_int_equal(um_items_count(&b->store.s, &n), 0);
    return n;
}

static size_t copies(struct bench *b)
{
    struct um_copy copy = {0};
    size_t n = 0;

    while (um_copies_next(&b->store.s, copy.place, &copy) == 1) {
        assert_int_equal(copy.why, UM_COPY_JOIN);
        n++;
    }
    return n;
}

/* That of the first node, and no other one: whoever else may say it, of
 * whomever, and whenever. */
static void look_like_the_first(const struct bench *b,
                                const struct um_statement *genesis,
                                const struct um_statement *grant)
{
    struct um_statement s = *grant;

    assert_true(um_founder_let_in(genesis, &s));
    s.by = b->mesh.names[2];
    assert_false(um_founder_let_in(genesis, &s));
    s = *grant;
    s.wall_ms--; /* by a clock that was wrong */
    assert_false(um_founder_let_in(genesis, &s));
    s.wall_ms += 2;
    assert_false(um_founder_let_in(genesis, &s));
    s = *grant;
    s.roles = UM_OWNER;
    assert_false(um_founder_let_in(genesis, &s));
    s = *grant;
    s.what = UM_REVOKE;
    assert_false(um_founder_let_in(genesis, &s));
}

/* What is there is what a node is loaded from: the genesis, the roles, r1. */
static void test_a_mesh_is_begun(void **state)
{
    struct bench *b = *state;
    struct um_founder_plan plan = plan_of(b, "shop", UM_STR("{\"a\":1}"));
    struct um_stored s[3] = {{0}};
    struct um_statement genesis, grant;
    struct um_revision r1;
    struct um_name mesh;
    struct um_self self;
    struct um_buf doc = UM_BUF_INIT;

    assert_int_equal(um_founder_begin(&b->store.s, &plan, &mesh), 0);
    rig_again(&b->store);
    assert_int_equal(um_self_get(&b->store.s, &self), 0);
    assert_true(um_name_eq(&self.mesh, &mesh));
    assert_int_equal(items(b), 3);
    assert_int_equal(um_items_next(&b->store.s, 0, &s[0]), 1);
    assert_int_equal(um_statement_open(s[0].envelope, &genesis), 0);
    assert_int_equal(genesis.what, UM_GENESIS);
    assert_true(um_name_eq(&genesis.id, &mesh));
    assert_true(um_name_eq(&genesis.by, &b->mesh.names[0]));
    assert_true(um_name_eq(&genesis.key, &b->mesh.names[2]));
    assert_true(um_str_eq(genesis.name, UM_STR("shop")));
    assert_int_equal(um_items_next(&b->store.s, 1, &s[1]), 1);
    assert_int_equal(um_statement_open(s[1].envelope, &grant), 0);
    assert_true(um_name_eq(&grant.key, &b->mesh.names[1]));
    assert_int_equal(grant.roles, UM_WRITER | UM_NODE);
    look_like_the_first(b, &genesis, &grant);
    assert_int_equal(um_items_next(&b->store.s, 2, &s[2]), 1);
    assert_int_equal(um_revision_open(s[2].envelope, &r1), 0);
    assert_int_equal(r1.number, 1);
    assert_int_equal(r1.doc_bytes, sizeof DOC - 1);
    assert_int_equal(um_documents_get(&b->store.s, &r1.doc, &doc), 0);
    assert_true(um_str_eq(um_buf_view(&doc), UM_STR(DOC)));
    um_buf_fini(&doc);
    assert_int_equal(copies(b), 1);
}

static void test_two_are_two(void **state)
{
    struct bench *b = *state;
    struct um_founder_plan plan = plan_of(b, "", um_str_n(NULL, 0));
    struct um_name first, second;
    struct um_self salt[2];

    assert_int_equal(um_founder_begin(&b->store.s, &plan, &first), 0);
    assert_int_equal(um_self_get(&b->store.s, &salt[0]), 0);
    assert_int_equal(copies(b), 0);
    /* One store has one mesh. */
    assert_int_equal(um_founder_begin(&b->store.s, &plan, &second), P2P_EEXIST);
    assert_int_equal(items(b), 3);
    rig_fini(&b->store);
    rig_init(&b->store);
    assert_int_equal(um_founder_begin(&b->store.s, &plan, &second), 0);
    assert_int_equal(um_self_get(&b->store.s, &salt[1]), 0);
    assert_false(um_name_eq(&first, &second));
    assert_memory_not_equal(salt[0].salt, salt[1].salt, sizeof salt[0].salt);
}

/* Nothing of it is there: not even that there is a mesh. */
static void assert_nothing(struct bench *b)
{
    struct um_self self;

    rig_again(&b->store);
    assert_int_equal(um_self_get(&b->store.s, &self), 0);
    assert_true(um_name_none(&self.mesh));
    assert_int_equal(items(b), 0);
    assert_int_equal(copies(b), 0);
}

/* What stands beside the first configuration comes with a second revision, by
 * the node, since what is sealed says for which mesh. */
static void test_certificates_and_scripts_come_along(void **state)
{
    static const struct um_founder_part parts[] = {
        {UM_BUNDLE_SCRIPT, {"a", 1}, {"export default {}", 17}},
        {UM_BUNDLE_CERTIFICATE, {"we\"b", 4}, {"PEM", 3}},
        {UM_BUNDLE_SCRIPT, {"b", 1}, {"export default {}", 17}}};
    struct bench *b = *state;
    struct um_founder_plan plan = plan_of(b, "shop", UM_STR("{}"));
    struct um_buf out = UM_BUF_INIT, want = UM_BUF_INIT, content = UM_BUF_INIT;
    struct um_stored item = {0};
    struct um_sealed sealed;
    struct um_revision r;
    struct um_name mesh, hash = {{0}};
    char hex[UM_NAME_TEXT_MAX], script[UM_NAME_TEXT_MAX];

    plan.parts = parts;
    plan.parts_n = 3;
    assert_int_equal(um_founder_begin(&b->store.s, &plan, &mesh), 0);
    assert_int_equal(items(b), 4);
    while (um_items_next(&b->store.s, item.place, &item) == 1 && item.place < 4)
        ;
    assert_int_equal(um_revision_open(item.envelope, &r), 0);
    assert_int_equal(r.number, 2);
    assert_true(um_name_eq(&r.mesh, &mesh));
    assert_true(um_name_eq(&r.by, &b->mesh.names[1]));
    assert_int_equal(um_documents_get(&b->store.s, &r.doc, &out), 0);
    assert_int_equal(out.len, r.doc_bytes);
    /* Its text; what is sealed has a hash of its own each time. */
    p2p_sha256(parts[0].bytes.p, parts[0].bytes.len, hash.b);
    (void)um_name_text(&hash, script);
    for (hash = (struct um_name){{0}};
         um_documents_next(&b->store.s, &hash, &hash, NULL) == 1;) {
        um_buf_clear(&content);
        assert_int_equal(um_documents_get(&b->store.s, &hash, &content), 0);
        if (um_sealed_read(um_buf_view(&content), &sealed) == 0)
            break;
    }
    (void)um_name_text(&hash, hex);
    um_buf_fmt(&want,
               "%.*s,\"certificates\":{\"we\\\"b\":{\"sealed\":\"%s\"}},"
               "\"js_modules\":{\"a\":\"%s\",\"b\":\"%s\"}}",
               (int)plan.document.len - 1, plan.document.p, hex, script,
               script);
    assert_true(um_str_eq(um_buf_view(&out), um_buf_view(&want)));
    /* It is for the node, in this mesh, and for nobody else. */
    assert_true(um_name_eq(&sealed.mesh, &mesh));
    assert_true(um_str_eq(sealed.name, UM_STR("certificates/we\"b")));
    assert_int_equal(sealed.slots_n, 1);
    um_buf_clear(&out);
    assert_int_equal(um_sealed_open(&sealed, b->mesh.keys[1], NULL, &out), 0);
    assert_true(um_str_eq(um_buf_view(&out), UM_STR("PEM")));
    um_buf_fini(&out);
    um_buf_fini(&want);
    um_buf_fini(&content);
}

static void test_all_or_nothing(void **state)
{
    struct bench *b = *state;
    struct um_founder_plan plan = plan_of(b, "\xff", UM_STR("{}"));
    struct um_name mesh;
    char *big = calloc(1, UM__CAP_DOC_BYTES + 1);

    assert_non_null(big);
    assert_int_equal(um_founder_begin(&b->store.s, &plan, &mesh), P2P_EINVAL);
    assert_nothing(b);
    plan.name = UM_STR("shop");
    plan.document = um_str_n(big, UM__CAP_DOC_BYTES + 1);
    assert_int_not_equal(um_founder_begin(&b->store.s, &plan, &mesh), 0);
    free(big);
    assert_nothing(b);
    plan.document = UM_STR(DOC);
    faulty_vfs_set(FAULTY_WRITE, 1, SQLITE_FULL, ENOSPC);
    assert_int_not_equal(um_founder_begin(&b->store.s, &plan, &mesh), 0);
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    assert_nothing(b);
    assert_int_equal(um_founder_begin(&b->store.s, &plan, &mesh), 0);
}

/* The statements of the mesh, as a list. */
static void list_of(const struct bench *b, struct um_buf *out)
{
    for (size_t i = 0; i < b->mesh.statements_n; i++)
        um_pb_put_str(out, 1, um_buf_view(&b->mesh.statements[i]));
}

static void test_a_place_is_kept(void **state)
{
    struct bench *b = *state;
    struct um_buf list = UM_BUF_INIT;
    struct um_founder_place place = {
        .mesh = b->mesh.mesh, .config = UM_STR("{}"), .wall_ms = T0};
    struct um_self self;

    list_of(b, &list);
    place.statements = um_buf_view(&list);
    assert_int_equal(um_founder_join(&b->store.s, &place), 0);
    assert_int_equal(um_self_get(&b->store.s, &self), 0);
    assert_true(um_name_eq(&self.mesh, &b->mesh.mesh));
    assert_int_equal(items(b), 2);
    assert_int_equal(copies(b), 1);
    assert_int_equal(um_founder_join(&b->store.s, &place), P2P_EEXIST);
    um_buf_fini(&list);
}

/* What is none among the statements keeps nothing. */
static void test_a_place_that_is_none(void **state)
{
    struct bench *b = *state;
    struct um_buf list = UM_BUF_INIT;
    struct um_founder_place place = {.mesh = b->mesh.mesh, .wall_ms = T0};

    list_of(b, &list);
    um_pb_put_str(&list, 1, UM_STR("no envelope"));
    place.statements = um_buf_view(&list);
    assert_int_not_equal(um_founder_join(&b->store.s, &place), 0);
    assert_nothing(b);
    /* Nor does one that is cut off. */
    um_buf_clear(&list);
    list_of(b, &list);
    place.statements = um_str_n(list.p, list.len - 1);
    assert_int_equal(um_founder_join(&b->store.s, &place), P2P_EFORMAT);
    assert_nothing(b);
    um_buf_fini(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_mesh_is_begun, begin, end),
        cmocka_unit_test_setup_teardown(test_two_are_two, begin, end),
        cmocka_unit_test_setup_teardown(
            test_certificates_and_scripts_come_along, begin, end),
        cmocka_unit_test_setup_teardown(test_all_or_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_a_place_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_a_place_that_is_none, begin, end),
    };

    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
