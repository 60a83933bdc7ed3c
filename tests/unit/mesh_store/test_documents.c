/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Documents by their hash, and copies of configurations. */
#include <string.h>
#include <sys/resource.h>

#include <sqlite3.h>

#include "p2p/err.h"
#include "p2p/hash.h"
#include "rig.h"
#include "unit.h"

#define MIB 1048576U

static void test_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 4000, 4096, 70000, 8 * MIB};
    struct um_buf b = UM_BUF_INIT;
    struct um_buf out = UM_BUF_INIT;
    struct rig g;
    uint64_t size;

    (void)state;
    rig_init(&g);
    for (size_t i = 0; i < 6; i++) {
        struct um_name hash = rig_doc(i, sizes[i], &b);

        assert_int_equal(um_documents_size(&g.s, &hash, &size), P2P_ENOTFOUND);
        assert_int_equal(um_documents_get(&g.s, &hash, &out), P2P_ENOTFOUND);
        assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), 0);
        assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)),
                         P2P_EDUP);
    }
    rig_again(&g);
    for (size_t i = 0; i < 6; i++) {
        struct um_name hash = rig_doc(i, sizes[i], &b);

        um_buf_clear(&out);
        um_buf_text(&out, "before");
        assert_int_equal(um_documents_get(&g.s, &hash, &out), 0);
        assert_true(
            um_str_eq(um_str_skip(um_buf_view(&out), 6), um_buf_view(&b)));
        assert_int_equal(um_documents_size(&g.s, &hash, &size), 0);
        assert_int_equal(size, sizes[i]);
    }
    um_buf_fini(&b);
    um_buf_fini(&out);
    rig_fini(&g);
}

static void test_hash_is_verified(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash;
    struct rig g;

    (void)state;
    rig_init(&g);
    hash = rig_doc(1, 100, &b);
    b.p[50] ^= 1;
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)),
                     P2P_EINVAL);
    assert_int_equal(um_documents_get(&g.s, &hash, &b), P2P_ENOTFOUND);
    hash = rig_doc(1, 8 * MIB + 1, &b);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)),
                     P2P_ETOOBIG);
    um_buf_fini(&b);
    rig_fini(&g);
}

static void test_parts(void **state)
{
    static const struct {
        uint64_t offset;
        size_t want;
        size_t got;
    } parts[] = {
        {0, 10, 10},          {0, 0, 0},       {262144, 262144, 262144},
        {999990, 262144, 10}, {1000000, 5, 0}, {UINT64_MAX, 5, 0},
        {123, 262144, 262144}};
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash;
    struct rig g;
    char *out;
    size_t len;

    (void)state;
    rig_init(&g);
    out = test_malloc(262144);
    hash = rig_doc(1, 1000000, &b);
    len = 1;
    assert_int_equal(um_documents_part(&g.s, &hash, 0, out, &len),
                     P2P_ENOTFOUND);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), 0);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        len = parts[i].want;
        assert_int_equal(
            um_documents_part(&g.s, &hash, parts[i].offset, out, &len), 0);
        assert_int_equal(len, parts[i].got);
        if (len > 0)
            assert_memory_equal(out, b.p + parts[i].offset, len);
    }
    test_free(out);
    um_buf_fini(&b);
    rig_fini(&g);
}

/* A part of a large document costs no memory for the rest of it. */
static void test_parts_are_cheap(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash;
    struct rig g;
    static char out[4096];
    sqlite3_int64 before;
    size_t len = sizeof out;

    (void)state;
    rig_init(&g);
    hash = rig_doc(1, 8 * MIB, &b);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), 0);
    rig_again(&g);
    before = sqlite3_memory_used();
    (void)sqlite3_memory_highwater(1);
    assert_int_equal(
        um_documents_part(&g.s, &hash, 8 * MIB - sizeof out, out, &len), 0);
    assert_memory_equal(out, b.p + 8 * MIB - sizeof out, sizeof out);
    /* Pages of the cache, which ends at 2 MiB and what they need besides. */
    assert_in_range(sqlite3_memory_highwater(0) - before, 1, 3 * MIB);
    um_buf_fini(&b);
    rig_fini(&g);
}

