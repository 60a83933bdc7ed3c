/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See owner.h. The number of a SET is above all that were ever said of the
 * name, those included that do not stand: they may stand again. */
#include "mesh/node/owner.h"

#include "p2p/err.h"

static void begin(const struct um_model *m, enum um_statement_what what,
                  struct um_statement *out)
{
    *out = (struct um_statement){
        .what = what, .mesh = m->cfg.mesh, .wall_ms = m->wall_ms};
}

void um_owner_grant(const struct um_model *m, const struct um_name *key,
                    unsigned roles, struct um_statement *out)
{
    begin(m, UM_GRANT, out);
    out->key = *key;
    out->roles = (uint8_t)roles;
}

/* The heads of the view: whatever is below them stays. */
static int keep_heads(const struct um_model *m, struct um_arena *a,
                      struct um_namelist *out)
{
    size_t n = m->view.heads_n;
    struct um_name *list = um_arena_zalloc(a, n + 1, sizeof *list);

    if (list == NULL)
        return P2P_ENOMEM;
    if (n > UM__CAP_NAMES)
        n = UM__CAP_NAMES; /* the highest; the rest are conflicts */
    for (size_t i = 0; i < n; i++)
        list[i] = um_history_at(&m->history, m->view.heads[i])->rev.id;
    *out = (struct um_namelist){list, um_namelist_sort(list, n)};
    return 0;
}

/* All that a key said in the roster. */
static int keep_words(struct um_model *m, struct um_arena *a,
                      const struct um_name *key, struct um_namelist *out)
{
    size_t all = um_roster_count(&m->roster), n = 0;
    struct um_name *list = um_arena_zalloc(a, all + 1, sizeof *list);

    if (list == NULL)
        return P2P_ENOMEM;
    for (size_t i = 0; i < all; i++) {
        bool stands;
        const struct um_statement *s = um_roster_at(&m->roster, i, &stands);

        if (um_name_eq(&s->by, key) && s->what != UM_GENESIS)
            list[n++] = s->id;
    }
    *out = (struct um_namelist){list, n}; /* by id, so ascending */
    return n <= UM__CAP_NAMES ? 0 : P2P_ETOOBIG;
}

int um_owner_revoke(struct um_model *m, struct um_arena *a,
                    const struct um_name *key, unsigned roles,
                    struct um_statement *out)
{
    int err;

    begin(m, UM_REVOKE, out);
    out->key = *key;
    out->roles = (uint8_t)roles;
    err = keep_heads(m, a, &out->keep);
    return err != 0 ? err : keep_words(m, a, key, &out->stand);
}

/* The highest number that was ever said of a name. */
static uint64_t last_seq(struct um_model *m, const struct um_name *key,
                         struct um_str name)
{
    uint64_t last = 0;

    for (size_t i = 0; i < um_roster_count(&m->roster); i++) {
        bool stands;
        const struct um_statement *s = um_roster_at(&m->roster, i, &stands);

        if (s->what == UM_SET && um_name_eq(&s->key, key) &&
            um_str_eq(s->name, name) && s->seq > last)
            last = s->seq;
    }
    return last;
}

void um_owner_set(struct um_model *m, const struct um_name *key,
                  struct um_str name, struct um_str value,
                  struct um_statement *out)
{
    static const struct um_name nobody;

    begin(m, UM_SET, out);
    out->key = key != NULL ? *key : nobody;
    out->name = name;
    out->value = value;
    out->seq = last_seq(m, &out->key, name) + 1;
}

void um_owner_void(const struct um_model *m, struct um_namelist ids,
                   struct um_statement *out)
{
    begin(m, UM_VOID, out);
    out->ids = ids;
}

bool um_owner_may(struct um_model *m, const struct um_name *key)
{
    const struct um_statement *g = um_roster_genesis(&m->roster);

    return (um_roster_roles(&m->roster, key) & (UM_OWNER | UM_ROOT)) != 0 ||
           (g != NULL && um_name_eq(&g->key, key));
}

bool um_owner_is_last(struct um_model *m, const struct um_name *me,
                      const struct um_name *owner)
{
    bool ours = false, stay = false;

    for (size_t i = 0; i < m->roster.keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);
        bool owns = (k->now & (UM_OWNER | UM_ROOT)) != 0;
        bool here = um_name_eq(&k->name, me) || um_name_eq(&k->name, owner);

        if (owns && !here)
            return false;
        ours = ours || owns;
        stay = stay || (!here && (k->now & UM_NODE) != 0);
    }
    return ours && stay;
}
