/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Inputs of the targets that work on documents: texts with a byte 0x1e
 * between them. */
#ifndef TESTS_FUZZ_DOC_PARTS_H
#define TESTS_FUZZ_DOC_PARTS_H

#include <stdint.h>
#include <stdlib.h>

#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

static inline void must(bool ok)
{
    if (!ok)
        abort();
}

/* Takes the next text off the input. */
static inline struct um_str part(struct um_str *in)
{
    size_t n = um_str_find(*in, '\x1e');
    struct um_str text = um_str_head(*in, n);

    *in = um_str_skip(*in, n + 1);
    return text;
}

/* Reads the next text as a document; false if it is none. */
static inline bool part_val(struct um_str *in, struct um_arena *a,
                            struct um_val *out)
{
    struct um_str text = part(in);
    int rc = um_doc_parse(text, a, out, NULL);

    must(rc == 0 || rc == P2P_EFORMAT || rc == P2P_ETOOBIG);
    return rc == 0;
}

/* What was made is a document: it is printed, and read as the same. */
static inline void must_be_document(const struct um_val *v)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_buf b = UM_BUF_INIT;
    struct um_val again;

    must(um_val_check(v) == 0);
    must(um_doc_print(&b, v) == 0);
    must(um_doc_parse(um_buf_view(&b), &a, &again, NULL) == 0);
    must(um_val_same(v, &again));
    um_buf_fini(&b);
    um_arena_fini(&a);
}

#endif
