/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See roster.h. Statements are copied, with the bytes that they borrow, into
 * one allocation each, and found by binary search; those about a key hang on
 * the key. Adding finds all memory first, so a roster that could not grow
 * answers as before.
 *
 * Settling: level 0 is the recovery key's word and the genesis, which stand.
 * Level 1 is what roots say, as far as level 0 lets them; level 2 what owners
 * say, as far as levels 0 and 1 let them. Each level gives and takes only the
 * roles below it, and only from keys that do not stand as high themselves, so
 * one pass a level is enough and nothing is circular.
 */
#include "mesh/trust/roster.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

/* Levels of authority; what has none does not stand. */
enum { RECOVERY, ROOT, OWNER, NONE };

struct um_roster_entry {
    struct um_statement s;
    struct um_roster_entry *next; /* about the same key */
    const struct um_roster_key *by;
    uint64_t walk; /* the last one that collected it */
    uint8_t level; /* by whose authority it stands */
    char bytes[];
};

/* What statements of a level may give and take. */
static const uint8_t reach[] = {
    [RECOVERY] = UM_ROLES_ALL,
    [ROOT] = UM_OWNER | UM_WRITER | UM_NODE,
    [OWNER] = UM_WRITER | UM_NODE,
    [NONE] = 0,
};

void um_roster_init(struct um_roster *r, const struct um_name *mesh)
{
    memset(r, 0, sizeof *r);
    r->mesh = *mesh;
}

void um_roster_fini(struct um_roster *r)
{
    for (size_t i = 0; i < r->entries_n; i++)
        um_mem_free(r->entries[i]);
    for (size_t i = 0; i < r->keys_n; i++)
        um_mem_free(r->keys[i]);
    um_mem_free(r->entries);
    um_mem_free(r->keys);
    memset(r, 0, sizeof *r);
}

