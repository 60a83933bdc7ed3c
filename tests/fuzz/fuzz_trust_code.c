/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Codes for people. The first byte says what the rest is: a text that somebody
 * typed, or bytes of which a text is made first. A code that is read is printed
 * as it was; one that is printed is read.
 */
#include <stdlib.h>

#include "mesh/base/mem.h"
#include "mesh/trust/code.h"
#include "mesh/trust/revname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* Where a mistake is has to be in the text. */
static void check_error(const struct um_bech32_error *e, struct um_str text)
{
    need(e->wrong != UM_BECH32_FINE);
    need(e->at == SIZE_MAX || e->at <= text.len);
}

static void read_code(struct um_str text)
{
    struct um_bech32_error error;
    struct um_code code;
    struct um_code again;
    uint8_t seed[UM_CODE_SEED_BYTES];
    struct um_buf b = UM_BUF_INIT;

    if (um_code_get(text, &code, &error) == 0) {
        need(um_code_put(&code, &b) == 0);
        need(um_code_get(um_buf_view(&b), &again, &error) == 0);
        need(memcmp(&code, &again, sizeof code) == 0);
    } else {
        check_error(&error, text);
    }
    um_buf_clear(&b);
    if (um_code_get_seed(text, seed, &error) == 0)
        need(um_code_put_seed(seed, &b) == 0);
    else
        check_error(&error, text);
    um_buf_fini(&b);
}

static void read_revname(struct um_str text)
{
    struct um_revname n;
    char shown[UM_REVNAME_TEXT_MAX];

    if (um_revname_parse(text, &n) == 0) {
        need(um_revname_fits(&n, n.number, &n.id));
        need(n.digits <= 64);
        (void)um_revname_text(n.number, &n.id, n.digits, shown);
    }
}

static void make_code(struct um_str bytes)
{
    struct um_bech32_error error;
    struct um_buf text = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;

    if (um_bech32_put(&text, "um", 0, bytes) == 0) {
        need(um_bech32_get(um_buf_view(&text), "um", 0, &back, &error) == 0);
        need(um_str_eq(um_buf_view(&back), bytes));
        read_code(um_buf_view(&text));
    }
    um_buf_fini(&text);
    um_buf_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data + 1, size - 1);

    if (size == 0)
        return 0;
    if (data[0] % 2 == 0) {
        read_code(in);
        read_revname(in);
    } else {
        make_code(in);
    }
    return 0;
}
