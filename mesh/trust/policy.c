/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The policy's file. Happy path: parse, then each member of each object by a
 * table: its name, how it is read, where it goes. Failure modes: a member that
 * is not known or not what it should be, with its pointer and its place in the
 * file; a list that is too long; no memory.
 */
#include "mesh/trust/policy.h"

#include <assert.h>

#include "mesh/doc/locate.h"
#include "mesh/doc/parse.h"
#include "mesh/trust/folder.h"
#include "p2p/err.h"

struct reader {
    struct um_arena *arena;
    struct um_policy *policy;
    /* The mistake, if there is one. */
    const char *text;
    struct um_str pointer;
};

/* Reads v into what is at to. */
typedef int read_fn(struct reader *r, const struct um_place *at,
                    const struct um_val *v, void *to);

/* A member of an object of the file; a table ends with one without a name. */
struct field {
    struct um_str name;
    read_fn *read;
    size_t offset; /* in struct um_policy, or in what is read */
};

static int fail(struct reader *r, const struct um_place *at, int rc,
                const char *text)
{
    struct um_buf pointer = UM_BUF_INIT;
    bool ok;

    um_place_point(&pointer, at);
    ok = !um_buf_failed(&pointer) &&
         um_arena_dup(r->arena, um_buf_view(&pointer), &r->pointer);
    um_buf_fini(&pointer);
    r->text = text;
    return ok ? rc : P2P_ENOMEM;
}

static int wrong(struct reader *r, const struct um_place *at, const char *text)
{
    return fail(r, at, P2P_EFORMAT, text);
}

/* The members of an object, by a table; offsets are those from to. */
static int read_object(struct reader *r, const struct um_place *at,
                       const struct um_val *v, const struct field *table,
                       void *to)
{
    if (v->kind != UM_VAL_OBJECT)
        return wrong(r, at, "An object is expected here.");
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place here = um_place_member(at, m->name);
        const struct field *f = table;
        int rc;

        while (f->name.p != NULL && !um_str_eq(f->name, m->name))
            f++;
        if (f->name.p == NULL)
            return wrong(r, &here, "A policy has no such member.");
        rc = f->read(r, &here, &m->value, (char *)to + f->offset);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int read_array(struct reader *r, const struct um_place *at,
                      const struct um_val *v)
{
    if (v->kind != UM_VAL_ARRAY)
        return wrong(r, at, "An array is expected here.");
    if (v->count > UM__CAP_POLICY_ENTRIES)
        return fail(r, at, P2P_ELIMIT, "The list is too long.");
    return 0;
}

/* A boolean that refuses when it is false. */
static int read_permission(struct reader *r, const struct um_place *at,
                           const struct um_val *v, void *to)
{
    if (v->kind != UM_VAL_BOOL)
        return wrong(r, at, "It is true or false.");
    *(bool *)to = v->count == 0;
    return 0;
}

static int read_number(struct reader *r, const struct um_place *at,
                       const struct um_val *v, void *to)
{
    if (v->kind != UM_VAL_NUMBER || um_str_decimal(v->text) < 0)
        return wrong(r, at, "A number is expected here, digits only.");
    *(const struct um_val **)to = v;
    return 0;
}

/* A string that is not empty and has no zero byte. */
static int check_string(struct reader *r, const struct um_place *at,
                        const struct um_val *v)
{
    if (v->kind != UM_VAL_STRING || v->text.len == 0 ||
        um_str_has(v->text, '\0'))
        return wrong(r, at, "A string is expected here, and not an empty one.");
    return 0;
}

static int read_strings(struct reader *r, const struct um_place *at,
                        const struct um_val *v, void *to)
{
    int rc = read_array(r, at, v);

    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_place here = um_place_element(at, i);

        rc = check_string(r, &here, &v->items.p[i]);
    }
    if (rc == 0)
        *(const struct um_val **)to = v;
    return rc;
}

static int read_names(struct reader *r, const struct um_place *at,
                      const struct um_val *v, void *to)
{
    static const struct field table[] = {
        {UM_STR_INIT("only"), read_strings,
         offsetof(struct um_policy_names, only)},
        {UM_STR_INIT("not"), read_strings,
         offsetof(struct um_policy_names, not )},
        {{NULL, 0}, NULL, 0},
    };

    return read_object(r, at, v, table, to);
}

