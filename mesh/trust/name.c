/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See name.h. A list on the wire is one field, the names behind each other, so
 * that it is read where it lies: nothing is copied, whatever its length.
 */
#include "mesh/trust/name.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(sizeof(struct um_name) == UM_NAME_BYTES, "bytes alone");

char *um_name_text(const struct um_name *n, char text[UM_NAME_TEXT_MAX])
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < UM_NAME_BYTES; i++) {
        text[2 * i] = digit[n->b[i] >> 4];
        text[2 * i + 1] = digit[n->b[i] & 15];
    }
    text[UM_NAME_TEXT_MAX - 1] = '\0';
    return text;
}

static int compare(const void *a, const void *b)
{
    return um_name_cmp(a, b);
}

bool um_namelist_has(struct um_namelist set, const struct um_name *n)
{
    return set.n > 0 &&
           bsearch(n, set.p, set.n, sizeof *set.p, compare) != NULL;
}

size_t um_namelist_sort(struct um_name *p, size_t n)
{
    size_t kept = 0;

    if (n > 0)
        qsort(p, n, sizeof *p, compare);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !um_name_eq(&p[kept - 1], &p[i]))
            p[kept++] = p[i];
    }
    return kept;
}

void um_name_read(struct um_pb *m, unsigned field, struct um_name *out)
{
    um_pb_exact(m, field, UM_NAME_BYTES, out->b);
    um_pb_need(m, !um_pb_has(m, field) || !um_name_none(out));
}

void um_namelist_read(struct um_pb *m, unsigned field, bool set,
                      struct um_namelist *out)
{
    struct um_str s;

    um_pb_bytes(m, field, UM__CAP_NAMES * UM_NAME_BYTES, &s);
    um_pb_need(m, s.len % UM_NAME_BYTES == 0);
    out->p = (const struct um_name *)(const void *)s.p;
    out->n = m->err == 0 ? s.len / UM_NAME_BYTES : 0;
    for (size_t i = 0; i < out->n; i++) {
        um_pb_need(m, !um_name_none(&out->p[i]));
        if (set && i > 0)
            um_pb_need(m, um_name_cmp(&out->p[i - 1], &out->p[i]) < 0);
    }
}

void um_name_put(struct um_buf *out, unsigned field, const struct um_name *n)
{
    if (!um_name_none(n))
        um_pb_put_bytes(out, field, n->b, UM_NAME_BYTES);
}

void um_namelist_put(struct um_buf *out, unsigned field,
                     struct um_namelist names)
{
    um_pb_put_bytes(out, field, names.p, names.n * UM_NAME_BYTES);
}
