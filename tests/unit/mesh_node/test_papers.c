/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Documents in memory and on a disk that the test turns. */
#include "mesh/node/papers.h"

#include <stdlib.h>
#include <string.h>

#include "../mesh_store/rig.h"
#include "fake_disk.h"
#include "mesh/doc/value.h"
#include "p2p/err.h"
#include "unit.h"

enum { MIB = 1 << 20 };

struct bench {
    struct rig store;
    struct um_disk disk;
    struct um_papers *p;
};

static int begin(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    rig_init(&b->store);
    fake_disk_init(&b->disk, &b->store.s);
    b->p = um_papers_new(&b->disk);
    assert_non_null(b->p);
    *state = b;
    return 0;
}

static int end(void **state)
{
    struct bench *b = *state;

    fake_disk_fini(&b->disk);
    um_papers_free(b->p);
    rig_fini(&b->store);
    free(b);
    return 0;
}

/* Puts so many bytes of a kind; their hash, and the error. */
static int put(struct bench *b, char of, size_t len, struct um_name *hash)
{
    char *bytes = malloc(len + 1);
    int rv;

    assert_non_null(bytes);
    memset(bytes, of, len);
    rv = um_papers_put(b->p, um_str_n(bytes, len), hash);
    free(bytes);
    return rv;
}

static bool on_disk(struct bench *b, const struct um_name *hash)
{
    uint64_t size;

    return um_documents_size(&b->store.s, hash, &size) == 0;
}

/* Forgets what is in memory: it is read from the disk then. */
static void anew(struct bench *b)
{
    um_papers_free(b->p);
    b->p = um_papers_new(&b->disk);
    assert_non_null(b->p);
}

static void test_what_is_put_is_there_at_once(void **state)
{
    struct bench *b = *state;
    struct um_name hash, again;
    struct um_str bytes;

    assert_int_equal(um_papers_put(b->p, UM_STR("{}"), &hash), 0);
    assert_true(um_papers_has(b->p, &hash));
    assert_int_equal(um_papers_get(b->p, &hash, &bytes), 0);
    assert_true(um_str_eq(bytes, UM_STR("{}")));
    assert_false(on_disk(b, &hash));
    assert_int_equal(um_papers_put(b->p, UM_STR("{}"), &again), 0);
    assert_true(um_name_eq(&hash, &again));
    assert_int_equal(fake_disk_turn(&b->disk), 1);
    assert_true(on_disk(b, &hash));
    anew(b);
    assert_true(um_papers_has(b->p, &hash));
    assert_int_equal(um_papers_get(b->p, &hash, &bytes), 0);
    assert_true(um_str_eq(bytes, UM_STR("{}")));
    /* It is there: it is no harm to write it once more. */
    assert_int_equal(um_papers_put(b->p, UM_STR("{}"), &hash), 0);
    (void)fake_disk_turn(&b->disk);
}

static void test_nothing_and_too_much(void **state)
{
    struct bench *b = *state;
    struct um_name hash = {{1}};
    struct um_str bytes;

    assert_int_equal(um_papers_get(b->p, &hash, &bytes), P2P_ENOTFOUND);
    assert_false(um_papers_has(b->p, &hash));
    assert_int_equal(um_papers_put(b->p, um_str_n(NULL, 0), &hash), 0);
    assert_int_equal(um_papers_get(b->p, &hash, &bytes), 0);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(fake_disk_turn(&b->disk), 1);
    anew(b);
    assert_int_equal(um_papers_get(b->p, &hash, &bytes), 0);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(put(b, 'a', UM__CAP_DOC_BYTES + 1, &hash), P2P_ETOOBIG);
    assert_int_equal(put(b, 'a', UM__CAP_DOC_BYTES, &hash), 0);
}

/* UM__CAP_PAPERS_BYTES: of more, those go from memory that were not used for
 * longest; they are read from the disk again. */
static void test_memory_has_an_end(void **state)
{
    enum { N = UM__CAP_PAPERS_BYTES / MIB + 2 };
    struct bench *b = *state;
    struct um_name hash[N];
    struct um_str first, again;

    for (unsigned i = 0; i < N; i++)
        assert_int_equal(put(b, (char)('a' + i), MIB, &hash[i]), 0);
    assert_int_equal(fake_disk_turn(&b->disk), N);
    anew(b);
    assert_int_equal(um_papers_get(b->p, &hash[0], &first), 0);
    for (unsigned i = 1; i < N; i++)
        assert_int_equal(um_papers_get(b->p, &hash[i], &again), 0);
    /* What the disk has no more is there only as far as memory has it. */
    assert_int_equal(um_documents_drop(&b->store.s, &hash[0]), 0);
    assert_int_equal(um_documents_drop(&b->store.s, &hash[N - 1]), 0);
    assert_int_equal(um_papers_get(b->p, &hash[0], &again), P2P_ENOTFOUND);
    assert_int_equal(um_papers_get(b->p, &hash[N - 1], &again), 0);
    assert_int_equal(again.p[0], 'a' + N - 1);
}

