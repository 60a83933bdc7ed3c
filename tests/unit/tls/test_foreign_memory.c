/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation that GnuTLS makes for two channels fails once: there is an
 * error, and nothing is lost. Ours fail in stack/ways_no_memory. */
#include <stdlib.h>

#include "chan/tls/tls.h"
#include "foreign_mem.h"
#include "sec_pair.h"
#include "unit.h"

static const char *const yamux[] = {"/yamux/1.0.0"};

static int start(struct sec_pair *p)
{
    int rv = 0;

    for (int i = 0; i < 2 && rv == 0; i++) {
        struct p2p__sec_cfg cfg = sec_pair_cfg(p, i);

        cfg.muxers = yamux;
        cfg.muxer_count = 1;
        rv = sec_end_start(&p->ends[i], &cfg);
    }
    return rv;
}

/* Records both ways, after the handshake. */
static int talk(struct sec_pair *p)
{
    static const uint8_t text[20000];
    int rv;

    for (int i = 0; i < 2; i++) {
        p->ends[i].app = text;
        p->ends[i].app_len = sizeof text;
    }
    rv = sec_pair_run(p, NULL);
    if (rv == 0) {
        assert_int_equal(p->ends[0].got_len, sizeof text);
        assert_int_equal(p->ends[1].got_len, sizeof text);
    }
    return rv;
}

static int work(void *arg)
{
    struct sec_pair *p = arg;
    int rv = sec_pair_init_for(p, &p2p__tls_security);

    if (rv != 0) {
        return rv;
    }
    rv = start(p);
    if (rv == 0) {
        rv = talk(p);
    }
    sec_pair_fini(p);
    return rv;
}

static void test_survives_every_failure(void **state)
{
    struct sec_pair p;

    (void)state;
    foreign_mem_watch("libgnutls.so");
    assert_true(foreign_mem_each(work, &p) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
