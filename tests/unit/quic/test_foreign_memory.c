/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation that GnuTLS makes for two connections fails once: each ends
 * with an error, or goes on, and nothing is lost. Ours are in test_no_memory.c.
 */
#include <stdlib.h>

#include "foreign_mem.h"
#include "quic_pair.h"
#include "unit.h"

static void on_event(struct quic_pair *p, unsigned side,
                     const struct p2p__sess_ev *ev)
{
    if (ev->type == P2P__SESS_FIN) {
        p2p__quic_ops.finish(p->end[side].sess, ev->stream);
    }
}

/* A stream that both ends finish. */
static int talk(struct quic_pair *p)
{
    static uint8_t text[500];
    const struct p2p__slice data = p2p__slice_of(text, sizeof text);
    void *st;
    int rv = p2p__quic_ops.open(p->end[0].sess, NULL, &st, p->now);

    if (rv == 0) {
        rv = p2p__quic_ops.send(p->end[0].sess, st, &data);
        p2p__quic_ops.finish(p->end[0].sess, st);
    }
    quic_pair_pass(p, P2P__SEC(1));
    return rv;
}

static int work(void *arg)
{
    struct quic_pair *p = arg;
    int rv = quic_pair_init(p, 1);

    p->on = on_event;
    if (rv == 0) {
        rv = quic_pair_shake(p);
    }
    if (rv == 0) {
        rv = talk(p);
    }
    for (int i = 0; i < 2 && rv == 0; i++) {
        rv = p->end[i].err;
    }
    quic_pair_fini(p);
    return rv;
}

static void test_survives_every_failure(void **state)
{
    struct quic_pair *p = malloc(sizeof *p);

    (void)state;
    assert_non_null(p);
    foreign_mem_watch("libgnutls.so");
    assert_true(foreign_mem_each(work, p) > 100);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