static int read_range(struct reader *r, const struct um_place *at,
                      const struct um_val *v, void *to)
{
    int rc = check_string(r, at, v);

    if (rc != 0)
        return rc;
    rc = um_range_parse(r->arena, v->text, to);
    if (rc == P2P_EFORMAT)
        return wrong(r, at,
                     "An address is \"IP:PORT\", \"IP/BITS:FIRST-LAST\", "
                     "\"[IPv6]:PORT\" with \"*\" for any, or \"unix:PATH\", "
                     "\"unix:FOLDER/\", \"unix:@NAME\".");
    return rc;
}

/* What a list is of. */
struct kind {
    size_t size;
    int (*read)(struct reader *r, const struct um_place *at,
                const struct um_val *v, void *to);
};

/* Reads an array into a new list. */
static int read_list(struct reader *r, const struct um_place *at,
                     const struct um_val *v, const struct kind *of, void **list)
{
    char *p;
    int rc = read_array(r, at, v);

    if (rc != 0)
        return rc;
    p = um_arena_zalloc(r->arena, v->count, of->size);
    if (p == NULL)
        return P2P_ENOMEM;
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_place here = um_place_element(at, i);

        rc = of->read(r, &here, &v->items.p[i], p + i * of->size);
    }
    *list = p;
    return rc;
}

static int read_range_list(struct reader *r, const struct um_place *at,
                           const struct um_val *v, const struct um_range **list)
{
    static const struct kind ranges = {sizeof(struct um_range), read_range};
    void *p = NULL;
    int rc = read_list(r, at, v, &ranges, &p);

    if (p != NULL)
        *list = p;
    return rc;
}

static int read_only_ranges(struct reader *r, const struct um_place *at,
                            const struct um_val *v, void *to)
{
    struct um_policy_ranges *out = to;

    out->only_said = true;
    out->only_count = v->count;
    return read_range_list(r, at, v, &out->only);
}

static int read_not_ranges(struct reader *r, const struct um_place *at,
                           const struct um_val *v, void *to)
{
    struct um_policy_ranges *out = to;

    out->not_count = v->count;
    return read_range_list(r, at, v, &out->not );
}

static int read_ranges(struct reader *r, const struct um_place *at,
                       const struct um_val *v, void *to)
{
    static const struct field table[] = {
        {UM_STR_INIT("only"), read_only_ranges, 0},
        {UM_STR_INIT("not"), read_not_ranges, 0},
        {{NULL, 0}, NULL, 0},
    };

    return read_object(r, at, v, table, to);
}

static int read_folder(struct reader *r, const struct um_place *at,
                       const struct um_val *v, void *to)
{
    int rc = check_string(r, at, v);
    char *room;

    if (rc != 0)
        return rc;
    room = um_arena_alloc(r->arena, v->text.len);
    if (room == NULL)
        return P2P_ENOMEM;
    if (um_folder_clean(v->text, room, to) != UM_FOLDER_FINE)
        return wrong(r, at,
                     "A folder is a path that begins with a slash and has no "
                     "\"..\".");
    return 0;
}

static int read_folders(struct reader *r, const struct um_place *at,
                        const struct um_val *v, void *to)
{
    static const struct kind folders = {sizeof(struct um_str), read_folder};
    struct um_policy_folders *out = to;
    void *p = NULL;
    int rc = read_list(r, at, v, &folders, &p);

    if (p != NULL)
        *out = (struct um_policy_folders){p, v->count, true};
    return rc;
}

static int read_commands(struct reader *r, const struct um_place *at,
                         const struct um_val *v, void *to)
{
    int rc = read_array(r, at, v);

    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_place here = um_place_element(at, i);
        const struct um_val *one;

        rc = read_strings(r, &here, &v->items.p[i], &one);
        if (rc == 0 && one->count == 0)
            rc = wrong(r, &here, "A command names a program.");
    }
    *(const struct um_val **)to = v;
    return rc;
}

