/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See warnings.h. Happy path: what strays.h and uses.h have to say, in one
 * list. Failure mode: no memory.
 */
#include "mesh/control/warnings.h"

#include "mesh/base/buf.h"
#include "mesh/control/strays.h"
#include "mesh/doc/uses.h"
#include "p2p/err.h"

static bool has(const struct um_problems *list, const struct um_problem *p)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].text == p->text &&
            um_str_eq(list->item[i].pointer, p->pointer))
            return true;
    }
    return false;
}

/* POINTER: TEXT */
static bool describe(struct um_arena *a, const struct um_problem *p,
                     struct um_val *out)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_str kept;
    bool ok;

    um_buf_str(&text, p->pointer);
    um_buf_text(&text, ": ");
    um_buf_text(&text, p->text);
    ok = !um_buf_failed(&text) && um_arena_dup(a, um_buf_view(&text), &kept);
    um_buf_fini(&text);
    if (ok)
        *out = um_val_string(kept);
    return ok;
}

/* What the two documents have to say, and what the new one has with the
 * variables that were there before: one that is new is used in a moment. */
struct said {
    struct um_problems now, before, old;
};

static int ask(struct um_arena *a, const struct um_meshdoc *doc,
               const struct um_meshdoc *was, struct said *out)
{
    struct um_meshdoc mixed = *doc;
    int rc;

    mixed.variables = was->variables;
    um_problems_init(&out->now, a);
    um_problems_init(&out->before, a);
    um_problems_init(&out->old, a);
    rc = um_uses_check(a, doc, &out->now);
    if (rc == 0)
        rc = um_uses_check(a, was, &out->before);
    return rc == 0 ? um_uses_check(a, &mixed, &out->old) : rc;
}

static bool is_news(const struct said *s, const struct um_problem *p)
{
    return !has(&s->before, p) && (!um_uses_is_idle(p) || has(&s->old, p));
}

int um_warnings_list(struct um_arena *a, const struct um_trial *t,
                     const struct um_meshdoc *was, struct um_val *out)
{
    struct said *said = um_arena_zalloc(a, 1, sizeof *said);
    struct um_val strays;
    uint32_t n;
    int rc = um_strays_list(a, t, was, &strays);

    if (rc == 0)
        rc = said != NULL ? ask(a, t->doc, was, said) : P2P_ENOMEM;
    if (rc != 0 || !um_val_array(a, strays.count + said->now.count, out))
        return P2P_ENOMEM;
    for (n = 0; n < strays.count; n++)
        out->items.p[n] = strays.items.p[n];
    for (size_t i = 0; i < said->now.count; i++) {
        if (is_news(said, &said->now.item[i]) &&
            !describe(a, &said->now.item[i], &out->items.p[n++]))
            return P2P_ENOMEM;
    }
    out->count = n;
    return 0;
}
