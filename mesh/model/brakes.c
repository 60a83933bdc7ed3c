/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See brakes.h. */
#include "mesh/model/brakes.h"

#include <assert.h>

static bool is_set(struct um_model *m, const struct um_name *key,
                   const char *name)
{
    const struct um_statement *s =
        um_roster_root_value(&m->roster, key, um_str(name));

    assert(m->roster.settled); /* by the question */
    return s != NULL && um_str_eq(s->value, UM_STR("true"));
}

bool um_brakes_no_immediate(struct um_model *m)
{
    return is_set(m, NULL, UM_BRAKE_NO_IMMEDIATE) ||
           is_set(m, &m->cfg.me, UM_BRAKE_NO_IMMEDIATE);
}

bool um_brakes_own_eyes(struct um_model *m, const struct um_past *p)
{
    return um_name_eq(&p->rev.by, &m->cfg.me) &&
           is_set(m, NULL, UM_BRAKE_FOUR_EYES);
}
