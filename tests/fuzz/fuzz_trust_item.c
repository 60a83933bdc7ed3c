/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The first byte says what the rest is: an envelope as it comes, or a payload,
 * of one of the kinds, or a sealed object. What is taken has one form: written
 * again from its fields it is the same.
 */
#include <stdlib.h>

#include "mesh/trust/fact.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/seal.h"
#include "mesh/trust/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* Writes the fields again, if none is above those that are kept. */
static void same_again(const struct um_pb *m, struct um_str in)
{
    struct um_buf b = UM_BUF_INIT;

    if (m->have >> (UM_PB_KNOWN_MAX + 1) == 0) {
        for (unsigned f = 1; f <= UM_PB_KNOWN_MAX; f++) {
            um_pb_put_num(&b, f, m->num[f]);
            um_pb_put_str(&b, f, m->str[f]);
        }
        need(um_str_eq(um_buf_view(&b), in));
    }
    um_buf_fini(&b);
}

static void ascending(struct um_namelist names)
{
    for (size_t i = 1; i < names.n; i++)
        need(um_name_cmp(&names.p[i - 1], &names.p[i]) < 0);
}

static void read_content(struct um_item *it, enum um_kind kind)
{
    struct um_revision r;
    struct um_fact f;
    struct um_statement s;

    if (kind == UM_REVISION && um_revision_decode(it, &r) == 0) {
        ascending(r.first);
        need(r.parents_n <= 2 && (r.parents_n == 0) == (r.number == 1));
        need(um_pb_is_text(r.message));
    }
    if (kind == UM_FACT && um_fact_decode(it, &f) == 0) {
        ascending(f.nodes);
        need((f.nodes.n > 0) == (f.what == UM_OPEN));
    }
    if (kind == UM_STATEMENT && um_statement_decode(it, &s) == 0) {
        ascending(s.keep);
        ascending(s.stand);
        ascending(s.ids);
        need(s.what >= UM_GENESIS && s.what <= UM_VOID);
    }
}

static void read_sealed(struct um_str in)
{
    const uint8_t seed[32] = {2};
    struct um_sealed s;
    struct um_buf out = UM_BUF_INIT;
    struct p2p_key *key;

    if (um_sealed_read(in, &s) == 0 && p2p_key_from_seed(seed, &key) == 0) {
        for (size_t i = 0; i < s.slots_n; i++)
            need(um_sealed_slot_of(&s, &s.slots[i].member) ==
                 s.slots[i].sealed);
        (void)um_sealed_open(&s, key, NULL, &out);
        p2p_key_free(key);
    }
    um_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data + 1, size - 1);
    enum um_kind kind;
    struct um_item it;

    if (size == 0)
        return 0;
    if (data[0] % 7 == 6) {
        read_sealed(in);
        return 0;
    }
    kind = (enum um_kind)(data[0] % 7 % 3 + 1);
    if (data[0] % 7 < 3) {
        if (um_item_read(in, kind, &it) == 0) {
            same_again(&it.m, in);
            read_content(&it, kind);
        }
    } else if (um_item_open(in, kind, &it) == 0) {
        struct um_str payload = um_item_payload(in, kind);

        need(payload.len > 0);
        same_again(&it.m, payload);
        read_content(&it, kind);
    }
    return 0;
}
