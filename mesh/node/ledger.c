/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See ledger.h. A change is made in memory, and a job with the same change goes
 * into the disk's row; jobs are in the order of the changes, so the store comes
 * to what the memory is. A job knows all that it writes by itself, and outlives
 * the ledger: the disk writes it even so. If it fails, the change is undone.
 */
#include "mesh/node/ledger.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/store/invites.h"
#include "mesh/trust/row.h"
#include "p2p/err.h"

/* An invitation; what is shown of it has no key. */
struct ticket {
    struct um_invite shown;
    uint8_t key[UM_INVITE_KEY_BYTES];
};

/* A key that waits. */
struct guest {
    struct um_pending shown;
    bool coded;
    char name[UM__CAP_ROW_NAME_BYTES];
};

struct um_ledger {
    struct um_disk *disk;
    const struct um_log *log;
    struct ticket tickets[UM__CAP_STORE_INVITES];
    size_t tickets_n;
    struct guest *guests[UM__CAP_STORE_PENDING];
    size_t guests_n;
    uint64_t places;
    struct change *changes; /* in the disk's row */
};

/* What a change does. */
enum change_what { ADD, DROP, WRITE, SETTLE };

/* A change on its way to the disk. */
struct change {
    struct change *next;
    struct um_ledger *l; /* NULL: it was freed */
    enum change_what what;
    bool coded;     /* WRITE: a use */
    bool waits;     /* WRITE: a key */
    bool cancelled; /* WRITE: set before its batch begins, if at all */
    struct um_invite invite;
    struct um_name key;
    uint64_t wall_ms;
    size_t name_len;
    char name[UM__CAP_ROW_NAME_BYTES];
    struct um_ledger_ear ear;
};

static size_t find_ticket(const struct um_ledger *l,
                          const uint8_t id[UM_INVITE_ID_BYTES])
{
    size_t i = 0;

    while (i < l->tickets_n &&
           memcmp(l->tickets[i].shown.id, id, UM_INVITE_ID_BYTES) != 0)
        i++;
    return i;
}

static size_t find_guest(const struct um_ledger *l, const struct um_name *key)
{
    size_t i = 0;

    while (i < l->guests_n && !um_name_eq(&l->guests[i]->shown.key, key))
        i++;
    return i;
}

static void put_ticket(struct um_ledger *l, const struct um_invite *invite)
{
    struct ticket *t = &l->tickets[l->tickets_n++];

    assert(l->tickets_n <= UM__CAP_STORE_INVITES);
    t->shown = *invite;
    memcpy(t->key, invite->key, sizeof t->key);
    um_mem_wipe(t->shown.key, sizeof t->shown.key);
}

static void remove_ticket(struct um_ledger *l, size_t i)
{
    l->tickets_n--;
    memmove(&l->tickets[i], &l->tickets[i + 1],
            (l->tickets_n - i) * sizeof l->tickets[0]);
    um_mem_wipe(&l->tickets[l->tickets_n], sizeof l->tickets[0]);
}

static int put_guest(struct um_ledger *l, const struct um_pending *p,
                     bool coded)
{
    struct guest *g = um_mem_zalloc(sizeof *g);

    assert(l->guests_n < UM__CAP_STORE_PENDING);
    assert(p->name.len <= sizeof g->name);
    if (g == NULL)
        return P2P_ENOMEM;
    g->shown = *p;
    g->shown.place = ++l->places;
    if (p->name.len > 0)
        memcpy(g->name, p->name.p, p->name.len);
    g->shown.name = um_str_n(g->name, p->name.len);
    g->coded = coded;
    l->guests[l->guests_n++] = g;
    return 0;
}

static void remove_guest(struct um_ledger *l, size_t i)
{
    um_mem_free(l->guests[i]);
    l->guests_n--;
    memmove(&l->guests[i], &l->guests[i + 1],
            (l->guests_n - i) * sizeof(struct guest *));
}

static int read_tickets(struct um_ledger *l, struct um_store *s)
{
    struct um_invite invite = {.uses = 0};
    int rv;

    while ((rv = um_invites_next(s, invite.id, &invite)) == 1 &&
           l->tickets_n < UM__CAP_STORE_INVITES)
        put_ticket(l, &invite);
    um_mem_wipe(&invite, sizeof invite);
    return rv == 1 ? P2P_ELIMIT : rv;
}

static int read_guests(struct um_ledger *l, struct um_store *s)
{
    struct um_pending p = {.place = 0};
    int rv = 0;
    int err = 0;

    while (err == 0 && (rv = um_pending_next(s, p.place, &p)) == 1)
        err = l->guests_n < UM__CAP_STORE_PENDING ? put_guest(l, &p, false)
                                                  : P2P_ELIMIT;
    return err != 0 ? err : rv;
}

