/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A file of statements that are to be signed, or were. What is read has what
 * its caps say, and is written again as it was; no statement of it can be
 * anything but one. */
#include <stdlib.h>

#include "mesh/trust/carry.h"
#include "mesh/trust/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* A plan that can be read can be planned again, to the same bytes but for
 * fields of later versions. */
static void read_plan(struct um_str bytes)
{
    struct um_statement s, again;
    struct um_buf b = UM_BUF_INIT;
    struct um_item it;

    if (um_item_read(bytes, UM_STATEMENT, &it) != 0 ||
        um_statement_decode(&it, &s) != 0)
        return;
    need(um_statement_plan(&s, &b) == 0);
    need(b.len <= bytes.len);
    need(um_item_read(um_buf_view(&b), UM_STATEMENT, &it) == 0);
    need(um_statement_decode(&it, &again) == 0);
    need(again.what == s.what && um_name_eq(&again.key, &s.key));
    um_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_str list, one;
    struct um_buf b = UM_BUF_INIT;
    struct um_statement s;
    enum um_carry what;
    size_t n = 0;

    if (um_carry_read(in, &what, &list) != 0)
        return 0;
    um_carry_begin(&b, what);
    while (um_pb_list_next(&list, &one)) {
        n++;
        need(one.len > 0);
        um_carry_add(&b, one);
        if (what == UM_CARRY_SIGNED)
            (void)um_statement_open(one, &s);
        else
            read_plan(one);
    }
    need(n > 0 && n <= UM__CAP_CARRY_STATEMENTS);
    need(b.len <= in.len && memcmp(b.p, in.p, b.len) == 0);
    um_buf_fini(&b);
    return 0;
}
