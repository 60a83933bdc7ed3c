/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Probes that go nowhere. Happy path: a document without probes has none, and
 * most have not; else those of the node are aimed at its listeners, in the new
 * document and, if one misses there, in the one before. Failure modes: a
 * document that the node can make nothing of has none; no memory.
 */
#include "mesh/control/strays.h"

#include "mesh/base/buf.h"
#include "mesh/control/effective.h"
#include "p2p/err.h"

/* What a node would ask in a document, and why it cannot. */
struct aims {
    struct um_meshdoc_probes probes;
    const char *why[UM__CAP_DOC_PROBES]; /* NULL: it can */
    size_t strays;
};

static bool has_probes(const struct um_meshdoc *doc)
{
    size_t n = doc->overlays != NULL ? doc->overlays->count : 0;
    bool has = doc->probes != NULL;

    for (size_t i = 0; i < n && !has; i++)
        has = um_val_member(&doc->overlays->members.p[i].value,
                            UM_STR("probes")) != NULL;
    return has;
}

static int aim(struct um_arena *a, const struct um_trial *t, struct aims *out)
{
    struct um_probe_target ignored;
    struct um_problem why;
    struct um_val config;
    int rc;

    out->probes.n = out->strays = 0;
    rc = um_meshdoc_probes(a, t->doc, &t->node->facts, &out->probes, NULL);
    if (rc == 0)
        rc = um_effective_show(a, t, &config, &why);
    if (rc != 0)
        out->probes.n = 0;
    for (size_t i = 0; i < out->probes.n; i++) {
        out->why[i] = um_probe_aim(&out->probes.list[i], &config, &ignored);
        out->strays += out->why[i] != NULL;
    }
    return rc == P2P_ENOMEM ? rc : 0;
}

/* Whether a probe was there, and astray, before. */
static bool was_stray(const struct aims *was, const struct um_probe *p)
{
    for (size_t i = 0; i < was->probes.n; i++) {
        if (um_str_eq(was->probes.list[i].name, p->name) &&
            um_str_eq(was->probes.list[i].listener, p->listener))
            return was->why[i] != NULL;
    }
    return false;
}

static bool describe(struct um_arena *a, const struct um_probe *p,
                     const char *why, struct um_val *out)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_str kept;
    bool ok;

    um_buf_text(&text, "The probe \"");
    um_buf_str(&text, p->name);
    um_buf_fmt(&text, "\" finds nothing to ask: %s (", why);
    um_buf_str(&text, p->listener);
    um_buf_text(&text, "). A node that runs this is not healthy.");
    ok = !um_buf_failed(&text) && um_arena_dup(a, um_buf_view(&text), &kept);
    um_buf_fini(&text);
    if (ok)
        *out = um_val_string(kept);
    return ok;
}

/* Tells of those that are astray, and were not. */
static int tell(struct um_arena *a, const struct aims *now,
                const struct aims *was, struct um_val *out)
{
    uint32_t n = 0;

    if (!um_val_array(a, now->strays, out))
        return P2P_ENOMEM;
    for (size_t i = 0; i < now->probes.n; i++) {
        const struct um_probe *p = &now->probes.list[i];

        if (now->why[i] != NULL && !was_stray(was, p) &&
            !describe(a, p, now->why[i], &out->items.p[n++]))
            return P2P_ENOMEM;
    }
    out->count = n;
    return 0;
}

int um_strays_list(struct um_arena *a, const struct um_trial *t,
                   const struct um_meshdoc *was, struct um_val *out)
{
    const struct um_trial before = {.node = t->node, .doc = was};
    struct aims *aims;
    int rc;

    *out = (struct um_val){.kind = UM_VAL_ARRAY};
    if (!has_probes(t->doc))
        return 0;
    aims = um_arena_zalloc(a, 2, sizeof *aims);
    rc = aims != NULL ? aim(a, t, &aims[0]) : P2P_ENOMEM;
    if (rc != 0 || aims[0].strays == 0)
        return rc;
    rc = aim(a, &before, &aims[1]);
    return rc == 0 ? tell(a, &aims[0], &aims[1], out) : rc;
}
