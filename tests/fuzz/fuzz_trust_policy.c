/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A policy, and a configuration that it judges. A policy that is not read says
 * why and where, and refuses everything. Each refusal has its words and a
 * pointer. One that refuses nothing but the members of a list refuses no more
 * when the list is gone.
 */
#include "doc_parts.h"

#include "mesh/doc/check.h"
#include "mesh/doc/guard.h"
#include "mesh/doc/locate.h"
#include "mesh/doc/pointer.h"
#include "mesh/trust/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct um_problems *found)
{
    must(!found->failed);
    must(found->count <= UM__CAP_DOC_PROBLEMS);
    for (size_t i = 0; i < found->count; i++) {
        must(found->item[i].text != NULL);
        must(um_pointer_valid(found->item[i].pointer));
    }
}

static size_t judge(struct um_arena *a, const struct um_policy *p,
                    const struct um_val *config)
{
    struct um_problems found;
    int rc;

    um_problems_init(&found, a);
    rc = um_policy_judge(p, config, &found);
    look_at(&found);
    must(rc == (found.found[UM_PROBLEM_ERROR] > 0 ? P2P_EACCES : 0));
    return found.found[UM_PROBLEM_ERROR];
}

/* A policy without its lists of what is not allowed refuses no more. */
static void loosen(struct um_arena *a, struct um_policy *p,
                   const struct um_val *config, size_t refused)
{
    must(p->refuses_all == false);
    p->listeners.not_count = 0;
    p->targets.not_count = 0;
    p->users.not = NULL;
    p->environment.not = NULL;
    must(judge(a, p, config) <= refused);
    p->programs.said = false;
    p->files.said = false;
    p->written.said = false;
    p->refuses_unknown = false;
    must(judge(a, p, config) <= refused);
    um_policy_default(p);
    must(judge(a, p, config) == 0);
}

static void check(struct um_arena *a, const struct um_val *config)
{
    const struct um_check_known known = {.later = config->count % 2 == 0};
    struct um_problems found;

    um_problems_init(&found, a);
    must(um_doc_check(a, config, &known, &found) == 0);
    look_at(&found);
    must(um_guard_shrink(config, config) == UM_SHRINK_NOT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_arena a = UM_ARENA_INIT;
    struct um_doc_error err = {.text = NULL};
    struct um_policy p;
    struct um_val config;
    size_t refused;
    int rc = um_policy_parse(&a, part(&in), &p, &err);

    must(rc == 0 || rc == P2P_EFORMAT || rc == P2P_ETOOBIG || rc == P2P_ELIMIT);
    must((rc != 0) == p.refuses_all);
    if (rc != 0)
        must(err.text != NULL && err.has_place);
    if (part_val(&in, &a, &config)) {
        refused = judge(&a, &p, &config);
        if (rc == 0)
            loosen(&a, &p, &config, refused);
        else
            must(refused > 0);
        check(&a, &config);
    }
    um_arena_fini(&a);
    return 0;
}
