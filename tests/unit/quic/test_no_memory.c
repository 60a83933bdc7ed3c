/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation of two connections fails once, ngtcp2's among them: nothing
 * is lost, or half done. What GnuTLS takes is the C library's: see
 * test_foreign_memory.c. */
#include <stdlib.h>

#include "failing_mem.h"
#include "quic_pair.h"
#include "unit.h"

static void on_event(struct quic_pair *p, unsigned side,
                     const struct p2p__sess_ev *ev)
{
    void *sess = p->end[side].sess;

    if (ev->type == P2P__SESS_DATA) {
        p2p__quic_ops.consume(sess, ev->stream, ev->data.len);
    } else if (ev->type == P2P__SESS_FIN) {
        p2p__quic_ops.finish(sess, ev->stream);
    }
}

/* A stream with data and one that is reset; the first thing that failed. */
static int talk(struct quic_pair *p)
{
    static uint8_t text[20000];
    const struct p2p__slice data = p2p__slice_of(text, sizeof text);
    void *sess = p->end[0].sess, *st;
    int first = 0;

    for (int i = 0; i < 2; i++) {
        int rv = p2p__quic_ops.open(sess, NULL, &st, p->now);

        if (rv == 0) {
            rv = p2p__quic_ops.send(sess, st, &data);
        }
        if (rv == 0 && i == 0) {
            p2p__quic_ops.finish(sess, st);
        } else if (rv == 0) {
            quic_pair_pass(p, P2P__MS(15));
            if (p->end[0].sess != NULL) {
                p2p__quic_ops.reset(sess, st, 1);
            }
        }
        first = first == 0 ? rv : first;
        if (p->end[0].sess == NULL) {
            break;
        }
    }
    quic_pair_pass(p, P2P__SEC(1));
    return first;
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
    for (int i = 0; i < 2; i++) {
        if (p->end[i].err == P2P_ENOMEM) {
            rv = P2P_ENOMEM;
        }
    }
    quic_pair_fini(p);
    return rv;
}

static void test_survives_every_failure(void **state)
{
    struct quic_pair *p = malloc(sizeof *p);

    (void)state;
    assert_non_null(p);
    assert_true(failing_mem_each(work, p) > 100);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
