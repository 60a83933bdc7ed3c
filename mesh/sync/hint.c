/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See hint.h. Each field is collected in a buffer of its own, since they stand
 * in ascending order in the message; the room that is left is counted with the
 * longest tags and lengths, so what was added always fits.
 */
#include "mesh/sync/hint.h"

#include <assert.h>
#include <stdio.h>

#include "p2p/err.h"

/* Fields: envelopes of kind k are 1 + k, their ids 5 + k. */
enum { V = 1, ITEMS = 1, IDS = 5, DOCUMENTS = 9 };

/* The version and the heads of the lists, and of a value in one. */
enum { HEADS = 64, VALUE_HEAD = 5 };

char *um_hint_topic(const struct um_name *mesh, char text[UM_HINT_TOPIC_MAX])
{
    char name[UM_NAME_TEXT_MAX];

    (void)snprintf(text, UM_HINT_TOPIC_MAX, "/unitmesh/1/%s/hints",
                   um_name_text(mesh, name));
    return text;
}

static size_t length(const struct um_hint *h)
{
    size_t n = HEADS + h->documents.len;

    for (unsigned k = UM_REVISION; k <= UM_ROW; k++)
        n += h->items[k].len;
    for (unsigned k = UM_REVISION; k < UM_ROW; k++)
        n += h->ids[k].len;
    return n;
}

/* Adds a value to a list of one, if there is room. */
static bool add(struct um_hint *h, struct um_buf *list, unsigned field,
                struct um_str value)
{
    size_t before = list->len;

    if (value.len == 0 ||
        length(h) + VALUE_HEAD + value.len > UM__CAP_HINT_BYTES)
        return false;
    um_pb_put_str(list, field, value);
    if (um_buf_failed(list)) {
        list->len = before;
        list->failed = false;
        return false;
    }
    return true;
}

bool um_hint_item(struct um_hint *h, enum um_kind kind, struct um_str envelope)
{
    return add(h, &h->items[kind], ITEMS + kind, envelope);
}

bool um_hint_id(struct um_hint *h, enum um_kind kind, const struct um_name *id)
{
    struct um_buf *list = &h->ids[kind];

    assert(kind < UM_ROW);
    if (length(h) + UM_NAME_BYTES > UM__CAP_HINT_BYTES)
        return false;
    um_buf_add(list, id->b, UM_NAME_BYTES);
    if (!um_buf_failed(list))
        return true;
    list->failed = false;
    return false;
}

bool um_hint_document(struct um_hint *h, struct um_str document)
{
    return document.len <= UM__CAP_HINT_DOCUMENT_BYTES &&
           add(h, &h->documents, DOCUMENTS, document);
}

int um_hint_write(const struct um_hint *h, struct um_buf *out)
{
    size_t before = out->len;

    um_pb_put_num(out, V, UM_HINT_VERSION);
    for (unsigned k = UM_REVISION; k <= UM_ROW; k++)
        um_buf_str(out, um_buf_view(&h->items[k]));
    for (unsigned k = UM_REVISION; k < UM_ROW; k++)
        um_pb_put_str(out, IDS + k, um_buf_view(&h->ids[k]));
    um_buf_str(out, um_buf_view(&h->documents));
    if (um_buf_failed(out))
        return P2P_ENOMEM;
    assert(out->len - before <= UM__CAP_HINT_BYTES);
    return 0;
}

void um_hint_fini(struct um_hint *h)
{
    for (unsigned k = UM_REVISION; k <= UM_ROW; k++)
        um_buf_fini(&h->items[k]);
    for (unsigned k = UM_REVISION; k < UM_ROW; k++)
        um_buf_fini(&h->ids[k]);
    um_buf_fini(&h->documents);
}

/* Takes a list; none of its values may be longer than `most`. */
static void read_list(struct um_pb *m, unsigned field, size_t most,
                      struct um_str *out)
{
    struct um_str list;
    struct um_str value;

    um_pb_bytes(m, field, UM__CAP_HINT_BYTES, out);
    list = *out;
    while (um_pb_list_next(&list, &value))
        um_pb_need(m, value.len <= most);
}

static void read_ids(struct um_pb *m, unsigned field, struct um_namelist *out)
{
    struct um_str s;

    um_pb_bytes(m, field, UM__CAP_HINT_BYTES, &s);
    um_pb_need(m, s.len % UM_NAME_BYTES == 0);
    *out = (struct um_namelist){(const struct um_name *)s.p,
                                s.len / UM_NAME_BYTES};
    for (size_t i = 0; m->err == 0 && i < out->n; i++)
        um_pb_need(m, !um_name_none(&out->p[i]));
}

int um_hint_read(struct um_str message, struct um_hint_read *out)
{
    uint64_t lists = UINT64_C(1) << DOCUMENTS;
    struct um_pb m;
    uint64_t v;

    memset(out, 0, sizeof *out);
    if (message.len > UM__CAP_HINT_BYTES)
        return P2P_ETOOBIG;
    for (unsigned k = UM_REVISION; k <= UM_ROW; k++)
        lists |= UINT64_C(1) << (ITEMS + k);
    (void)um_pb_read_lists(&m, message, lists);
    um_pb_num(&m, V, UM_PB_NUM_MAX, &v);
    um_pb_need(&m, v != 0);
    if (m.err != 0)
        return m.err;
    if (v != UM_HINT_VERSION)
        return P2P_ENOTSUP;
    for (unsigned k = UM_REVISION; k <= UM_ROW; k++)
        read_list(&m, ITEMS + k,
                  k == UM_ROW ? UM__CAP_ROW_BYTES : UM__CAP_ITEM_BYTES,
                  &out->items[k]);
    for (unsigned k = UM_REVISION; k < UM_ROW; k++)
        read_ids(&m, IDS + k, &out->ids[k]);
    read_list(&m, DOCUMENTS, UM__CAP_HINT_DOCUMENT_BYTES, &out->documents);
    return m.err;
}
