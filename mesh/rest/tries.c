/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See tries.h. A small table; who comes from ever new addresses displaces those
 * that tried least, not those that wait. Nothing can fail. */
#include "mesh/rest/tries.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_over(const struct um_try *e, uint64_t now_ms)
{
    return e->n == 0 || now_ms - e->since_ms >= UM_TRIES_MS;
}

uint64_t um_tries_wait_ms(const struct um_tries *t, const char *client,
                          uint64_t now_ms)
{
    for (size_t i = 0; i < UM__CAP_TRIES_ADDRS; i++) {
        const struct um_try *e = &t->all[i];

        if (e->n >= UM__CAP_TRIES && !is_over(e, now_ms) &&
            strcmp(e->client, client) == 0) {
            return UM_TRIES_MS - (now_ms - e->since_ms);
        }
    }
    return 0;
}

/* The address's place, or one for it. */
static struct um_try *place(struct um_tries *t, const char *client,
                            uint64_t now_ms)
{
    struct um_try *least = &t->all[0];

    for (size_t i = 0; i < UM__CAP_TRIES_ADDRS; i++) {
        struct um_try *e = &t->all[i];

        if (is_over(e, now_ms)) {
            e->n = 0;
        }
        if (e->n > 0 && strcmp(e->client, client) == 0) {
            return e;
        }
        if (e->n < least->n) {
            least = e;
        }
    }
    (void)snprintf(least->client, sizeof least->client, "%s", client);
    least->n = 0;
    return least;
}

void um_tries_wrong(struct um_tries *t, const char *client, uint64_t now_ms)
{
    struct um_try *e = place(t, client, now_ms);

    if (e->n == 0 || e->n + 1 == UM__CAP_TRIES) {
        e->since_ms = now_ms;
    }
    e->n += e->n < UM__CAP_TRIES;
}
