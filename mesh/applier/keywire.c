/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See keywire.h. */
#include "mesh/applier/keywire.h"

#include <string.h>

#include "mesh/applier/keyring.h"
#include "p2p/err.h"

enum { WHAT = 1, KEY = 2, BYTES = 3, ERR = 1, SAID = 2 };

/* More than any error's number. */
#define ERR_MAX 255

static void put_frame(struct um_buf *out, struct um_buf *body)
{
    uint8_t head[4];

    for (unsigned i = 0; i < sizeof head; i++) {
        head[i] = (uint8_t)(body->len >> 8 * (sizeof head - 1 - i));
    }
    um_buf_add(out, head, sizeof head);
    um_buf_str(out, um_buf_view(body));
    out->failed = out->failed || um_buf_failed(body);
    if (body->p != NULL) {
        explicit_bzero(body->p, body->len); /* a seed may be in it */
    }
    um_buf_fini(body);
}

void um_keywire_put_ask(struct um_buf *out, const struct um_keywire_ask *a)
{
    struct um_buf body = UM_BUF_INIT;

    um_pb_put_num(&body, WHAT, a->what);
    um_pb_put_num(&body, KEY, a->key);
    um_pb_put_str(&body, BYTES, a->bytes);
    put_frame(out, &body);
}

/* An answer always has a number, so that it is never empty: 1 for none. */
void um_keywire_put_say(struct um_buf *out, const struct um_keywire_say *s)
{
    struct um_buf body = UM_BUF_INIT;

    um_pb_put_num(&body, ERR, (uint64_t)(1 - s->err));
    um_pb_put_str(&body, SAID, s->bytes);
    put_frame(out, &body);
}

int um_keywire_ask_read(struct um_str frame, struct um_keywire_ask *out)
{
    struct um_pb m;
    uint64_t what = 0, key = 0;

    *out = (struct um_keywire_ask){.key = 0};
    if (um_pb_read(&m, frame) == 0) {
        um_pb_num(&m, WHAT, UM_KEYWIRE_LEAVE, &what);
        um_pb_num(&m, KEY, UM_KEYRING_OLD, &key);
        um_pb_bytes(&m, BYTES, UM__CAP_KEYRING_BYTES, &out->bytes);
        um_pb_need(&m, what > 0 && key > 0);
    }
    out->what = (enum um_keywire_what)what;
    out->key = (unsigned)key;
    return m.err;
}

int um_keywire_say_read(struct um_str frame, struct um_keywire_say *out)
{
    struct um_pb m;
    uint64_t err = 0;

    *out = (struct um_keywire_say){.err = P2P_EFORMAT};
    if (um_pb_read(&m, frame) == 0) {
        um_pb_num(&m, ERR, ERR_MAX, &err);
        um_pb_bytes(&m, SAID, UM__CAP_KEYRING_BYTES, &out->bytes);
        um_pb_need(&m, err > 0);
    }
    if (m.err == 0) {
        out->err = 1 - (int)err;
    }
    return m.err;
}