struct um_ledger *um_ledger_new(struct um_disk *disk, const struct um_log *log)
{
    struct um_ledger *l = um_mem_zalloc(sizeof *l);
    struct um_store *s;
    int err;

    if (l == NULL)
        return NULL;
    l->disk = disk;
    l->log = log;
    s = um_disk_lock(disk);
    err = read_tickets(l, s);
    if (err == 0)
        err = read_guests(l, s);
    um_disk_unlock(disk);
    if (err == 0)
        return l;
    um_log_line(log, UM_LOG_ERROR,
                "invitations and pending members cannot be read: %s",
                p2p_err_text(err));
    um_ledger_free(l);
    return NULL;
}

void um_ledger_free(struct um_ledger *l)
{
    struct change *c;

    if (l == NULL)
        return;
    while ((c = l->changes) != NULL) {
        um_ledger_done *done = c->ear.done;

        l->changes = c->next;
        c->l = NULL;
        c->ear.done = NULL;
        if (done != NULL)
            done(c->ear.user, P2P_ECLOSED);
    }
    while (l->guests_n > 0)
        remove_guest(l, l->guests_n - 1);
    um_mem_wipe(l->tickets, sizeof l->tickets);
    um_mem_free(l);
}

/* In the worker: what a change is on the disk. */
static int write_change(void *arg, struct um_store *s)
{
    const struct change *c = arg;
    const struct um_pending p = {.at_ms = c->wall_ms,
                                 .key = c->key,
                                 .name = um_str_n(c->name, c->name_len)};
    int err = 0;

    switch (c->what) {
        case ADD:
            return um_invites_add(s, &c->invite, c->wall_ms);
        case DROP:
            return um_invites_drop(s, c->invite.id);
        case SETTLE:
            return um_pending_drop(s, &c->key);
        case WRITE:
            break;
    }
    if (c->cancelled)
        return 0;
    if (c->coded)
        err = um_invites_take(s, c->invite.id, c->wall_ms);
    return err == 0 && c->waits ? um_pending_put(s, &p) : err;
}

/* Makes a change in memory not to have been; what is gone since stays so. */
static void undo(struct um_ledger *l, const struct change *c)
{
    size_t t = find_ticket(l, c->invite.id);
    size_t g = find_guest(l, &c->key);

    if (c->what == ADD && t < l->tickets_n)
        remove_ticket(l, t);
    if (c->what != WRITE)
        return;
    if (c->coded && t < l->tickets_n && l->tickets[t].shown.used > 0)
        l->tickets[t].shown.used--;
    if (c->waits && g < l->guests_n)
        remove_guest(l, g);
}

static void forget_change(struct change *c)
{
    if (c->l != NULL) {
        struct change **at = &c->l->changes;

        while (*at != c)
            at = &(*at)->next;
        *at = c->next;
    }
    um_mem_wipe(&c->invite, sizeof c->invite);
    um_mem_free(c);
}

/* On the loop: a change was written, or not. */
static void on_written(void *arg, int err)
{
    struct change *c = arg;
    struct um_ledger_ear ear = c->ear;

    if (err != 0 && c->l != NULL && !c->cancelled) {
        um_log_line(c->l->log, UM_LOG_ERROR,
                    "a change of invitations or pending members could not be "
                    "written: %s",
                    p2p_err_text(err));
        undo(c->l, c);
    }
    forget_change(c);
    if (ear.done != NULL)
        ear.done(ear.user, err);
}

/* A change, not in the row yet. NULL: no memory. */
static struct change *change_new(struct um_ledger *l, enum change_what what)
{
    struct change *c = um_mem_zalloc(sizeof *c);

    if (c == NULL)
        return NULL;
    c->l = l;
    c->what = what;
    c->next = l->changes;
    l->changes = c;
    return c;
}

/* Puts it into the row, or undoes it. */
static int send(struct um_ledger *l, struct change *c)
{
    struct um_disk_job job = {
        .write = write_change, .done = on_written, .arg = c};
    int err = um_disk_write(l->disk, &job);

    if (err != 0) {
        undo(l, c);
        forget_change(c);
    }
    return err;
}

const struct um_invite *um_ledger_invite_at(const struct um_ledger *l, size_t i)
{
    return i < l->tickets_n ? &l->tickets[i].shown : NULL;
}

bool um_ledger_invite(const struct um_ledger *l,
                      const uint8_t id[UM_INVITE_ID_BYTES],
                      struct um_invite *out)
{
    size_t i = find_ticket(l, id);

    if (i == l->tickets_n)
        return false;
    *out = l->tickets[i].shown;
    memcpy(out->key, l->tickets[i].key, sizeof out->key);
    return true;
}

/* Forgets what nobody can use any more, as the store does when it is full. */
static void trim(struct um_ledger *l, uint64_t wall_ms)
{
    for (size_t i = l->tickets_n; i > 0; i--) {
        const struct um_invite *inv = &l->tickets[i - 1].shown;

        if (inv->used >= inv->uses ||
            (inv->expires_ms > 0 && inv->expires_ms <= wall_ms))
            remove_ticket(l, i - 1);
    }
}

