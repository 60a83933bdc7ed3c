/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Connections to listeners.
 */
#include "mesh/unit/standin_site.h"
#include <stdlib.h>
struct um_ssite {
    struct um_standin *s;
};
struct um_ssite *um_ssite_new(const struct um_ssite_cfg *cfg)
{
    struct um_ssite *c = calloc(1, sizeof *c);
    if (c)
        c->s = cfg->s;
    return c;
}
void um_ssite_free(struct um_ssite *c)
{
    free(c);
}
void um_ssite_rx(struct um_ssite *c, struct um_str b,
                 const struct um_standin_time *now)
{
    (void)c;
    (void)b;
    (void)now;
}
struct um_str um_ssite_tx(struct um_ssite *c, bool *end)
{
    (void)c;
    *end = true;
    return um_str_n(NULL, 0);
}
