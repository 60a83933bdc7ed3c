/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Permits. Each kind of thing has its part of the policy; where the policy is
 * silent, anything goes, and where it says something, what cannot be compared
 * does not. Failure modes: a reason why not; no memory, which is no reason.
 */
#include "mesh/trust/permit.h"

#include <assert.h>

#include "mesh/doc/number.h"
#include "mesh/trust/folder.h"
#include "mesh/trust/template.h"

static const char no_text[] = "A text is expected here, without zero bytes.";
static const char too_long[] = "The path is too long to be opened.";
static const char no_variable[] =
    "Where the template leads cannot be said, and this node allows certain "
    "folders only.";

/* Whether a list has a text; "*" at the end of an entry is any ending. */
static bool has(const struct um_val *list, struct um_str s, bool nocase)
{
    for (size_t i = 0; i < list->count; i++) {
        struct um_str entry = list->items.p[i].text;
        struct um_str head = s;

        if (um_str_ends(entry, UM_STR("*"))) {
            entry = um_str_head(entry, entry.len - 1);
            head = um_str_head(s, entry.len);
        }
        if (nocase ? um_str_eq_nocase(head, entry) : um_str_eq(head, entry))
            return true;
    }
    return false;
}

static bool is_silent(const struct um_policy_names *n)
{
    return n->only == NULL && n->not == NULL;
}

static bool may_be(const struct um_policy_names *n, struct um_str s,
                   bool nocase)
{
    if (is_silent(n))
        return true;
    return !um_str_has(s, '\0') &&
           (n->only == NULL || has(n->only, s, nocase)) &&
           (n->not == NULL || !has(n->not, s, nocase));
}

static const char *check_names(const struct um_policy_names *n,
                               const struct um_val *v, const char *why)
{
    if (is_silent(n))
        return NULL;
    if (v->kind != UM_VAL_STRING)
        return no_text;
    return may_be(n, v->text, false) ? NULL : why;
}

/* Brings a path into the form that is compared; NULL, or why that fails. */
static const char *clean(struct um_permit *w, struct um_str path,
                         struct um_str *out)
{
    char *room;

    if (path.len > UM__CAP_POLICY_PATH_BYTES)
        return too_long;
    room = um_arena_alloc(w->arena, path.len);
    w->failed = w->failed || room == NULL;
    if (room == NULL)
        return no_text;
    switch (um_folder_clean(path, room, out)) {
        case UM_FOLDER_RELATIVE:
            return "The path is relative: where it leads depends on where "
                   "Unit was started.";
        case UM_FOLDER_CLIMBS:
            return "The path has \"..\", which leads elsewhere behind a link.";
        case UM_FOLDER_ZERO:
            return "The path has a zero byte.";
        case UM_FOLDER_LONG:
            return too_long;
        default:
            return NULL;
    }
}

static bool is_inside(const struct um_policy_folders *f, struct um_str path)
{
    for (size_t i = 0; i < f->count; i++) {
        if (um_folder_holds(f->folder[i], path))
            return true;
    }
    return false;
}

static const char *check_path(struct um_permit *w,
                              const struct um_policy_folders *f,
                              struct um_str path)
{
    const char *why = clean(w, path, &path);

    if (why == NULL && !is_inside(f, path))
        why =
            "The path lies outside of the folders that this node allows "
            "here.";
    return why;
}

static struct um_str join(struct um_permit *w, struct um_str folder,
                          struct um_str path)
{
    struct um_str out = path;

    if (folder.len > UM__CAP_POLICY_PATH_BYTES ||
        path.len > UM__CAP_POLICY_PATH_BYTES)
        return folder.len > path.len ? folder : path; /* which is too long */
    if (!um_folder_join(w->arena, folder, path, &out))
        w->failed = true;
    return out;
}

const struct um_val *um_permit_root(const struct um_val *app)
{
    const struct um_val *v = um_val_member(app, UM_STR("isolation"));

    return v != NULL ? um_val_member(v, UM_STR("rootfs")) : NULL;
}

/* A path of a program: the application's root is before it. */
static const char *check_program(struct um_permit *w, struct um_str path)
{
    const struct um_policy_folders *f = &w->policy->programs;
    const struct um_val *root = w->root;
    const char *why;

    if (root == NULL)
        return check_path(w, f, path);
    if (root->kind != UM_VAL_STRING)
        return no_text;
    why = clean(w, path, &path);
    return why != NULL ? why : check_path(w, f, join(w, root->text, path));
}

