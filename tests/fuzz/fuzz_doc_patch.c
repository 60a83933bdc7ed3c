/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A document, a patch, and a path. Whatever comes of them is a document, and
 * the first one is as it was; a merge patch twice is a merge patch once; what
 * was put at a path is there.
 */
#include "doc_parts.h"

#include "mesh/doc/patch.h"
#include "mesh/doc/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_patch(struct um_arena *a, const struct um_val *v,
                      const struct um_val *patch)
{
    struct um_doc_error err = {.text = NULL};
    struct um_val out;
    int rc = um_patch_apply(a, v, patch, &out, &err);

    must(rc != P2P_ENOMEM);
    if (rc == 0)
        must_be_document(&out);
    else
        must(err.text != NULL && err.has_pointer);
}

static void run_merge(struct um_arena *a, const struct um_val *v,
                      const struct um_val *patch)
{
    struct um_val once, twice;

    if (um_patch_merge(a, v, patch, &once) != 0)
        return;
    must_be_document(&once);
    must(um_patch_merge(a, &once, patch, &twice) == 0);
    must(um_val_same(&once, &twice));
}

static void run_path(struct um_arena *a, const struct um_val *v,
                     const struct um_val *value, struct um_str path)
{
    for (int op = UM_PATH_PUT; op <= UM_PATH_DELETE; op++) {
        const struct um_path_change change = {
            (enum um_path_op)op, path, op == UM_PATH_DELETE ? NULL : value};
        const struct um_val *found;
        struct um_val out;
        int rc = um_path_apply(a, v, &change, &out);

        must(rc == 0 || rc == P2P_ENOTFOUND || rc == P2P_ENOTSUP ||
             rc == P2P_ELIMIT);
        if (rc != 0)
            continue;
        must_be_document(&out);
        if (op == UM_PATH_PUT)
            must(um_path_get(a, &out, path, &found) == 0 &&
                 um_val_same(found, value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v, copy, patch;

    if (part_val(&in, &a, &v) && part_val(&in, &a, &patch)) {
        must(um_val_clone(&a, &v, &copy));
        run_patch(&a, &v, &patch);
        run_merge(&a, &v, &patch);
        run_path(&a, &v, &patch, in);
        must(um_val_same(&v, &copy));
    }
    um_arena_fini(&a);
    return 0;
}