/* Where an id is, or belongs. */
static size_t entry_index(const struct um_roster *r, const struct um_name *id,
                          bool *found)
{
    size_t lo = 0;
    size_t hi = r->entries_n;

    *found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = um_name_cmp(&r->entries[mid]->s.id, id);

        if (c == 0)
            *found = true;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The same for keys. */
static size_t key_index(const struct um_roster *r, const struct um_name *name,
                        bool *found)
{
    size_t lo = 0;
    size_t hi = r->keys_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (um_name_cmp(&r->keys[mid]->name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = lo < r->keys_n && um_name_eq(&r->keys[lo]->name, name);
    return lo;
}

static struct um_roster_key *find_key(const struct um_roster *r,
                                      const struct um_name *name)
{
    bool found;
    size_t i = key_index(r, name, &found);

    return found ? r->keys[i] : NULL;
}

static struct um_roster_entry *find_entry(const struct um_roster *r,
                                          const struct um_name *id)
{
    bool found;
    size_t i = entry_index(r, id, &found);

    return found ? r->entries[i] : NULL;
}

/* Whether a key is the recovery key. */
static bool is_recovery(const struct um_roster *r, const struct um_name *key)
{
    return r->genesis != NULL && um_name_eq(&r->genesis->s.key, key);
}

/* ---- settling */

/* The roles that a grant gives now. */
static unsigned gives(const struct um_roster_entry *e)
{
    if (e->s.what == UM_GENESIS)
        return e->s.roles;
    return e->s.what == UM_GRANT ? e->s.roles & reach[e->level] : 0;
}

/* Whether a key stands, or once stood, as high as a level: who speaks there
 * leaves it alone. Once: else what one owner says against another would lie
 * in wait for the day that he steps back. `given` is settled that high. */
static bool stands_beside(const struct um_roster_key *k, unsigned level)
{
    unsigned high = level == ROOT    ? UM_ROOT
                    : level == OWNER ? UM_ROOT | UM_OWNER
                                     : 0;

    return (k->given & high) != 0;
}

/* The roles that a revocation takes from a key now. */
static unsigned takes(const struct um_roster_entry *e,
                      const struct um_roster_key *k)
{
    unsigned roles = e->s.roles != 0 ? e->s.roles : UM_ROLES_ALL;

    if (e->s.what != UM_REVOKE || stands_beside(k, e->level))
        return 0;
    return roles & reach[e->level];
}

/* Whether a key has a role for a statement of its own (NULL: at all). */
static bool holds(const struct um_roster_key *k, unsigned role,
                  const struct um_roster_entry *e)
{
    for (const struct um_roster_entry *a = k->about; a != NULL; a = a->next) {
        if ((takes(a, k) & role) != 0 &&
            (e == NULL || !um_namelist_has(a->s.stand, &e->s.id)))
            return false;
    }
    return (k->given & role) != 0;
}

/* Settles whether keys have a role, whose givers and takers are settled. */
static void settle_role(struct um_roster *r, unsigned role)
{
    for (size_t i = 0; i < r->keys_n; i++) {
        struct um_roster_key *k = r->keys[i];

        for (const struct um_roster_entry *a = k->about; a != NULL; a = a->next)
            k->given |= (uint8_t)(gives(a) & role);
        if (holds(k, role, NULL))
            k->now |= (uint8_t)role;
    }
}

/* Gives authority to the statements of who holds a role for them. */
static void settle_level(struct um_roster *r, unsigned role, uint8_t level)
{
    for (size_t i = 0; i < r->entries_n; i++) {
        struct um_roster_entry *e = r->entries[i];

        if (e->level == NONE && holds(e->by, role, e))
            e->level = level;
    }
}

static void settle(struct um_roster *r)
{
    if (r->settled)
        return;
    r->settled = true;
    for (size_t i = 0; i < r->entries_n; i++) {
        struct um_roster_entry *e = r->entries[i];

        e->level =
            e == r->genesis || is_recovery(r, &e->s.by) ? RECOVERY : NONE;
    }
    for (size_t i = 0; i < r->keys_n; i++)
        r->keys[i]->now = r->keys[i]->given = 0;
    settle_role(r, UM_ROOT);
    settle_level(r, UM_ROOT, ROOT);
    settle_role(r, UM_OWNER);
    settle_level(r, UM_OWNER, OWNER);
    settle_role(r, UM_WRITER);
    settle_role(r, UM_NODE);
}

/* ---- adding */

/* How high a key ever stood. */
static unsigned ever_level(const struct um_roster *r, const struct um_name *by)
{
    unsigned ever = um_roster_ever(r, by);

    if (is_recovery(r, by))
        return RECOVERY;
    return (ever & UM_ROOT) != 0 ? ROOT : (ever & UM_OWNER) != 0 ? OWNER : NONE;
}

static int wait_for(struct um_need *need, enum um_need_what what,
                    const struct um_name *name)
{
    need->what = what;
    need->name = *name;
    return P2P_EAGAIN;
}

/* Whether a list of names is here; `id` of the first that is not. */
static int judge_lists(const struct um_roster *r, const struct um_statement *s,
                       const struct um_known *known, struct um_need *need)
{
    for (size_t i = 0; i < s->stand.n; i++) {
        if (find_entry(r, &s->stand.p[i]) == NULL)
            return wait_for(need, UM_NEED_STATEMENT, &s->stand.p[i]);
    }
    for (size_t i = 0; i < s->keep.n; i++) {
        if (known->number(known->user, &s->keep.p[i]) == 0)
            return wait_for(need, UM_NEED_REVISION, &s->keep.p[i]);
    }
    return 0;
}

/* Whether a statement may be accepted. */
static int judge(const struct um_roster *r, const struct um_statement *s,
                 const struct um_known *known, struct um_need *need)
{
    unsigned level;

    if (s->what == UM_GENESIS)
        return um_name_eq(&s->id, &r->mesh) ? 0 : P2P_EPEER;
    if (!um_name_eq(&s->mesh, &r->mesh))
        return P2P_EPEER;
    if (r->genesis == NULL)
        return wait_for(need, UM_NEED_GENESIS, &r->mesh);
    level = ever_level(r, &s->by);
    if (level == NONE ||
        (s->what == UM_GRANT && (s->roles & ~(unsigned)reach[level]) != 0))
        return wait_for(need, UM_NEED_GRANT, &s->by);
    return judge_lists(r, s, known, need);
}

/* Makes room for one more pointer. */
static int grow(void **p, size_t n, size_t *cap)
{
    void *bigger;

    if (n < *cap)
        return 0;
    bigger = um_mem_realloc(*p, (n * 2 + 8) * sizeof(void *));
    if (bigger == NULL)
        return P2P_ENOMEM;
    *p = bigger;
    *cap = n * 2 + 8;
    return 0;
}

/* A key that is known from now on; NULL: no memory. */
static struct um_roster_key *know_key(struct um_roster *r,
                                      const struct um_name *name)
{
    bool found;
    size_t i = key_index(r, name, &found);
    struct um_roster_key *k;

    if (found)
        return r->keys[i];
    if (grow((void **)&r->keys, r->keys_n, &r->keys_cap) != 0)
        return NULL;
    k = um_mem_zalloc(sizeof *k);
    if (k == NULL)
        return NULL;
    k->name = *name;
    memmove(r->keys + i + 1, r->keys + i, (r->keys_n - i) * sizeof *r->keys);
    r->keys[i] = k;
    r->keys_n++;
    return k;
}

/* Copies borrowed bytes to *at and points there. */
static const void *move_in(char **at, const void *p, size_t len)
{
    char *here = *at;

    if (len > 0)
        memcpy(here, p, len);
    *at += len;
    return here;
}

static struct um_roster_entry *copy(const struct um_statement *s)
{
    size_t names = (s->keep.n + s->stand.n + s->ids.n) * UM_NAME_BYTES;
    struct um_roster_entry *e = um_mem_zalloc(sizeof *e + names + s->name.len +
                                              s->value.len + s->message.len);
    char *at;

    if (e == NULL)
        return NULL;
    e->s = *s;
    e->level = NONE;
    at = e->bytes;
    e->s.keep.p = move_in(&at, s->keep.p, s->keep.n * UM_NAME_BYTES);
    e->s.stand.p = move_in(&at, s->stand.p, s->stand.n * UM_NAME_BYTES);
    e->s.ids.p = move_in(&at, s->ids.p, s->ids.n * UM_NAME_BYTES);
    e->s.name.p = move_in(&at, s->name.p, s->name.len);
    e->s.value.p = move_in(&at, s->value.p, s->value.len);
    e->s.message.p = move_in(&at, s->message.p, s->message.len);
    return e;
}

/* Puts an accepted statement where it belongs. */
static void link_in(struct um_roster *r, struct um_roster_entry *e,
                    struct um_roster_key *about)
{
    bool found;
    size_t i = entry_index(r, &e->s.id, &found);

    assert(!found && r->entries_n < r->entries_cap);
    memmove(r->entries + i + 1, r->entries + i,
            (r->entries_n - i) * sizeof *r->entries);
    r->entries[i] = e;
    r->entries_n++;
    r->settled = false;
    if (e->s.what == UM_GENESIS)
        r->genesis = e;
    if (about != NULL) {
        e->next = about->about;
        about->about = e;
        if (e->s.what == UM_GENESIS || e->s.what == UM_GRANT)
            about->ever |= e->s.roles;
    }
}

int um_roster_add(struct um_roster *r, const struct um_statement *s,
                  const struct um_known *known, struct um_need *need)
{
    const struct um_name *whom = s->what == UM_GENESIS ? &s->by : &s->key;
    struct um_roster_key *about = NULL;
    const struct um_roster_key *by;
    struct um_roster_entry *e;
    int err;

    need->what = UM_NEED_NOTHING;
    if (find_entry(r, &s->id) != NULL)
        return P2P_EDUP;
    err = judge(r, s, known, need);
    if (err != 0)
        return err;
    by = know_key(r, &s->by);
    if (by == NULL ||
        grow((void **)&r->entries, r->entries_n, &r->entries_cap) != 0)
        return P2P_ENOMEM;
    if (!um_name_none(whom)) {
        about = know_key(r, whom);
        if (about == NULL)
            return P2P_ENOMEM;
    }
    e = copy(s);
    if (e == NULL)
        return P2P_ENOMEM;
    e->by = by;
    link_in(r, e, about);
    return 0;
}

/* ---- answers */

const struct um_statement *um_roster_at(struct um_roster *r, size_t i,
                                        bool *stands)
{
    assert(i < r->entries_n);
    settle(r);
    *stands = r->entries[i]->level != NONE;
    return &r->entries[i]->s;
}

const struct um_statement *um_roster_find(const struct um_roster *r,
                                          const struct um_name *id)
{
    const struct um_roster_entry *e = find_entry(r, id);

    return e != NULL ? &e->s : NULL;
}

bool um_roster_counts(struct um_roster *r, const struct um_name *id)
{
    const struct um_roster_entry *e = find_entry(r, id);
    const struct um_roster_key *k = e != NULL ? find_key(r, &e->s.key) : NULL;

    settle(r);
    if (e == NULL || e->level == NONE)
        return false;
    if (e->s.what == UM_GRANT)
        return k != NULL && (k->now & gives(e)) != 0;
    return e->s.what != UM_REVOKE || (k != NULL && takes(e, k) != 0);
}

const struct um_statement *um_roster_genesis(const struct um_roster *r)
{
    return r->genesis != NULL ? &r->genesis->s : NULL;
}

unsigned um_roster_roles(struct um_roster *r, const struct um_name *key)
{
    const struct um_roster_key *k = find_key(r, key);

    settle(r);
    return k != NULL ? k->now : 0;
}

void um_roster_note(struct um_roster *r)
{
    settle(r);
    for (size_t i = 0; i < r->keys_n; i++)
        r->keys[i]->noted = r->keys[i]->now;
}

bool um_roster_lost(struct um_roster *r, const struct um_name *key)
{
    struct um_roster_key *k = find_key(r, key);

    settle(r);
    if (k == NULL || k->now != 0 || k->noted == 0)
        return false;
    k->noted = 0;
    return true;
}

unsigned um_roster_ever(const struct um_roster *r, const struct um_name *key)
{
    const struct um_roster_key *k = find_key(r, key);

    return k != NULL ? k->ever : 0;
}

size_t um_roster_members(struct um_roster *r)
{
    size_t n = 0;

    settle(r);
    for (size_t i = 0; i < r->keys_n; i++)
        n += (r->keys[i]->now & UM_NODE) != 0;
    return n;
}

const struct um_roster_key *um_roster_key_at(struct um_roster *r, size_t i)
{
    assert(i < r->keys_n);
    settle(r);
    return r->keys[i];
}

/* What is collected by um_roster_keeps(). */
struct keeps {
    const struct um_statement **out;
    size_t cap;
    size_t n;
    uint64_t walk;
};

/* Counts a revocation, once. */
static void collect(struct keeps *c, struct um_roster_entry *e)
{
    if (e->walk == c->walk)
        return;
    e->walk = c->walk;
    if (c->n < c->cap)
        c->out[c->n] = &e->s;
    c->n++;
}

/* The revocations that take roles from a key, but for what they let stand.
 * Returns whether any of the roles was given by what stands. */
static bool collect_takers(struct keeps *c, const struct um_roster_key *k,
                           unsigned roles, const struct um_roster_entry *e)
{
    for (struct um_roster_entry *a = k->about; a != NULL; a = a->next) {
        if ((takes(a, k) & roles) != 0 &&
            (e == NULL || !um_namelist_has(a->s.stand, &e->s.id)))
            collect(c, a);
    }
    return (k->given & roles) != 0;
}

/*
 * Why a key has lost roles: the revocations of them, and if no grant of them
 * stands any more, why those who granted them have lost theirs. It goes up a
 * level each time: writer, owner, root; and the recovery key loses nothing.
 */
static void collect_why(struct keeps *c, const struct um_roster_key *k,
                        unsigned roles)
{
    if (collect_takers(c, k, roles, NULL))
        return;
    for (const struct um_roster_entry *a = k->about; a != NULL; a = a->next) {
        unsigned above =
            (roles & UM_WRITER) != 0 ? UM_ROOT | UM_OWNER : UM_ROOT;

        if (a->s.what != UM_GRANT || (a->s.roles & roles) == 0 ||
            (gives(a) & roles) != 0)
            continue;
        if (!collect_takers(c, a->by, above, a))
            collect_why(c, a->by, above);
    }
}

size_t um_roster_keeps(struct um_roster *r, const struct um_name *key,
                       const struct um_statement **out, size_t cap)
{
    struct keeps c = {out, out != NULL ? cap : 0, 0, ++r->walks};
    const struct um_roster_key *k = find_key(r, key);

    settle(r);
    if (k != NULL && (k->ever & UM_WRITER) != 0)
        collect_why(&c, k, UM_WRITER);
    return c.n;
}

bool um_roster_voids(struct um_roster *r, const struct um_name *revision)
{
    if (r->genesis == NULL || um_name_eq(&r->genesis->s.first, revision))
        return false;
    settle(r);
    for (size_t i = 0; i < r->entries_n; i++) {
        const struct um_roster_entry *e = r->entries[i];

        if (e->s.what == UM_VOID && e->level != NONE &&
            um_namelist_has(e->s.ids, revision))
            return true;
    }
    return false;
}

/* The SET that counts of those that stand on a level, or above it. */
static const struct um_statement *value(struct um_roster *r,
                                        const struct um_name *key,
                                        struct um_str name, uint8_t level)
{
    static const struct um_name mesh;
    const struct um_name *whose = key != NULL ? key : &mesh;
    const struct um_statement *best = NULL;

    assert(level < NONE);
    settle(r);
    /* Entries ascend by id: of equal numbers the later one has the higher. */
    for (size_t i = 0; i < r->entries_n; i++) {
        const struct um_roster_entry *e = r->entries[i];

        if (e->s.what == UM_SET && e->level <= level &&
            um_name_eq(&e->s.key, whose) && um_str_eq(e->s.name, name) &&
            (best == NULL || e->s.seq >= best->seq))
            best = &e->s;
    }
    return best != NULL && best->value.len > 0 ? best : NULL;
}

const struct um_statement *um_roster_value(struct um_roster *r,
                                           const struct um_name *key,
                                           struct um_str name)
{
    return value(r, key, name, OWNER);
}

const struct um_statement *um_roster_root_value(struct um_roster *r,
                                                const struct um_name *key,
                                                struct um_str name)
{
    return value(r, key, name, ROOT);
}

int um_accept_revision(const struct um_roster *r, const struct um_known *known,
                       const struct um_revision *rev, struct um_need *need)
{
    uint64_t highest = 0;

    need->what = UM_NEED_NOTHING;
    if (r->genesis == NULL)
        return wait_for(need, UM_NEED_GENESIS, &r->mesh);
    if (rev->parents_n == 0)
        return um_name_eq(&rev->id, &r->genesis->s.first) &&
                       um_name_eq(&rev->by, &r->genesis->s.by)
                   ? 0
                   : P2P_EPROTO;
    if (!um_name_eq(&rev->mesh, &r->mesh))
        return P2P_EPEER;
    for (size_t i = 0; i < rev->parents_n; i++) {
        uint64_t number = known->number(known->user, &rev->parents[i]);

        if (number == 0)
            return wait_for(need, UM_NEED_REVISION, &rev->parents[i]);
        highest = number > highest ? number : highest;
    }
    if (rev->number != highest + 1)
        return P2P_EPROTO;
    if ((um_roster_ever(r, &rev->by) & UM_WRITER) == 0)
        return wait_for(need, UM_NEED_GRANT, &rev->by);
    return 0;
}

int um_accept_fact(const struct um_roster *r, const struct um_known *known,
                   const struct um_fact *fact, struct um_need *need)
{
    need->what = UM_NEED_NOTHING;
    if (r->genesis == NULL)
        return wait_for(need, UM_NEED_GENESIS, &r->mesh);
    if (!um_name_eq(&fact->mesh, &r->mesh))
        return P2P_EPEER;
    if (known->number(known->user, &fact->revision) == 0)
        return wait_for(need, UM_NEED_REVISION, &fact->revision);
    if ((um_roster_ever(r, &fact->by) & UM_WRITER) == 0)
        return wait_for(need, UM_NEED_GRANT, &fact->by);
    return 0;
}
