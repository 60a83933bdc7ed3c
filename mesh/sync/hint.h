/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Hints over gossip: new items whole, ids of others, small documents. A lost
 * one costs seconds, nothing else. docs/reference/formats.md, "Hints".
 *
 *     struct um_hint h = {0};
 *     um_hint_item(&h, UM_REVISION, envelope)    false: no room; then
 *     um_hint_id(&h, UM_REVISION, &id)
 *     um_hint_document(&h, bytes)
 *     um_hint_write(&h, &out);  um_hint_fini(&h);
 *
 *     um_hint_read(message, &r)                  size, form, lengths
 *     while (um_pb_list_next(&r.items[UM_REVISION], &envelope)) …
 *
 * The caller forwards a message whose author has a role now, whatever it says,
 * and judges what is in it like what sync brings; a document is known by its
 * hash, if a revision in the same hint names it, or one that waits for it.
 */
#ifndef UM_SYNC_HINT_H
#define UM_SYNC_HINT_H

#include "mesh/trust/row.h"

/** The longest hint; a longer one is not forwarded and not read. */
#define UM__CAP_HINT_BYTES (1U << 20)

/** The longest document in a hint; a hint with a longer one is refused. */
#define UM__CAP_HINT_DOCUMENT_BYTES (64U << 10)

/** The version that this code speaks. */
#define UM_HINT_VERSION 1U

/** Room for a topic's name with its end. */
#define UM_HINT_TOPIC_MAX 96

/** The name of a mesh's topic; returns text. */
char *um_hint_topic(const struct um_name *mesh, char text[UM_HINT_TOPIC_MAX]);

/** A hint that is being made; all zero is an empty one. Private. */
struct um_hint {
    struct um_buf items[UM_ROW + 1]; /* by um_kind */
    struct um_buf ids[UM_ROW];       /* likewise, rows have none */
    struct um_buf documents;
};

/** Adds an item whole; false: there is no room for it. `envelope` borrows. */
bool um_hint_item(struct um_hint *h, enum um_kind kind, struct um_str envelope);

/** Adds the id of an item that is no row; false: there is no room. */
bool um_hint_id(struct um_hint *h, enum um_kind kind, const struct um_name *id);

/** Adds a document of a revision in it; false: it is too long, or there is no
 * room. */
bool um_hint_document(struct um_hint *h, struct um_str document);

/** Appends the message. Errors: P2P_ENOMEM. */
int um_hint_write(const struct um_hint *h, struct um_buf *out);

/** Frees it. */
void um_hint_fini(struct um_hint *h);

/** A hint that was read; borrows. */
struct um_hint_read {
    struct um_str items[UM_ROW + 1]; /**< by um_kind: um_pb_list_next() */
    struct um_namelist ids[UM_ROW];  /**< by um_kind, as given */
    struct um_str documents;         /**< um_pb_list_next() */
};

/**
 * Reads a hint: size, form, and the length of everything in it.
 * @return 0, P2P_ETOOBIG, P2P_EFORMAT, P2P_ENOTSUP (a later version: forward
 *         it, and do not read it)
 */
int um_hint_read(struct um_str message, struct um_hint_read *out);

#endif
