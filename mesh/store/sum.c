/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * um_sum(…): a checksum of a row's values, as an SQL function. SQLite notices a
 * damaged page when its structure is wrong, not when a value in it is. It is
 * the first eight bytes of SHA-256 over each value's type, length and bytes, so
 * that no two rows have the same text to hash. Only numbers and bytes have one.
 */
#include "mesh/store/query.h"
#include "p2p/hash.h"

static void add_value(struct um_buf *b, sqlite3_value *v)
{
    int type = sqlite3_value_type(v);
    sqlite3_int64 n = type == SQLITE_INTEGER ? sqlite3_value_int64(v)
                                             : sqlite3_value_bytes(v);

    um_buf_byte(b, (char)type);
    for (int shift = 56; shift >= 0; shift -= 8)
        um_buf_byte(b, (char)((uint64_t)n >> shift));
    if (type != SQLITE_INTEGER && n > 0) {
        const void *p = sqlite3_value_blob(v);

        if (p == NULL)
            b->failed = true;
        else
            um_buf_add(b, p, (size_t)n);
    }
}

static void sum(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct um_buf b = UM_BUF_INIT;
    uint8_t hash[P2P_SHA256_BYTES];
    uint64_t out = 0;

    for (int i = 0; i < n; i++)
        add_value(&b, values[i]);
    if (um_buf_failed(&b)) {
        sqlite3_result_error_nomem(context);
    } else {
        p2p_sha256(b.p, b.len, hash);
        for (int i = 0; i < 8; i++)
            out = out << 8 | hash[i];
        sqlite3_result_int64(context, (sqlite3_int64)out);
    }
    um_buf_fini(&b);
}

int um_sum_register(sqlite3 *db)
{
    return sqlite3_create_function_v2(
        db, "um_sum", -1,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, sum, NULL,
        NULL, NULL);
}
