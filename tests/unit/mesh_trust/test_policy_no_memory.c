/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Policies when memory runs out: nothing leaks, and what could not be judged is
 * neither run nor refused. An arena takes memory by the block: each body begins
 * with one that is full up to `left` bytes, so that every place in the code
 * meets the end of one.
 */
#include "failing_mem.h"
#include "mesh/doc/parse.h"
#include "mesh/trust/policy.h"
#include "p2p/err.h"
#include "unit.h"

enum { BLOCK_BYTES = 4096, STEP_BYTES = 64, MOST_LEFT = 3072 };

static const char policy_text[] =
    "{\"pointers\":{\"only\":[\"/a~1b\",\"/**\"]},\"most\":{\"/routes\":1},"
    "\"require\":{\"/settings\":{}},\"applications\":{\"users\":{\"not\":["
    "\"root\"]},\"commands\":[[\"/x\"]]},\"paths\":{\"programs\":[\"/p/\"],"
    "\"files\":[\"/f/\"],\"roots\":[\"/r\"]},\"listeners\":{\"only\":["
    "\"*:80\",\"unix:/run/\"]}}";

static const char config_text[] =
    "{\"listeners\":{\"unix:/x/y\":{}},\"routes\":[{\"action\":{\"share\":"
    "\"/f/$host$uri\",\"index\":\"x\"}}],\"settings\":{},\"applications\":{"
    "\"a\":{\"type\":\"php\",\"root\":\"/q\",\"script\":\"s\",\"isolation\":{"
    "\"rootfs\":\"/r\"}}}}";

/* Fills a block of the arena but for *left bytes. */
static int begin(struct um_arena *a, const void *left)
{
    size_t n = BLOCK_BYTES - *(const size_t *)left;

    for (; n >= BLOCK_BYTES / 4; n -= BLOCK_BYTES / 4) {
        if (um_arena_alloc(a, BLOCK_BYTES / 4) == NULL)
            return P2P_ENOMEM;
    }
    return um_arena_alloc(a, n) != NULL ? 0 : P2P_ENOMEM;
}

static int parse_body(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_doc_error err;
    struct um_policy p;
    int rc = begin(&a, arg);

    if (rc == 0) {
        rc = um_policy_parse(&a, UM_STR(policy_text), &p, &err);
        assert_int_equal(p.refuses_all, rc != 0);
    }
    um_arena_fini(&a);
    return rc;
}

static int mistake_body(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_doc_error err;
    struct um_policy p;
    int rc = begin(&a, arg);

    if (rc == 0)
        rc = um_policy_parse(
            &a, UM_STR("{\"paths\":{\"files\":[\"/x\"],\"fi~les\":0}}"), &p,
            &err);
    um_arena_fini(&a);
    return rc == P2P_EFORMAT ? 0 : rc;
}

static int judge_body(void *arg)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_problems found;
    struct um_policy p;
    struct um_val v;
    int rc = begin(&a, arg);

    um_problems_init(&found, &a);
    if (rc == 0)
        rc = um_policy_parse(&a, UM_STR(policy_text), &p, NULL);
    if (rc == 0)
        rc = um_doc_parse(UM_STR(config_text), &a, &v, NULL);
    if (rc == 0)
        rc = um_policy_judge(&p, &v, &found);
    if (rc == P2P_EACCES) {
        /* Not one more or less than with all memory. */
        assert_int_equal(found.found[UM_PROBLEM_ERROR], 3);
        rc = 0;
    }
    um_arena_fini(&a);
    return rc;
}

static void each(int (*body)(void *arg))
{
    size_t n = 0;

    for (size_t left = STEP_BYTES; left < MOST_LEFT; left += STEP_BYTES)
        n += failing_mem_each(body, &left);
    print_message("%zu allocations\n", n);
    assert_true(n > MOST_LEFT / STEP_BYTES);
}

static void test_without_memory(void **state)
{
    (void)state;
    each(parse_body);
    each(mistake_body);
    each(judge_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