/* One more pointer. */
static int add_pointer(struct reader *r, const struct um_place *at,
                       struct um_str text, enum um_policy_rule rule,
                       const struct um_val *value)
{
    struct um_policy *p = r->policy;
    struct um_policy_pointer *to;
    int rc;

    if (p->pointer_count == UM__CAP_POLICY_POINTERS)
        return fail(r, at, P2P_ELIMIT, "The policy has too many pointers.");
    if (p->pointer == NULL)
        p->pointer = um_arena_zalloc(r->arena, UM__CAP_POLICY_POINTERS,
                                     sizeof(*p->pointer));
    if (p->pointer == NULL)
        return P2P_ENOMEM;
    to = &p->pointer[p->pointer_count];
    *to = (struct um_policy_pointer){.rule = rule, .value = value};
    rc = um_pattern_parse(r->arena, text, &to->pattern);
    if (rc == P2P_EFORMAT)
        return wrong(r, at, "A JSON pointer is expected here.");
    if (rc == P2P_ELIMIT)
        return fail(r, at, rc, "The pointer has too many segments.");
    p->pointer_count += rc == 0;
    return rc;
}

static int read_pointer_list(struct reader *r, const struct um_place *at,
                             const struct um_val *v, enum um_policy_rule rule)
{
    int rc = read_array(r, at, v);

    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_place here = um_place_element(at, i);

        rc = check_string(r, &here, &v->items.p[i]);
        if (rc == 0)
            rc = add_pointer(r, &here, v->items.p[i].text, rule, NULL);
    }
    return rc;
}

static int read_only_pointers(struct reader *r, const struct um_place *at,
                              const struct um_val *v, void *to)
{
    (void)to;
    r->policy->only_said = true;
    return read_pointer_list(r, at, v, UM_POLICY_ONLY);
}

static int read_not_pointers(struct reader *r, const struct um_place *at,
                             const struct um_val *v, void *to)
{
    (void)to;
    return read_pointer_list(r, at, v, UM_POLICY_NOT);
}

static int read_pointers(struct reader *r, const struct um_place *at,
                         const struct um_val *v, void *to)
{
    static const struct field table[] = {
        {UM_STR_INIT("only"), read_only_pointers, 0},
        {UM_STR_INIT("not"), read_not_pointers, 0},
        {{NULL, 0}, NULL, 0},
    };

    return read_object(r, at, v, table, to);
}

static int read_most(struct reader *r, const struct um_place *at,
                     const struct um_val *v, void *to)
{
    int rc = 0;

    (void)to;
    if (v->kind != UM_VAL_OBJECT)
        return wrong(r, at, "An object is expected here.");
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place here = um_place_member(at, m->name);
        const struct um_val *value;

        rc = read_number(r, &here, &m->value, &value);
        if (rc == 0)
            rc = add_pointer(r, &here, m->name, UM_POLICY_MOST, value);
    }
    return rc;
}

static int read_must(struct reader *r, const struct um_place *at,
                     const struct um_val *v, void *to)
{
    int rc = 0;

    (void)to;
    if (v->kind != UM_VAL_OBJECT)
        return wrong(r, at, "An object is expected here.");
    for (size_t i = 0; rc == 0 && i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];
        const struct um_place here = um_place_member(at, m->name);

        rc = add_pointer(r, &here, m->name, UM_POLICY_MUST, &m->value);
        if (rc == 0 &&
            r->policy->pointer[r->policy->pointer_count - 1].pattern.deep != 0)
            rc = wrong(r, &here, "\"**\" cannot be required.");
    }
    return rc;
}

#define TO(member) offsetof(struct um_policy, member)

static int read_sizes(struct reader *r, const struct um_place *at,
                      const struct um_val *v, void *to)
{
    static const struct field table[] = {
        {UM_STR_INIT("bytes"), read_number, TO(bytes)},
        {UM_STR_INIT("members"), read_number, TO(members)},
        {UM_STR_INIT("depth"), read_number, TO(depth)},
        {{NULL, 0}, NULL, 0},
    };

    return read_object(r, at, v, table, to);
}

static int read_applications(struct reader *r, const struct um_place *at,
                             const struct um_val *v, void *to)
{
    static const struct field table[] = {
        {UM_STR_INIT("types"), read_names, TO(types)},
        {UM_STR_INIT("users"), read_names, TO(users)},
        {UM_STR_INIT("groups"), read_names, TO(groups)},
        {UM_STR_INIT("processes"), read_number, TO(processes)},
        {UM_STR_INIT("commands"), read_commands, TO(commands)},
        {UM_STR_INIT("modules"), read_names, TO(modules)},
        {UM_STR_INIT("environment"), read_names, TO(environment)},
        {UM_STR_INIT("php_options"), read_names, TO(php_options)},
        {UM_STR_INIT("java_options"), read_names, TO(java_options)},
        {{NULL, 0}, NULL, 0},
    };

    return read_object(r, at, v, table, to);
}

