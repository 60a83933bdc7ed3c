/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Each allocation of each kind of request fails once. Whatever comes of it is
 * a whole answer; a document is the right one, or there is none; and all
 * memory is given back.
 */
#include "control_rig.h"

#include "failing_mem.h"

#define DOCUMENT                                                              \
    "{\"base\":{\"listeners\":{\"*:{{port}}\":{\"pass\":\"routes\",\"tls\":{" \
    "\"certificate\":\"c\"}}},\"routes\":[{\"action\":{\"return\":200}}],"    \
    "\"settings\":{\"js_module\":\"js\"}},"                                   \
    "\"certificates\":{\"c\":{\"sealed\":\"" HASH_B                           \
    "\"}},"                                                                   \
    "\"js_modules\":{\"js\":\"" HASH_A                                        \
    "\"},"                                                                    \
    "\"variables\":{\"port\":80,\"s\":{\"sealed\":\"" HASH_A                  \
    "\"}},"                                                                   \
    "\"overlays\":{\"all\":{\"merge\":{\"access_log\":\"/l\"}}}}"

#define RUNS(code)                                                \
    "{\"listeners\":{\"*:80\":{\"pass\":\"routes\",\"tls\":{"     \
    "\"certificate\":\"c.77770a12\"}}},\"routes\":[{\"action\":{" \
    "\"return\":" code                                            \
    "}}],\"settings\":{\"js_module\":\"js_9f3c0a12\"},"           \
    "\"access_log\":\"/l\"}"

enum { STEP_BYTES = 128, MOST_LEFT = 2048, BLOCK_BYTES = 4096 };

/* A request, and what it is to make; NULL: nothing. */
struct request {
    const char *method;
    const char *path;
    const char *type;
    const char *body;
    unsigned status;
    const char *made; /* a piece of the document */
};

struct run {
    const struct request *request;
    struct um_val document;
    size_t left; /* bytes of the arena's first block */
};

static int ask(void *arg)
{
    const struct run *run = arg;
    const struct request *q = run->request;
    const struct um_control_node node = {
        .facts = {UM_STR("id"), UM_STR("n"), NULL, 0}, .njs = true};
    struct rig vault = {.bytes = {"export default {}", NULL}};
    const struct um_control_vault read = {&vault, rig_read};
    const struct um_control_state state = {.document = &run->document,
                                           .revision = UM_STR("r1"),
                                           .node = &node,
                                           .vault = &read};
    const struct um_control_request req = {
        .method = um_str(q->method),
        .path = um_str(q->path),
        .content_type = um_str(q->type),
        .body = um_str(q->body),
        .accept = UM_STR("application/problem+"
                         "json")};
    const struct um_control_unit unit = {UM_STR(RUNS("204")),
                                         UM_STR(RUNS("200"))};
    struct um_arena a = UM_ARENA_INIT;
    struct um_control_answer out = {.status = 500};

    if (um_arena_alloc(&a, BLOCK_BYTES / 8) != NULL &&
        um_arena_alloc(&a, BLOCK_BYTES * 7 / 8 - run->left) != NULL)
        um_control_adopt(&a, &state, &req, &unit, &out);
    if (!failing_mem_hit())
        assert_int_equal(out.status, q->status);
    assert_true(out.status >= 200);
    if (out.kind == UM_CONTROL_CHANGE) {
        assert_int_equal(out.status, 200);
        assert_non_null(q->made);
        assert_non_null(
            memmem(out.document.p, out.document.len, q->made, strlen(q->made)));
        assert_int_equal(out.document.p[out.document.len - 1], '}');
    } else {
        assert_true(out.status != 200 || q->made == NULL);
    }
    um_arena_fini(&a);
    return failing_mem_hit() ? P2P_ENOMEM : 0;
}

static const struct request requests[] = {
    {"GET", "/config/routes", "", "", 200, NULL},
    {"PUT", "/config/routes/0/action/return", "", "204", 200, "204"},
    {"PUT", "/config/routes", "", "{\"a\":", 400, NULL},
    {"PUT", "/config/routes", "", "[7]", 400, NULL},
    {"PUT", "/config", "", "[7]", 400, NULL},
    {"POST", "/config/routes", "", "{\"action\":{\"return\":1}}", 200,
     "\"return\":1}"},
    {"DELETE", "/config/routes", "", "", 400, NULL},
    {"PATCH", "/config", "application/json-patch+json",
     "[{\"op\":\"add\",\"path\":\"/routes/0\",\"value\":{\"action\":{"
     "\"return\":1}}}]",
     200, "\"return\":1}"},
    {"PATCH", "/config", "application/merge-patch+json",
     "{\"access_log\":\"/m\"}", 200, "/m"},
    {"PUT", "/mesh/variables/port", "", "81", 200, "\"port\":81"},
    {"PUT", "/mesh/probes/p", "", "{\"listener\":\"*:9\"}", 200,
     "{\"p\":{\"listener\":\"*:9\"}}"},
    {"DELETE", "/mesh/overlays/all", "", "", 200, "\"variables\""},
    {"PUT", "/js_modules/x", "", "export default {}", 200, "\"x\":\""},
    {"DELETE", "/js_modules/js", "", "", 400, NULL},
    {"GET", "/certificates", "", "", 200, NULL},
    {"POST", "/config", "", "", 200, "\"return\":204"},
};

static void test_each_allocation_may_fail(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct run run = {.left = 0};

    (void)state;
    assert_int_equal(um_doc_parse(UM_STR(DOCUMENT), &a, &run.document, NULL),
                     0);
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
        size_t n = 0;

        run.request = &requests[i];
        for (run.left = STEP_BYTES; run.left < MOST_LEFT;
             run.left += STEP_BYTES)
            n += failing_mem_each(ask, &run);
        assert_true(n > MOST_LEFT / STEP_BYTES);
    }
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