/* A path that is opened outside of the application's root by some versions and
 * for some languages, and inside by others: both must be fine. */
static const char *check_both(struct um_permit *w,
                              const struct um_policy_folders *f,
                              struct um_str path)
{
    const struct um_val *root = w->root;
    const char *why = check_path(w, f, path);

    if (why != NULL || root == NULL)
        return why;
    if (root->kind != UM_VAL_STRING)
        return no_text;
    return check_path(w, f, join(w, root->text, path));
}

static const char *check_written(struct um_permit *w, struct um_str path)
{
    return check_both(w, &w->policy->written, path);
}

static const char *check_early(struct um_permit *w, struct um_str path)
{
    return check_both(w, &w->policy->programs, path);
}

/* What is put behind a folder of which the end is not known. */
static const char *check_ending(struct um_permit *w, struct um_str path)
{
    struct um_str out;

    return clean(w, join(w, um_str_n(NULL, 0), path), &out);
}

static const char *check_php_script(struct um_permit *w, struct um_str path)
{
    const struct um_val *root = um_val_member(w->object, UM_STR("root"));

    if (root == NULL || root->kind != UM_VAL_STRING)
        return no_text;
    return check_program(w, join(w, root->text, path));
}

static const char *check_in(struct um_permit *w,
                            const struct um_policy_folders *f,
                            const struct um_val *v,
                            const char *(*check)(struct um_permit *w,
                                                 struct um_str path))
{
    if (!f->said)
        return NULL;
    return v->kind == UM_VAL_STRING ? check(w, v->text) : no_text;
}

static const char *check_root(struct um_permit *w, struct um_str path)
{
    return check_path(w, &w->policy->roots, path);
}

static const char *check_cgroup(struct um_permit *w, struct um_str path)
{
    return check_path(w, &w->policy->cgroups, path);
}

/* Whether a member of the object says no. */
static bool says_no(const struct um_permit *w, struct um_str name)
{
    const struct um_val *v = um_val_member(w->object, name);

    return v != NULL && v->kind == UM_VAL_BOOL && v->count == 0;
}

/* Whether Unit itself keeps the share in a folder that is allowed. */
static bool is_jailed(struct um_permit *w)
{
    const struct um_val *v = um_val_member(w->object, UM_STR("chroot"));

    return v != NULL && v->kind == UM_VAL_STRING && !um_str_has(v->text, '$') &&
           !um_str_has(v->text, '`') &&
           check_path(w, &w->policy->files, v->text) == NULL;
}

/* Looks at the action once, however many paths it shares. */
static void know_share(struct um_permit *w)
{
    if (w->share == w->object)
        return;
    w->share = w->object;
    w->links_off = says_no(w, UM_STR("follow_symlinks")) &&
                   says_no(w, UM_STR("traverse_mounts"));
    w->jailed = w->policy->files.said && is_jailed(w);
}

static const char *check_share_path(struct um_permit *w, struct um_str path)
{
    struct um_template_shapes shapes;
    const char *why = NULL;

    if (w->jailed)
        return NULL;
    if (path.len > UM__CAP_POLICY_PATH_BYTES)
        return too_long;
    if (!um_template_path(w->arena, path, &shapes)) {
        w->failed = true;
        return no_variable;
    }
    if (shapes.count == 0)
        return no_variable;
    for (size_t i = 0; i < shapes.count && why == NULL; i++)
        why = check_path(w, &w->policy->files, shapes.path[i]);
    return why;
}

static const char *check_template(const struct um_permit *w,
                                  const struct um_val *v)
{
    if (!w->policy->refuses_templates || v->kind != UM_VAL_STRING ||
        !um_template_is_script(v->text))
        return NULL;
    return "This node runs no JavaScript of a configuration.";
}

static const char *check_share(struct um_permit *w, const struct um_val *v)
{
    const char *why = check_template(w, v);

    know_share(w);
    if (why == NULL && w->policy->refuses_links && !w->links_off)
        why =
            "This node shares files only where \"follow_symlinks\" and "
            "\"traverse_mounts\" are false.";
    if (why == NULL)
        why = check_in(w, &w->policy->files, v, check_share_path);
    return why;
}

