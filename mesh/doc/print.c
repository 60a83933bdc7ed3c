/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The printer. Unit's blank lines: a container with something in it owes one,
 * which the next member of an object pays and the next element of an array
 * forgets. Failure modes: no memory, which the buffer remembers; a text over
 * the cap, which is given up where it is noticed.
 */
#include "mesh/doc/print.h"

#include <assert.h>

#include "mesh/doc/text.h"
#include "p2p/err.h"

struct printer {
    struct um_buf *out;
    size_t end; /* of what out may hold */
    bool pretty;
    bool owed; /* a blank line */
    size_t level;
};

static void print(struct printer *pr, const struct um_val *v);

static bool full(const struct printer *pr)
{
    return pr->out->len > pr->end || um_buf_failed(pr->out);
}

static void new_line(struct printer *pr)
{
    if (!pr->pretty)
        return;
    um_buf_text(pr->out, "\r\n");
    um_buf_fill(pr->out, '\t', pr->level);
}

/* Between two members or elements. */
static void separate(struct printer *pr, bool object)
{
    um_buf_byte(pr->out, ',');
    if (object && pr->owed && pr->pretty)
        um_buf_text(pr->out, "\r\n");
    pr->owed = false;
}

static void print_member(struct printer *pr, const struct um_member *m)
{
    um_text_write(pr->out, m->name);
    um_buf_byte(pr->out, ':');
    if (pr->pretty)
        um_buf_byte(pr->out, ' ');
    print(pr, &m->value);
}

static void print_nest(struct printer *pr, const struct um_val *v)
{
    bool object = v->kind == UM_VAL_OBJECT;

    um_buf_byte(pr->out, object ? '{' : '[');
    pr->level++;
    for (size_t i = 0; i < v->count && !full(pr); i++) {
        if (i > 0)
            separate(pr, object);
        new_line(pr);
        if (object)
            print_member(pr, &v->members.p[i]);
        else
            print(pr, &v->items.p[i]);
    }
    pr->level--;
    if (v->count > 0) {
        new_line(pr);
        pr->owed = true;
    }
    um_buf_byte(pr->out, object ? '}' : ']');
}

static void print(struct printer *pr, const struct um_val *v)
{
    switch (v->kind) {
        case UM_VAL_NULL:
            um_buf_text(pr->out, "null");
            break;
        case UM_VAL_BOOL:
            um_buf_text(pr->out, v->count != 0 ? "true" : "false");
            break;
        case UM_VAL_NUMBER:
            um_buf_str(pr->out, v->text);
            break;
        case UM_VAL_STRING:
            um_text_write(pr->out, v->text);
            break;
        default:
            print_nest(pr, v);
    }
}

static int finish(const struct printer *pr)
{
    assert(pr->level == 0);
    if (um_buf_failed(pr->out))
        return P2P_ENOMEM;
    return full(pr) ? P2P_ETOOBIG : 0;
}

int um_doc_print(struct um_buf *out, const struct um_val *v)
{
    struct printer pr = {.out = out, .end = out->len + UM__CAP_DOC_BYTES};

    print(&pr, v);
    return finish(&pr);
}

/* Indented text is longer: by two line ends with their tabs, and a blank line,
 * for each member. */
int um_doc_print_pretty(struct um_buf *out, const struct um_val *v)
{
    struct printer pr = {.out = out, .pretty = true};

    pr.end = out->len + UM__CAP_DOC_BYTES +
             (size_t)UM__CAP_DOC_MEMBERS * (2 * UM__CAP_DOC_DEPTH + 16);
    print(&pr, v);
    um_buf_text(out, "\r\n");
    return finish(&pr);
}

int um_doc_hash(const struct um_val *v, uint8_t out[P2P_SHA256_BYTES])
{
    struct um_buf text = UM_BUF_INIT;
    int rc = um_doc_print(&text, v);

    if (rc == 0)
        p2p_sha256(text.p, text.len, out);
    um_buf_fini(&text);
    return rc;
}
