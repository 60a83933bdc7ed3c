/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See scratch.h. What is no object where one belongs stays, for Unit to refuse
 * it; so do "processes" that it would not take.
 */
#include "mesh/applier/scratch.h"

#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

/* Where listeners are. */
struct place {
    const char *folder;
    unsigned turn;
};

static bool is_object(const struct um_val *v)
{
    return v->kind == UM_VAL_OBJECT;
}

/* A copy of an object with room for one member more. */
static bool copy_members(struct um_arena *a, struct um_val *v)
{
    struct um_member *list = um_arena_zalloc(a, v->count + 1, sizeof *list);

    if (list != NULL && v->count > 0)
        memcpy(list, v->members.p, v->count * sizeof *list);
    v->members.p = list;
    return list != NULL;
}

/* The place of a member; behind the last: it is not there. */
static size_t place_of(const struct um_val *v, struct um_str name)
{
    size_t i = 0;

    while (i < v->count && !um_str_eq(v->members.p[i].name, name))
        i++;
    return i;
}

static bool is_count(const struct um_val *v, int64_t least)
{
    return v->kind == UM_VAL_NUMBER && um_str_decimal(v->text) >= least;
}

static struct um_val number(const char *text)
{
    return (struct um_val){.kind = UM_VAL_NUMBER, .text = um_str(text)};
}

/* As many processes as there are to be, and none before it is asked for. */
static bool rest(struct um_arena *a, struct um_val *processes)
{
    struct um_val none = {.kind = UM_VAL_OBJECT};
    size_t i;

    if (is_object(processes)) {
        i = place_of(processes, UM_STR("spare"));
        if (i == processes->count ||
            !is_count(&processes->members.p[i].value, 0))
            return true;
        if (!copy_members(a, processes))
            return false;
        processes->members.p[i].value = number("0");
        return true;
    }
    if (!is_count(processes, 1))
        return true;
    none.members.p = um_arena_zalloc(a, 2, sizeof *none.members.p);
    if (none.members.p == NULL)
        return false;
    none.members.p[0] = (struct um_member){UM_STR("max"), *processes};
    none.members.p[1] = (struct um_member){UM_STR("spare"), number("0")};
    none.count = 2;
    *processes = none;
    return true;
}

static bool change_application(struct um_arena *a, struct um_val *app)
{
    const struct um_str name = UM_STR("processes");
    size_t i;

    if (!is_object(app))
        return true;
    i = place_of(app, name);
    if (!copy_members(a, app))
        return false;
    if (i == app->count)
        app->members.p[app->count++] = (struct um_member){name, number("1")};
    return rest(a, &app->members.p[i].value);
}

static bool change_applications(struct um_arena *a, struct um_val *all,
                                const struct place *place)
{
    bool ok = copy_members(a, all);

    (void)place;
    for (size_t i = 0; ok && i < all->count; i++)
        ok = change_application(a, &all->members.p[i].value);
    return ok;
}

static bool change_listeners(struct um_arena *a, struct um_val *all,
                             const struct place *place)
{
    bool ok = copy_members(a, all);

    for (size_t i = 0; ok && i < all->count; i++) {
        struct um_buf name = UM_BUF_INIT;

        um_buf_fmt(&name, "unix:%s/%u-%zu.sock", place->folder, place->turn, i);
        ok = !um_buf_failed(&name) &&
             um_arena_dup(a, um_buf_view(&name), &all->members.p[i].name);
        um_buf_fini(&name);
    }
    return ok;
}

static const struct part {
    struct um_str name;
    bool (*change)(struct um_arena *a, struct um_val *all,
                   const struct place *place);
} parts[] = {
    {UM_STR_INIT("listeners"), change_listeners},
    {UM_STR_INIT("applications"), change_applications},
};

int um_scratch_config(struct um_str config, const char *folder, unsigned turn,
                      struct um_buf *out)
{
    const struct place place = {folder, turn};
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v;
    int rv = um_doc_parse(config, &a, &v, NULL);
    bool ok = rv != 0 || !is_object(&v) || copy_members(&a, &v);

    for (size_t k = 0; rv == 0 && ok && k < sizeof parts / sizeof *parts; k++) {
        size_t i = is_object(&v) ? place_of(&v, parts[k].name) : v.count;

        if (is_object(&v) && i < v.count && is_object(&v.members.p[i].value))
            ok = parts[k].change(&a, &v.members.p[i].value, &place);
    }
    if (!ok)
        rv = P2P_ENOMEM;
    if (rv == 0)
        rv = um_doc_print(out, &v);
    um_arena_fini(&a);
    return rv;
}
