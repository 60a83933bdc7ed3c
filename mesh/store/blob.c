/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SQLite reads a blob straight from its pages into the place where it is
 * wanted: a document is copied once and never lies in SQLite's memory whole.
 */
#include "mesh/store/blob.h"

#include "mesh/doc/value.h"
#include "p2p/hash.h"

int um_blob_read(struct um_store *s, const struct um_blob *b, uint64_t offset,
                 void *out, size_t len)
{
    sqlite3_blob *blob = NULL;
    int rc = sqlite3_blob_open(s->db, "main", b->table, "bytes",
                               (sqlite3_int64)b->place, 0, &blob);
    int err = rc == SQLITE_OK ? 0 : um_trouble_sqlite(s, rc);

    if (rc == SQLITE_ERROR) /* no such row: its size was read from it */
        err = um_trouble_set(s, UM_STORE_DAMAGED,
                             "damaged: a row of %s is not where it should be",
                             b->table);
    if (err == 0 && (uint64_t)sqlite3_blob_bytes(blob) != b->size)
        err = um_trouble_set(s, UM_STORE_DAMAGED,
                             "damaged: a value of %s has another length than "
                             "it should",
                             b->table);
    if (err == 0 && len > 0) {
        rc = sqlite3_blob_read(blob, out, (int)len, (int)offset);
        err = rc == SQLITE_OK ? 0 : um_trouble_sqlite(s, rc);
    }
    (void)sqlite3_blob_close(blob);
    return err;
}

int um_blob_whole(struct um_store *s, const struct um_blob *b,
                  const struct um_name *hash, struct um_buf *out)
{
    struct um_name is;
    char *to;
    int err;

    if (b->size > UM__CAP_DOC_BYTES)
        return um_trouble_set(s, UM_STORE_DAMAGED,
                              "damaged: a value of %s is longer than any",
                              b->table);
    to = um_buf_reserve(out, b->size);
    if (to == NULL)
        return um_trouble_sqlite(s, SQLITE_NOMEM);
    err = um_blob_read(s, b, 0, to, b->size);
    if (err != 0)
        return err;
    p2p_sha256(to, b->size, is.b);
    if (!um_name_eq(&is, hash)) {
        char text[UM_NAME_TEXT_MAX];

        return um_trouble_set(s, UM_STORE_DAMAGED,
                              "damaged: %s %.16s has another hash", b->table,
                              um_name_text(hash, text));
    }
    out->len += b->size;
    return 0;
}
