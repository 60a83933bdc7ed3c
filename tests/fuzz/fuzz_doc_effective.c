/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A document of a mesh. What it is on a node is a configuration, and the
 * document is as it was; or something is wrong at a pointer.
 */
#include "doc_parts.h"

#include "mesh/doc/meshdoc.h"
#include "mesh/doc/uses.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int open_secret(void *user, struct um_str name,
                       const struct um_val *sealed, struct um_arena *a,
                       struct um_val *out)
{
    *out = sealed->members.p[0].value;
    return name.len > 6 ? P2P_EACCES : 0;
}

/* Its probes go to its listeners, or nowhere. */
static void aim(struct um_arena *a, const struct um_meshdoc *doc,
                const struct um_node_facts *facts, const struct um_val *config)
{
    struct um_meshdoc_probes probes;
    struct um_probe_target t;

    must(um_meshdoc_probes(a, doc, facts, &probes, NULL) == 0);
    must(probes.n <= UM__CAP_DOC_PROBES);
    for (size_t i = 0; i < probes.n; i++) {
        const struct um_probe *p = &probes.list[i];
        const struct um_val *all = um_val_member(config, UM_STR("listeners"));

        must(p->path.len > 0 && p->path.p[0] == '/');
        must(p->status_min <= p->status_max && p->interval_s > 0);
        if (um_probe_aim(p, config, &t) == NULL)
            must(all != NULL && um_val_member(all, p->listener) != NULL);
        must(memchr(t.authority, 0, sizeof t.authority) != NULL);
    }
}

static void run(struct um_arena *a, const struct um_meshdoc *doc)
{
    static const struct um_label labels[] = {
        {UM_STR_INIT("group"), UM_STR_INIT("web,a")},
        {UM_STR_INIT("k"), UM_STR_INIT("v")}};
    static const struct um_bundle bundles[] = {
        {UM_BUNDLE_CERTIFICATE, UM_STR_INIT("c"), UM_STR_INIT("c.01234567")},
        {UM_BUNDLE_SCRIPT, UM_STR_INIT("js"), UM_STR_INIT("js_01234567")}};
    const struct um_secrets secrets = {NULL, open_secret};
    const struct um_meshdoc_node node = {
        .facts = {UM_STR("id"), UM_STR("n"), labels, 2},
        .secrets = &secrets,
        .bundles = {bundles, 2}};
    struct um_meshdoc_error err = {.what = {.text = NULL}};
    struct um_val out;
    struct um_problems found;
    int rc = um_meshdoc_effective(a, doc, &node, &out, &err);

    um_problems_init(&found, a);
    must(um_uses_check(a, doc, &found) == 0);
    must(found.found[UM_PROBLEM_ERROR] == 0);
    must(rc != P2P_ENOMEM);
    if (rc == 0) {
        must_be_document(&out);
        aim(a, doc, &node.facts, &out);
    } else {
        must(err.what.text != NULL && err.what.has_pointer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_arena a = UM_ARENA_INIT;
    struct um_doc_error err = {.text = NULL};
    struct um_meshdoc doc;
    struct um_val v, copy;

    if (part_val(&in, &a, &v)) {
        must(um_val_clone(&a, &v, &copy));
        if (um_meshdoc_init(&doc, &a, &v, &err) == 0)
            run(&a, &doc);
        else
            must(err.text != NULL && err.has_pointer);
        must(um_val_same(&v, &copy));
    }
    um_arena_fini(&a);
    return 0;
}