static const char *check_rewrite(struct um_permit *w, const struct um_val *v)
{
    const char *why = check_template(w, v);

    if (why != NULL || v->kind != UM_VAL_STRING ||
        um_str_starts(v->text, UM_STR("/")) ||
        !(w->policy->files.said || w->policy->programs.said))
        return why;
    return "A rewrite that does not begin with a slash leads out of the folder "
           "of a share, and this node allows certain folders only.";
}

static const char *check_module(struct um_permit *w, const struct um_val *v)
{
    if (w->policy->programs.said &&
        (v->kind != UM_VAL_STRING || um_str_has(v->text, '/') ||
         um_str_has(v->text, '\0')))
        return no_text;
    return check_names(&w->policy->modules, v,
                       "This node does not run that module.");
}

static const char *check_processes(const struct um_permit *w,
                                   const struct um_val *v)
{
    const struct um_val *most = w->policy->processes;

    if (most == NULL || (v->kind == UM_VAL_NUMBER &&
                         um_number_compare(v->text, most->text) <= 0))
        return NULL;
    return "This node runs fewer processes of an application.";
}

static bool in_ranges(const struct um_policy_ranges *r,
                      const struct um_addr *at)
{
    bool in = !r->only_said;

    for (size_t i = 0; i < r->only_count && !in; i++)
        in = um_range_holds(&r->only[i], at);
    for (size_t i = 0; i < r->not_count && in; i++)
        in = !um_range_meets(&r->not [i], at);
    return in;
}

static bool are_silent(const struct um_policy_ranges *r)
{
    return !r->only_said && r->not_count == 0;
}

static const char *check_target(const struct um_permit *w, struct um_str text)
{
    const struct um_policy_ranges *r = &w->policy->targets;
    struct um_addr at;

    if (are_silent(r))
        return NULL;
    if (!um_addr_parse(text, false, &at))
        return "This node cannot tell what address that is.";
    um_range_resolve(&at, UM_RANGE_CONNECT);
    return in_ranges(r, &at) ? NULL : "This node connects to no such address.";
}

static const char *check_listener(struct um_permit *w, struct um_str text)
{
    const struct um_policy *p = w->policy;
    struct um_addr at;

    if (are_silent(&p->listeners) && !p->written.said)
        return NULL;
    if (!um_addr_parse(text, false, &at))
        return "This node cannot tell what address that is.";
    um_range_resolve(&at, UM_RANGE_LISTEN);
    if (!in_ranges(&p->listeners, &at))
        return "This node listens at no such address.";
    /* Unit makes the socket's file, and takes it away. */
    if (at.kind == UM_ADDR_UNIX && !at.abstract && p->written.said)
        return check_path(w, &p->written, um_str_n(at.path, at.path_len));
    return NULL;
}

/* A URL of which the scheme is one of these. */
static const char *check_url(const struct um_permit *w, const struct um_val *v,
                             bool only_http)
{
    struct um_str s = v->text;

    if (are_silent(&w->policy->targets))
        return NULL;
    if (v->kind != UM_VAL_STRING)
        return no_text;
    if (um_str_starts(s, UM_STR("http://")))
        s = um_str_skip(s, 7);
    else if (!only_http && um_str_starts(s, UM_STR("https://")))
        s = um_str_skip(s, 8);
    if (!only_http)
        s = um_str_head(s, um_str_find(s, '/'));
    return check_target(w, s);
}

/* Paths of programs, logs and the like. */
static const char *permit_path(struct um_permit *w, enum um_reach what,
                               const struct um_val *v)
{
    const struct um_policy *p = w->policy;

    switch (what) {
        case UM_REACH_PROGRAM:
            return check_in(w, &p->programs, v, check_program);
        case UM_REACH_EARLY:
            return check_in(w, &p->programs, v, check_early);
        case UM_REACH_PHP_SCRIPT:
            return check_in(w, &p->programs, v, check_php_script);
        case UM_REACH_PHP_INDEX:
            return check_in(w, &p->programs, v, check_ending);
        case UM_REACH_INDEX:
            return check_in(w, &p->files, v, check_ending);
        case UM_REACH_WRITTEN:
            return check_in(w, &p->written, v, check_written);
        case UM_REACH_ROOT:
            return check_in(w, &p->roots, v, check_root);
        default:
            assert(what == UM_REACH_CGROUP);
            return check_in(w, &p->cgroups, v, check_cgroup);
    }
}