static void test_list_and_drop(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name at = {{0}};
    struct um_name first;
    struct um_name last = {{0}};
    uint64_t size;
    size_t n = 0;
    struct rig g;

    (void)state;
    rig_init(&g);
    for (uint64_t i = 0; i < 20; i++) {
        struct um_name hash = rig_doc(i, 100 + i, &b);

        assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), 0);
    }
    while (um_documents_next(&g.s, &at, &at, &size) == 1) {
        assert_true(um_name_cmp(&last, &at) < 0);
        assert_in_range(size, 100, 119);
        if (n++ == 0)
            first = at;
        last = at;
    }
    assert_int_equal(n, 20);
    assert_int_equal(um_documents_drop(&g.s, &first), 0);
    assert_int_equal(um_documents_drop(&g.s, &first), P2P_ENOTFOUND);
    assert_int_equal(um_documents_size(&g.s, &first, &size), P2P_ENOTFOUND);
    for (n = 0, at = (struct um_name){{0}};
         um_documents_next(&g.s, &at, &at, NULL) == 1; n++)
        assert_false(um_name_eq(&at, &first));
    assert_int_equal(n, 19);
    um_buf_fini(&b);
    rig_fini(&g);
}

/* Room that pruning left is used again. */
static void test_room_is_used_again(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_buf file = UM_BUF_INIT;
    size_t before = 0;
    struct rig g;

    (void)state;
    rig_init(&g);
    for (uint64_t i = 0; i < 12; i++) {
        struct um_name hash = rig_doc(i, MIB, &b);

        assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), 0);
        assert_int_equal(um_documents_drop(&g.s, &hash), 0);
        if (i == 3) {
            rig_again(&g);
            rig_read(g.path, &file);
            before = file.len;
        }
    }
    rig_again(&g);
    rig_read(g.path, &file);
    assert_in_range(file.len, 1, before + MIB / 2);
    um_buf_fini(&b);
    um_buf_fini(&file);
    rig_fini(&g);
}

static void test_copies(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_buf out = UM_BUF_INIT;
    struct um_copy copy = {.at_ms = T0, .why = UM_COPY_JOIN};
    struct um_copy got = {0};
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_copies_next(&g.s, 0, &got), 0);
    assert_int_equal(um_copies_get(&g.s, 1, &out), P2P_ENOTFOUND);
    copy.revision = rig_name(1);
    copy.hash = rig_doc(1, 50000, &b);
    assert_int_equal(um_copies_add(&g.s, &copy, um_buf_view(&b)), 0);
    rig_again(&g);
    assert_int_equal(um_copies_next(&g.s, 0, &got), 1);
    assert_int_equal(got.at_ms, T0);
    assert_int_equal(got.why, UM_COPY_JOIN);
    assert_int_equal(got.size, 50000);
    assert_true(um_name_eq(&got.revision, &copy.revision));
    assert_true(um_name_eq(&got.hash, &copy.hash));
    assert_int_equal(um_copies_get(&g.s, got.place, &out), 0);
    assert_true(um_str_eq(um_buf_view(&out), um_buf_view(&b)));
    (void)rig_doc(1, 8 * MIB + 1, &b);
    assert_int_equal(um_copies_add(&g.s, &copy, um_buf_view(&b)), P2P_ETOOBIG);
    copy.at_ms = UINT64_MAX;
    assert_int_equal(um_copies_add(&g.s, &copy, um_str("")), P2P_EINVAL);
    um_buf_fini(&b);
    um_buf_fini(&out);
    rig_fini(&g);
}

/* UM__CAP_STORE_COPIES: eight, the newest. */
static void test_copies_have_an_end(void **state)
{
    struct um_copy copy = {.why = UM_COPY_DRIFT};
    struct um_copy got = {0};
    uint64_t at = 5;
    struct rig g;

    (void)state;
    rig_init(&g);
    for (copy.at_ms = 1; copy.at_ms <= 12; copy.at_ms++)
        assert_int_equal(um_copies_add(&g.s, &copy, um_str("{}")), 0);
    while (um_copies_next(&g.s, got.place, &got) == 1)
        assert_int_equal(got.at_ms, at++);
    assert_int_equal(at, 13);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_hash_is_verified),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_parts_are_cheap),
        cmocka_unit_test(test_list_and_drop),
        cmocka_unit_test(test_room_is_used_again),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_copies_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
