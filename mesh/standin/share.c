/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Files. The happy path: the first path of the list that names a file. A path
 * that ends with a slash gets the index; a folder without one is redirected to
 * it. Failure modes: no file (404), none that may be read or has a type that
 * is asked for (403), another method (405), a file that is too big (500).
 */
#include "mesh/standin/share.h"

#include "mesh/standin/mime.h"
#include "mesh/standin/pattern.h"
#include "p2p/err.h"

enum {
    OK = 200,
    MOVED = 301,
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    BAD_METHOD = 405,
    SERVER_ERROR = 500,
};

/* What all files of one answer share. */
struct sharing {
    const struct um_sval *conf;
    const struct um_ssite_files *files;
    const struct um_sval *action;
    struct um_srequest *r;
    struct um_sresponse *out;
};

static void add_field(const struct sharing *sh, const char *name,
                      const struct um_buf *value)
{
    struct um_str kept;

    if (um_arena_dup(sh->r->arena, um_buf_view(value), &kept))
        sh->out->field[sh->out->field_count++] =
            (struct um_shead_field){um_str(name), kept};
}

static void file_fields(const struct sharing *sh,
                        const struct um_ssite_file *file, struct um_str type)
{
    struct um_buf text = UM_BUF_INIT;

    um_sserve_date(&text, file->mtime_s);
    add_field(sh, "Last-Modified", &text);
    um_buf_clear(&text);
    um_buf_fmt(&text, "\"%llx-%llx\"", (unsigned long long)file->mtime_s,
               (unsigned long long)file->size_bytes);
    add_field(sh, "ETag", &text);
    um_buf_clear(&text);
    um_buf_str(&text, type);
    if (type.len > 0)
        add_field(sh, "Content-Type", &text);
    um_buf_fini(&text);
}

/* A folder that was asked for without its slash. */
static int redirect(const struct sharing *sh)
{
    struct um_buf text = UM_BUF_INIT;

    um_buf_str(&text, sh->r->path);
    um_buf_byte(&text, '/');
    if (sh->r->query.len > 0) {
        um_buf_byte(&text, '?');
        um_buf_str(&text, sh->r->query);
    }
    add_field(sh, "Location", &text);
    um_buf_fini(&text);
    sh->out->status = MOVED;
    return 0;
}

static bool type_wanted(const struct sharing *sh, struct um_str type)
{
    static const struct um_spattern_how nocase = {true, false, false};
    const struct um_sval *types = um_sval_member(sh->action, UM_STR("types"));

    return types == NULL || um_spattern_list(types, type, &nocase);
}

/* A path inside of the folder that may not be left, if there is one. */
static bool inside(const struct sharing *sh, struct um_str path)
{
    const struct um_sval *chroot = um_sval_member(sh->action, UM_STR("chroot"));
    struct um_str folder;

    if (chroot == NULL)
        return true;
    if (!um_srequest_text(sh->r, chroot->text, &folder) || folder.len == 0)
        return false;
    if (!um_str_starts(path, folder))
        return false;
    return folder.p[folder.len - 1] == '/' || path.len == folder.len ||
           path.p[folder.len] == '/';
}

static bool refuses(const struct sharing *sh, const char *name)
{
    const struct um_sval *v = um_sval_member(sh->action, um_str(name));

    return v != NULL && v->type == UM_SVAL_BOOLEAN && !v->boolean;
}

static int status_of(int rc)
{
    if (rc == P2P_ENOTFOUND)
        return NOT_FOUND;
    return rc == P2P_EACCES ? FORBIDDEN : SERVER_ERROR;
}

/* Serves one file; 0, or the status of the failure. */
static int serve_file(const struct sharing *sh, struct um_str path, bool slash,
                      struct um_str type)
{
    const struct um_ssite_open how = {
        .path = path,
        .no_symlinks = refuses(sh, "follow_symlinks"),
        .content = !um_str_eq(sh->r->head->method, UM_STR("HEAD")),
    };
    struct um_ssite_file file = {.folder = false};
    int rc = sh->files->open(sh->files->ctx, &how, &file, &sh->out->body);

    if (rc != 0)
        return status_of(rc);
    if (!file.regular)
        return file.folder && !slash ? redirect(sh) : NOT_FOUND;
    sh->out->status = OK;
    sh->out->length = file.size_bytes;
    file_fields(sh, &file, type);
    return 0;
}

/* Serves one path of the list; 0, or the status of the failure. */
static int serve_path(const struct sharing *sh, struct um_str text)
{
    const struct um_sval *index = um_sval_member(sh->action, UM_STR("index"));
    struct um_buf path = UM_BUF_INIT;
    struct um_str type;
    bool slash;
    int status = SERVER_ERROR;

    if (um_srequest_eval(sh->r, text, &path) && path.len > 0) {
        slash = path.p[path.len - 1] == '/';
        if (slash)
            um_buf_str(&path,
                       index != NULL ? index->text : UM_STR("index.html"));
        type = um_smime_type(sh->conf, um_buf_view(&path));
        if (!slash && !type_wanted(sh, type))
            status = FORBIDDEN;
        else if (!inside(sh, um_buf_view(&path)))
            status = FORBIDDEN;
        else
            status = serve_file(sh, um_buf_view(&path), slash, type);
    }
    um_buf_fini(&path);
    return status;
}

void um_sshare_serve(const struct um_sval *conf,
                     const struct um_ssite_files *files,
                     const struct um_sval *action, struct um_srequest *r,
                     struct um_sresponse *out)
{
    const struct sharing sh = {conf, files, action, r, out};
    const struct um_sval *list = um_sval_member(action, UM_STR("share"));
    const struct um_sval *one;
    int status = BAD_METHOD;

    if (um_str_eq(r->head->method, UM_STR("GET")) ||
        um_str_eq(r->head->method, UM_STR("HEAD"))) {
        for (size_t i = 0; (one = um_sval_item_or_self(list, i)) != NULL; i++) {
            status = serve_path(&sh, one->text);
            if (status == 0)
                return;
            um_buf_clear(&out->body);
            if (status == SERVER_ERROR)
                break;
        }
    }
    um_sserve_error(out, status);
}
