/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See court.h. */
#include "court.h"

#include "mesh/doc/parse.h"
#include "p2p/err.h"

void court_open(struct court *c, struct um_str policy)
{
    struct um_doc_error err = {.text = ""};

    *c = (struct court){.text = UM_BUF_INIT};
    if (um_policy_parse(&c->arena, policy, &c->policy, &err) != 0)
        fail_msg("%.*s at %zu:%zu: %s", UM_STR_ARG(err.pointer), err.line,
                 err.column, err.text);
}

void court_close(struct court *c)
{
    um_arena_fini(&c->arena);
    um_buf_fini(&c->text);
}

int court_judge(struct court *c, struct um_str config)
{
    struct um_val v;
    struct um_doc_error err = {.text = ""};
    int rc;

    if (um_doc_parse(config, &c->arena, &v, &err) != 0)
        fail_msg("%.*s: %s", UM_STR_ARG(config), err.text);
    um_problems_init(&c->found, &c->arena);
    rc = um_policy_judge(&c->policy, &v, &c->found);
    assert_int_equal(rc, c->found.count > 0 ? P2P_EACCES : 0);
    return rc;
}

const char *court_found(struct court *c)
{
    um_buf_clear(&c->text);
    for (size_t i = 0; i < c->found.count; i++) {
        const struct um_problem *p = &c->found.item[i];
        bool new = true;

        assert_int_equal(p->severity, UM_PROBLEM_ERROR);
        for (size_t k = 0; k < i; k++)
            new = new && !um_str_eq(p->pointer, c->found.item[k].pointer);
        if (!new)
            continue;
        if (c->text.len > 0)
            um_buf_byte(&c->text, ' ');
        um_buf_str(&c->text, p->pointer.len > 0 ? p->pointer : UM_STR("all"));
    }
    um_buf_byte(&c->text, '\0');
    return c->text.p;
}

void court_gives(struct court *c, const char *config, const char *want)
{
    const char *have;

    (void)court_judge(c, um_str(config));
    have = court_found(c);
    if (strcmp(have, want) != 0)
        fail_msg("%s:\n%s\nand not\n%s", config, have, want);
}

void policy_gives(const char *policy, const char *config, const char *want)
{
    struct court c;

    court_open(&c, um_str(policy));
    court_gives(&c, config, want);
    court_close(&c);
}