static int read_paths(struct reader *r, const struct um_place *at,
                      const struct um_val *v, void *to)
{
    static const struct field table[] = {
        {UM_STR_INIT("programs"), read_folders, TO(programs)},
        {UM_STR_INIT("files"), read_folders, TO(files)},
        {UM_STR_INIT("written"), read_folders, TO(written)},
        {UM_STR_INIT("roots"), read_folders, TO(roots)},
        {UM_STR_INIT("cgroups"), read_folders, TO(cgroups)},
        {{NULL, 0}, NULL, 0},
    };

    return read_object(r, at, v, table, to);
}

/* What is written may not be run: a log of chosen text is a program. */
static int check_apart(struct reader *r)
{
    const struct um_policy_folders *run = &r->policy->programs;
    const struct um_policy_folders *written = &r->policy->written;
    const struct um_place paths = um_place_member(NULL, UM_STR("paths"));
    const struct um_place list = um_place_member(&paths, UM_STR("written"));

    for (size_t i = 0; i < written->count; i++) {
        const struct um_place here = um_place_element(&list, i);

        for (size_t k = 0; k < run->count; k++) {
            if (um_folder_holds(run->folder[k], written->folder[i]) ||
                um_folder_holds(written->folder[i], run->folder[k]))
                return wrong(r, &here,
                             "What is written there could be run: it is in a "
                             "folder of programs, or has one in it.");
        }
    }
    return 0;
}

static int read_policy(struct reader *r, const struct um_val *v)
{
    static const struct field table[] = {
        {UM_STR_INIT("unknown"), read_permission, TO(refuses_unknown)},
        {UM_STR_INIT("sizes"), read_sizes, 0},
        {UM_STR_INIT("pointers"), read_pointers, 0},
        {UM_STR_INIT("most"), read_most, 0},
        {UM_STR_INIT("require"), read_must, 0},
        {UM_STR_INIT("applications"), read_applications, 0},
        {UM_STR_INIT("paths"), read_paths, 0},
        {UM_STR_INIT("links"), read_permission, TO(refuses_links)},
        {UM_STR_INIT("listeners"), read_ranges, TO(listeners)},
        {UM_STR_INIT("targets"), read_ranges, TO(targets)},
        {UM_STR_INIT("tls_commands"), read_names, TO(tls_commands)},
        {UM_STR_INIT("scripts"), read_names, TO(scripts)},
        {UM_STR_INIT("templates"), read_permission, TO(refuses_templates)},
        {{NULL, 0}, NULL, 0},
    };

    int rc = read_object(r, NULL, v, table, r->policy);

    return rc == 0 ? check_apart(r) : rc;
}

void um_policy_default(struct um_policy *out)
{
    *out = (struct um_policy){.refuses_unknown = false};
}

/* Says what read_policy found, and where that is in the file. */
static int report(const struct reader *r, int rc, struct um_str text,
                  struct um_doc_error *err)
{
    struct um_doc_error mine;

    if (rc == P2P_ENOMEM || err == NULL)
        return rc;
    um_doc_error_at(&mine, r->text, r->pointer);
    if (um_doc_locate(text, r->arena, &mine) != 0)
        return P2P_ENOMEM;
    assert(mine.has_place);
    *err = mine;
    return rc;
}

int um_policy_parse(struct um_arena *a, struct um_str text,
                    struct um_policy *out, struct um_doc_error *err)
{
    struct reader r = {.arena = a, .policy = out};
    struct um_val v;
    int rc;

    um_policy_default(out);
    out->refuses_all = true; /* until it is read */
    if (text.len > UM__CAP_POLICY_BYTES) {
        um_doc_error_place(err, "A policy is not as large.", text,
                           UM__CAP_POLICY_BYTES);
        return P2P_ETOOBIG;
    }
    rc = um_doc_parse(text, a, &v, err);
    if (rc != 0)
        return rc;
    out->refuses_unknown = true;
    rc = read_policy(&r, &v);
    out->refuses_all = rc != 0;
    return rc != 0 ? report(&r, rc, text, err) : 0;
}