/* The last that was used stays, however long the others are. */
/* Whether one is in memory; and how many are. */
static bool in_memory(const struct bench *b, const struct um_name *hash,
                      size_t *count)
{
    struct um_buf names = UM_BUF_INIT;
    const struct um_name *all;
    bool found = false;

    um_papers_names(b->p, &names);
    all = (const struct um_name *)names.p;
    *count = names.len / sizeof *all;
    for (size_t i = 0; i < *count; i++)
        found |= um_name_eq(&all[i], hash);
    um_buf_fini(&names);
    return found;
}

static void test_small_ones_have_an_end_too(void **state)
{
    struct bench *b = *state;
    struct um_name hash[UM_PAPERS_KEPT + 1];
    size_t count;

    for (unsigned i = 0; i <= UM_PAPERS_KEPT; i++)
        assert_int_equal(put(b, 'a', i + 1, &hash[i]), 0);
    assert_true(in_memory(b, &hash[0], &count)); /* not on disk yet */
    assert_int_equal(count, UM_PAPERS_KEPT + 1);
    (void)fake_disk_turn(&b->disk);
    assert_false(in_memory(b, &hash[0], &count));
    assert_int_equal(count, UM_PAPERS_KEPT);
    assert_true(um_papers_has(b->p, &hash[0]));
}

static void test_what_was_used_last_stays(void **state)
{
    struct bench *b = *state;
    struct um_name kept, other;
    struct um_str bytes;

    assert_int_equal(put(b, 'k', 100, &kept), 0);
    (void)fake_disk_turn(&b->disk);
    assert_int_equal(um_documents_drop(&b->store.s, &kept), 0);
    for (char of = 'a'; of < 'e'; of++) {
        assert_int_equal(put(b, of, UM__CAP_DOC_BYTES, &other), 0);
        (void)fake_disk_turn(&b->disk);
        assert_int_equal(um_papers_get(b->p, &kept, &bytes), 0);
    }
}

/* UM__CAP_PAPERS_WRITING: a disk that is full or slow does not fill memory. */
static void test_what_waits_for_the_disk_has_an_end(void **state)
{
    enum { N = UM__CAP_PAPERS_WRITING / UM__CAP_DOC_BYTES };
    struct bench *b = *state;
    struct um_name hash;
    unsigned n = 0;

    for (char of = 'a'; n < 2 * N && put(b, of, UM__CAP_DOC_BYTES, &hash) == 0;
         of++)
        n++;
    assert_in_range(n, N - 1, N);
    assert_int_equal(put(b, '?', UM__CAP_DOC_BYTES, &hash), P2P_ELIMIT);
    assert_false(um_papers_has(b->p, &hash));
    (void)fake_disk_turn(&b->disk);
    assert_int_equal(put(b, '?', UM__CAP_DOC_BYTES, &hash), 0);
}

/* What cannot be written is not said to be there. */
static void test_a_disk_that_fails(void **state)
{
    struct bench *b = *state;
    struct um_name hash;
    struct um_str bytes;

    b->disk.no_memory = true;
    assert_int_equal(put(b, 'a', 10, &hash), P2P_ENOMEM);
    assert_false(um_papers_has(b->p, &hash));
    b->disk.no_memory = false;
    assert_int_equal(put(b, 'a', 10, &hash), 0);
    assert_int_equal(put(b, 'b', 10, &hash), 0);
    b->disk.broken = true;
    assert_int_equal(fake_disk_turn(&b->disk), 2);
    assert_false(um_papers_has(b->p, &hash));
    b->disk.broken = false;
    assert_int_equal(put(b, 'b', 10, &hash), 0);
    assert_int_equal(um_papers_get(b->p, &hash, &bytes), 0);
}

/* Papers may be freed before what is on its way is told of. */
static void test_freed_while_it_is_written(void **state)
{
    struct bench *b = *state;
    struct um_name hash;

    assert_int_equal(put(b, 'a', 10, &hash), 0);
    anew(b);
    assert_int_equal(fake_disk_turn(&b->disk), 1);
    assert_true(on_disk(b, &hash));
    um_papers_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_put_is_there_at_once,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_and_too_much, begin, end),
        cmocka_unit_test_setup_teardown(test_memory_has_an_end, begin, end),
        cmocka_unit_test_setup_teardown(test_small_ones_have_an_end_too, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_was_used_last_stays, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_waits_for_the_disk_has_an_end,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_a_disk_that_fails, begin, end),
        cmocka_unit_test_setup_teardown(test_freed_while_it_is_written, begin,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