int um_ledger_add(struct um_ledger *l, const struct um_invite *invite,
                  uint64_t wall_ms, struct um_ledger_ear ear)
{
    struct change *c;
    int err;

    if (find_ticket(l, invite->id) < l->tickets_n)
        return P2P_EEXIST;
    if (um_disk_trouble(l->disk) != NULL)
        return P2P_EIO; /* who asks would wait until there is room */
    if (l->tickets_n == UM__CAP_STORE_INVITES)
        trim(l, wall_ms);
    if (l->tickets_n == UM__CAP_STORE_INVITES)
        return P2P_ELIMIT;
    c = change_new(l, ADD);
    if (c == NULL)
        return P2P_ENOMEM;
    c->invite = *invite;
    c->wall_ms = wall_ms;
    c->ear = ear;
    err = send(l, c);
    if (err == 0)
        put_ticket(l, invite);
    return err;
}

int um_ledger_drop(struct um_ledger *l, const uint8_t id[UM_INVITE_ID_BYTES])
{
    size_t i = find_ticket(l, id);
    struct change *c;
    int err;

    if (i == l->tickets_n)
        return P2P_ENOTFOUND;
    c = change_new(l, DROP);
    if (c == NULL)
        return P2P_ENOMEM;
    memcpy(c->invite.id, l->tickets[i].shown.id, sizeof c->invite.id);
    err = send(l, c);
    if (err == 0)
        remove_ticket(l, i);
    return err;
}

/* Makes an entry in memory. */
static int enter(struct um_ledger *l, const struct um_ledger_entry *e)
{
    const struct um_pending p = {
        .at_ms = e->wall_ms,
        .key = e->key != NULL ? *e->key : (struct um_name){{0}},
        .name = e->name};
    struct um_invite *inv = NULL;
    int err = 0;

    if (e->id != NULL) {
        size_t i = find_ticket(l, e->id);

        if (i == l->tickets_n)
            return P2P_ENOTFOUND;
        inv = &l->tickets[i].shown;
        err = um_invite_take(inv, e->wall_ms);
    }
    if (err != 0 || e->key == NULL)
        return err;
    err = l->guests_n < UM__CAP_STORE_PENDING ? put_guest(l, &p, inv != NULL)
                                              : P2P_EAGAIN;
    if (err != 0 && inv != NULL)
        inv->used--;
    return err;
}

/* A change for an entry. NULL: no memory. */
static struct change *change_of(struct um_ledger *l,
                                const struct um_ledger_entry *e,
                                struct um_ledger_ear ear)
{
    struct change *c = change_new(l, WRITE);

    if (c == NULL)
        return NULL;
    c->coded = e->id != NULL;
    c->waits = e->key != NULL;
    if (c->coded)
        memcpy(c->invite.id, e->id, sizeof c->invite.id);
    if (c->waits)
        c->key = *e->key;
    if (e->name.len > 0)
        memcpy(c->name, e->name.p, e->name.len);
    c->name_len = e->name.len;
    c->wall_ms = e->wall_ms;
    c->ear = ear;
    return c;
}

int um_ledger_write(struct um_ledger *l, const struct um_ledger_entry *e,
                    struct um_ledger_ear ear)
{
    struct change *c;
    int err;

    if (e->name.len > UM__CAP_ROW_NAME_BYTES)
        return P2P_ETOOBIG;
    c = change_of(l, e, ear);
    if (c == NULL)
        return P2P_ENOMEM;
    err = enter(l, e);
    if (err != 0) {
        forget_change(c);
        return err;
    }
    err = send(l, c);
    if (err != 0 || e->after == NULL)
        return err;
    err = e->after(ear.user);
    if (err != 0) {
        undo(l, c);
        c->cancelled = true;
        c->ear.done = NULL;
    }
    return err;
}

const struct um_pending *um_ledger_pending_at(const struct um_ledger *l,
                                              size_t i)
{
    return i < l->guests_n ? &l->guests[i]->shown : NULL;
}

bool um_ledger_waits(const struct um_ledger *l, const struct um_name *key)
{
    return find_guest(l, key) < l->guests_n;
}

size_t um_ledger_waiting(const struct um_ledger *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->guests_n; i++)
        n += l->guests[i]->coded ? 0 : 1;
    return n;
}

int um_ledger_settle(struct um_ledger *l, const struct um_name *key)
{
    size_t i = find_guest(l, key);
    struct change *c;
    int err;

    if (i == l->guests_n)
        return P2P_ENOTFOUND;
    c = change_new(l, SETTLE);
    if (c == NULL)
        return P2P_ENOMEM;
    c->key = *key;
    err = send(l, c);
    if (err == 0)
        remove_guest(l, i);
    return err;
}