const char *um_permit_value(struct um_permit *w, enum um_reach what,
                            const struct um_val *v)
{
    const struct um_policy *p = w->policy;

    switch (what) {
        case UM_REACH_PLAIN:
            return NULL;
        case UM_REACH_MODULE:
            return check_module(w, v);
        case UM_REACH_JAVA_OPTION:
            return check_names(&p->java_options, v,
                               "This node does not give that option to Java.");
        case UM_REACH_PROCESSES:
            return check_processes(w, v);
        case UM_REACH_USER:
            return check_names(&p->users, v,
                               "This node runs nothing as that user.");
        case UM_REACH_GROUP:
            return check_names(&p->groups, v,
                               "This node runs nothing as that group.");
        case UM_REACH_SHARE:
            return check_share(w, v);
        case UM_REACH_TEMPLATE:
            return check_template(w, v);
        case UM_REACH_REWRITE:
            return check_rewrite(w, v);
        case UM_REACH_SCRIPT:
            return check_names(&p->scripts, v,
                               "This node does not run that script.");
        case UM_REACH_PROXY:
            return check_url(w, v, true);
        case UM_REACH_ENDPOINT:
            return check_url(w, v, false);
        default:
            return permit_path(w, what, v);
    }
}

const char *um_permit_name(struct um_permit *w, enum um_reach what,
                           struct um_str name)
{
    const struct um_policy *p = w->policy;

    switch (what) {
        case UM_REACH_ENVIRONMENT:
            return may_be(&p->environment, name, false)
                       ? NULL
                       : "This node sets no such variable.";
        case UM_REACH_PHP_OPTION:
            return may_be(&p->php_options, name, false)
                       ? NULL
                       : "This node sets no such option of PHP.";
        case UM_REACH_TLS_COMMAND:
            return may_be(&p->tls_commands, name, true)
                       ? NULL
                       : "This node gives no such command to OpenSSL.";
        case UM_REACH_LISTENER:
            return check_listener(w, name);
        case UM_REACH_SERVER:
            return check_target(w, name);
        default:
            return NULL;
    }
}

/* "go" is another name of "external". */
static bool has_type(const struct um_val *list, struct um_language_type t)
{
    if (t.language == UM_LANGUAGE_EXTERNAL)
        return has(list, UM_STR("external"), false) ||
               has(list, UM_STR("go"), false);
    return has(list, t.name, false);
}

const char *um_permit_type(const struct um_policy *p, const struct um_val *type)
{
    struct um_language_type t;

    if (is_silent(&p->types) && !p->refuses_unknown)
        return NULL;
    if (type == NULL || type->kind != UM_VAL_STRING)
        return "An application needs a \"type\".";
    t = um_language_split(type->text);
    if (p->refuses_unknown && t.language == UM_LANGUAGE_UNKNOWN)
        return "This node does not know that type of application.";
    if ((p->types.only != NULL && !has_type(p->types.only, t)) ||
        (p->types.not != NULL && has_type(p->types.not, t)))
        return "This node runs no application of that type.";
    return NULL;
}

/* Whether a text of a command is what the policy has in that place. */
static bool is_argument(const struct um_val *want, const struct um_val *have)
{
    return have->kind == UM_VAL_STRING && um_str_eq(want->text, have->text);
}

/* Whether a program with its arguments is a command of the policy. */
static bool is_command(const struct um_val *want, const struct um_val *program,
                       const struct um_val *arguments)
{
    size_t fixed = want->count;
    size_t given = arguments != NULL ? arguments->count : 0;
    bool more =
        fixed > 1 && um_str_eq(want->items.p[fixed - 1].text, UM_STR("*"));

    fixed -= more ? 2 : 1; /* without the program, and "*" */
    if (!is_argument(&want->items.p[0], program) || given < fixed ||
        (given > fixed && !more))
        return false;
    for (size_t i = 0; i < fixed; i++) {
        if (!is_argument(&want->items.p[1 + i], &arguments->items.p[i]))
            return false;
    }
    return true;
}

const char *um_permit_command(const struct um_policy *p,
                              const struct um_val *app)
{
    const struct um_val *program = um_val_member(app, UM_STR("executable"));
    const struct um_val *arguments = um_val_member(app, UM_STR("arguments"));

    if (p->commands == NULL)
        return NULL;
    if (program == NULL ||
        (arguments != NULL && arguments->kind != UM_VAL_ARRAY))
        return no_text;
    for (size_t i = 0; i < p->commands->count; i++) {
        if (is_command(&p->commands->items.p[i], program, arguments))
            return NULL;
    }
    return "This node runs no such command.";
}
