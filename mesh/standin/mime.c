/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * MIME types. An extension begins at the last dot; a name without one is its
 * own extension. A file with none of the known ones has no type.
 */
#include "mesh/standin/mime.h"

/* Extensions of a type, with a blank behind each. */
static const struct {
    struct um_str type;
    struct um_str extensions;
} known[] = {
    {UM_STR_INIT("text/html"), UM_STR_INIT(".html .htm ")},
    {UM_STR_INIT("text/css"), UM_STR_INIT(".css ")},
    {UM_STR_INIT("image/svg+xml"), UM_STR_INIT(".svg ")},
    {UM_STR_INIT("image/webp"), UM_STR_INIT(".webp ")},
    {UM_STR_INIT("image/png"), UM_STR_INIT(".png ")},
    {UM_STR_INIT("image/apng"), UM_STR_INIT(".apng ")},
    {UM_STR_INIT("image/jpeg"), UM_STR_INIT(".jpeg .jpg ")},
    {UM_STR_INIT("image/gif"), UM_STR_INIT(".gif ")},
    {UM_STR_INIT("image/x-icon"), UM_STR_INIT(".ico ")},
    {UM_STR_INIT("image/avif"), UM_STR_INIT(".avif ")},
    {UM_STR_INIT("image/avif-sequence"), UM_STR_INIT(".avifs ")},
    {UM_STR_INIT("font/woff"), UM_STR_INIT(".woff ")},
    {UM_STR_INIT("font/woff2"), UM_STR_INIT(".woff2 ")},
    {UM_STR_INIT("font/otf"), UM_STR_INIT(".otf ")},
    {UM_STR_INIT("font/ttf"), UM_STR_INIT(".ttf ")},
    {UM_STR_INIT("text/plain"), UM_STR_INIT(".txt ")},
    {UM_STR_INIT("text/markdown"), UM_STR_INIT(".md ")},
    {UM_STR_INIT("text/x-rst"), UM_STR_INIT(".rst ")},
    {UM_STR_INIT("application/javascript"), UM_STR_INIT(".js .mjs ")},
    {UM_STR_INIT("application/json"), UM_STR_INIT(".json ")},
    {UM_STR_INIT("application/xml"), UM_STR_INIT(".xml ")},
    {UM_STR_INIT("application/rss+xml"), UM_STR_INIT(".rss ")},
    {UM_STR_INIT("application/atom+xml"), UM_STR_INIT(".atom ")},
    {UM_STR_INIT("application/pdf"), UM_STR_INIT(".pdf ")},
    {UM_STR_INIT("application/zip"), UM_STR_INIT(".zip ")},
    {UM_STR_INIT("audio/mpeg"), UM_STR_INIT(".mp3 ")},
    {UM_STR_INIT("audio/ogg"), UM_STR_INIT(".ogg ")},
    {UM_STR_INIT("audio/midi"), UM_STR_INIT(".midi .mid ")},
    {UM_STR_INIT("audio/flac"), UM_STR_INIT(".flac ")},
    {UM_STR_INIT("audio/aac"), UM_STR_INIT(".aac ")},
    {UM_STR_INIT("audio/wav"), UM_STR_INIT(".wav ")},
    {UM_STR_INIT("video/mpeg"), UM_STR_INIT(".mpeg .mpg ")},
    {UM_STR_INIT("video/mp4"), UM_STR_INIT(".mp4 ")},
    {UM_STR_INIT("video/webm"), UM_STR_INIT(".webm ")},
    {UM_STR_INIT("video/x-msvideo"), UM_STR_INIT(".avi ")},
    {UM_STR_INIT("application/octet-stream"),
     UM_STR_INIT(".exe .bin .dll .iso .img .msi .deb .rpm ")},
    {UM_STR_INIT("application/x-httpd-php"), UM_STR_INIT(".php ")},
};

static struct um_str extension_of(struct um_str path)
{
    size_t at = path.len;

    while (at > 0 && path.p[at - 1] != '.' && path.p[at - 1] != '/')
        at--;
    if (at > 0 && path.p[at - 1] == '.')
        at--;
    return um_str_skip(path, at);
}

/* True if one of a list of extensions is ext. */
static bool has_extension(struct um_str list, struct um_str ext)
{
    while (list.len > 0) {
        size_t end = um_str_find(list, ' ');

        if (um_str_eq_nocase(um_str_head(list, end), ext))
            return true;
        list = um_str_skip(list, end + 1);
    }
    return false;
}

/* The type that a configuration gives an extension, the last one counts. */
static struct um_str configured(const struct um_sval *types, struct um_str ext)
{
    struct um_str found = {NULL, 0};

    for (size_t i = 0; types != NULL && i < types->count; i++) {
        const struct um_smember *m = &types->members[i];
        const struct um_sval *e;

        for (size_t k = 0; (e = um_sval_item_or_self(&m->value, k)) != NULL;
             k++) {
            if (um_str_eq_nocase(e->text, ext))
                found = m->name;
        }
    }
    return found;
}

static const struct um_sval *types_of(const struct um_sval *conf)
{
    static const char *const way[] = {"settings", "http", "static",
                                      "mime_types"};

    for (size_t i = 0; conf != NULL && i < 4; i++)
        conf = um_sval_member(conf, um_str(way[i]));
    return conf;
}

struct um_str um_smime_type(const struct um_sval *conf, struct um_str path)
{
    struct um_str ext = extension_of(path);
    struct um_str type = configured(types_of(conf), ext);

    for (size_t i = 0; type.p == NULL && i < sizeof(known) / sizeof(known[0]);
         i++) {
        if (has_extension(known[i].extensions, ext))
            type = known[i].type;
    }
    return type;
}
