/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a file of webhooks reads: what can be read is written back as something
 * that reads the same, and is sent to its end, whatever receivers answer.
 */
#include <stdlib.h>

#include "mesh/hook/hooks.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* Answers, until nothing waits. */
static void send_all(struct um_hooks *h)
{
    struct um_hooks_send s;
    struct um_hooks_result r = {.error = "none"};
    uint64_t now = 0;

    for (unsigned i = 0; i < 4000 && now != UINT64_MAX; i++) {
        r.now_ms = r.wall_ms = now;
        r.random += now;
        while (um_hooks_next(h, now, &s)) {
            r.id = s.hook->id;
            r.status = i % 5 == 0 ? 500 : i % 97 == 0 ? 410 : 200;
            um_hooks_done(h, &r);
        }
        now = um_hooks_due(h);
    }
    need(now == UINT64_MAX ? h->queued == 0 : h->queued > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_buf once = UM_BUF_INIT, twice = UM_BUF_INIT;
    struct um_hooks a, b;
    int rv;

    um_hooks_init(&a, 0);
    um_hooks_init(&b, 0);
    rv = um_hooks_read(&a, um_str_n((const char *)data, size));
    need(rv == 0 || rv == P2P_EFORMAT || rv == P2P_ENOTSUP || rv == P2P_ENOMEM);
    if (rv == 0) {
        um_hooks_write(&a, &once);
        need(um_hooks_read(&b, um_buf_view(&once)) == 0);
        um_hooks_write(&b, &twice);
        need(um_str_eq(um_buf_view(&once), um_buf_view(&twice)));
        send_all(&a);
    }
    um_buf_fini(&once);
    um_buf_fini(&twice);
    um_hooks_fini(&a);
    um_hooks_fini(&b);
    return 0;
}
