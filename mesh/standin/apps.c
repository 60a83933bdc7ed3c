/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What applications need. Relative paths are relative to a working directory
 * that is not known here: they are taken to be good.
 */
#include "mesh/standin/apps.h"

enum { PATH_MAX_BYTES = 4096 };

static const struct um_sval *text_member(const struct um_sval *v,
                                         const char *name)
{
    const struct um_sval *m = um_sval_member(v, um_str(name));

    return m != NULL && m->type == UM_SVAL_STRING ? m : NULL;
}

/* True if a member is not there, is relative, or names what is there. */
static bool path_good(const struct um_sapps_view *view, const struct um_sval *v,
                      const char *name, bool folder)
{
    const struct um_sval *m = text_member(v, name);

    return m == NULL || !um_str_starts(m->text, UM_STR("/")) ||
           view->exists(view->ctx, m->text, folder);
}

/* Is there FOLDER/a/b.py, or FOLDER/a/b, for the module a.b? */
static bool module_in(const struct um_sapps_view *view, struct um_str folder,
                      struct um_str module)
{
    char path[PATH_MAX_BYTES];
    size_t n = folder.len;

    if (n + module.len + 5 > sizeof(path))
        return false;
    memcpy(path, folder.p, n);
    path[n++] = '/';
    for (size_t i = 0; i < module.len; i++)
        path[n++] = module.p[i] == '.' ? '/' : module.p[i];
    if (view->exists(view->ctx, um_str_n(path, n), true))
        return true;
    memcpy(path + n, ".py", 3);
    return view->exists(view->ctx, um_str_n(path, n + 3), false);
}

static bool module_good(const struct um_sapps_view *view,
                        const struct um_sval *app, const struct um_sval *holder)
{
    const struct um_sval *path = um_sval_member(app, UM_STR("path"));
    const struct um_sval *module = text_member(holder, "module");
    const struct um_sval *one;

    if (path == NULL || module == NULL)
        return true;
    for (size_t i = 0; (one = um_sval_item_or_self(path, i)) != NULL; i++) {
        if (!um_str_starts(one->text, UM_STR("/")) ||
            module_in(view, one->text, module->text))
            return true;
    }
    return false;
}

static bool python_good(const struct um_sapps_view *view,
                        const struct um_sval *app)
{
    const struct um_sval *targets = um_sval_member(app, UM_STR("targets"));

    if (targets == NULL)
        return module_good(view, app, app);
    for (size_t i = 0; i < targets->count; i++) {
        if (!module_good(view, app, &targets->members[i].value))
            return false;
    }
    return true;
}

static bool owner_good(const struct um_sapps_view *view,
                       const struct um_sval *app)
{
    const struct um_sval *user = text_member(app, "user");
    const struct um_sval *group = text_member(app, "group");

    return (user == NULL || view->is_user(view->ctx, user->text)) &&
           (group == NULL || view->is_group(view->ctx, group->text));
}

bool um_sapps_can_start(const struct um_sapps_view *view,
                        const struct um_standin_app *app)
{
    const struct um_sval *conf = app->conf;
    const struct um_sval *type = text_member(conf, "type");

    if (!owner_good(view, conf) ||
        !path_good(view, conf, "working_directory", true))
        return false;
    if (type != NULL && um_str_starts(type->text, UM_STR("python")))
        return python_good(view, conf);
    return path_good(view, conf, "executable", false) &&
           path_good(view, conf, "script", false) &&
           path_good(view, conf, "root", true) &&
           path_good(view, conf, "webapp", false) &&
           path_good(view, conf, "component", false);
}
