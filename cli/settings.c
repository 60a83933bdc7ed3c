/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See settings.h. No daemon is asked: it need not run, or be able to. */
#include "cli/settings.h"

#include <stdio.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/table.h"
#include "mesh/app/settings_check.h"

/* One check. */
struct check {
    struct um_settings settings;
    yyjson_mut_doc *doc;
    yyjson_mut_val *problems;
};

static void complain(void *user, const char *line)
{
    struct check *k = user;

    (void)yyjson_mut_arr_add_strcpy(k->doc, k->problems, line);
}

static void show_table(const struct check *k)
{
    char origin[UM_SETTINGS_ORIGIN];
    struct um_table t;

    um_table_init(&t, "SETTING|VALUE~|FROM");
    for (size_t i = 0; i < UM_SETTINGS; i++) {
        enum um_setting which = (enum um_setting)i;
        const char *v;

        for (size_t j = 0;
             (v = um_settings_value(&k->settings, which, j)) != NULL; j++) {
            um_table_cell(&t, j == 0 ? um_setting_rows[i].name : " ");
            um_table_cell(&t, v);
            um_table_cell(&t,
                          um_settings_origin(&k->settings, which, j, origin));
        }
    }
    um_table_print(&t);
}

static void show_problems(const struct check *k)
{
    yyjson_mut_val *line;
    size_t i, n;

    yyjson_mut_arr_foreach(k->problems, i, n, line)
    {
        (void)fprintf(stderr, "unitmesh config check: %s\n",
                      yyjson_mut_get_str(line));
    }
}

/* All of it as JSON; the problems are in it already. */
static void show_json(const struct um_cli *c, const struct check *k)
{
    yyjson_mut_val *root = yyjson_mut_doc_get_root(k->doc);
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(k->doc, root, "settings");
    char origin[UM_SETTINGS_ORIGIN];
    yyjson_doc *doc;

    for (size_t i = 0; i < UM_SETTINGS; i++) {
        enum um_setting which = (enum um_setting)i;
        const char *v;

        for (size_t j = 0;
             (v = um_settings_value(&k->settings, which, j)) != NULL; j++) {
            yyjson_mut_val *one = yyjson_mut_arr_add_obj(k->doc, list);

            (void)um_settings_origin(&k->settings, which, j, origin);
            (void)yyjson_mut_obj_add_str(k->doc, one, "name",
                                         um_setting_rows[i].name);
            (void)yyjson_mut_obj_add_strcpy(k->doc, one, "value", v);
            (void)yyjson_mut_obj_add_strcpy(k->doc, one, "from", origin);
        }
    }
    doc = yyjson_mut_doc_imut_copy(k->doc, NULL);
    um_cli_form_value(c, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
}

int um_cli_settings_check(struct um_cli *c)
{
    const char *file = c->n > 0 ? c->words[0] : NULL;
    const char *name = um_cli_daemon(&c->o);
    struct check k = {.doc = yyjson_mut_doc_new(NULL)};
    yyjson_mut_val *root = yyjson_mut_obj(k.doc);
    int rv;

    yyjson_mut_doc_set_root(k.doc, root);
    k.problems = yyjson_mut_obj_add_arr(k.doc, root, "problems");
    (void)um_settings_look(&k.settings, file, name, complain, &k);
    rv = um_settings_check(&k.settings);
    if (c->o.json) {
        show_json(c, &k);
    } else {
        show_table(&k);
        show_problems(&k);
    }
    um_settings_fini(&k.settings);
    yyjson_mut_doc_free(k.doc);
    return rv == 0 ? UM_EXIT_DONE : UM_EXIT_ERROR;
}
