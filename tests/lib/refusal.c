/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "refusal.h"

#include <stdio.h>
#include <stdlib.h>

#include "mesh/doc/check.h"
#include "mesh/doc/parse.h"
#include "mesh/trust/policy.h"

static const char modules_json[] =
    "{\"python\": {\"version\": \"3.11\"}, \"php\": {\"version\": \"8.1\"},"
    " \"perl\": {\"version\": \"5\"}, \"ruby\": {\"version\": \"3\"},"
    " \"java\": {\"version\": \"17\"}, \"wasm\": {\"version\": \"0\"},"
    " \"wasm-wasi-component\": {\"version\": \"0\"}}";

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* An objection that Unit would share when it applies. */
static bool is_later(const struct um_problem *p)
{
    return um_str_eq(um_str(p->text), UM_STR("A listener needs a \"pass\"."));
}

static bool any_name(void *user, struct um_str name)
{
    (void)user;
    (void)name;
    return true;
}

const char *refusal_of(struct um_str config, char *room, size_t n)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_check_known known = {.certificate = any_name, .script = any_name};
    struct um_problems found;
    struct um_policy policy;
    struct um_val v, modules;
    const char *answer = NULL;

    um_problems_init(&found, &a);
    must(um_doc_parse(um_str(modules_json), &a, &modules, NULL) == 0);
    known.modules = &modules;
    must(um_policy_parse(&a, UM_STR("{}"), &policy, NULL) == 0);
    if (um_doc_parse(config, &a, &v, NULL) == 0) {
        must(um_doc_check(&a, &v, &known, &found) == 0);
        (void)um_policy_judge(&policy, &v, &found);
    }
    for (size_t i = 0; i < found.count && answer == NULL; i++) {
        const struct um_problem *p = &found.item[i];

        if (p->severity == UM_PROBLEM_WARNING || is_later(p))
            continue;
        (void)snprintf(room, n, "%.*s: %s", UM_STR_ARG(p->pointer), p->text);
        answer = room;
    }
    um_arena_fini(&a);
    return answer;
}
