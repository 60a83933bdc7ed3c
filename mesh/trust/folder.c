/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Folders. Happy path: part by part. Failure modes: those of the enum.
 */
#include "mesh/trust/folder.h"

enum um_folder_fault um_folder_clean(struct um_str path, char *to,
                                     struct um_str *out)
{
    size_t n = 0;

    if (path.len > UM__CAP_POLICY_PATH_BYTES)
        return UM_FOLDER_LONG;
    if (um_str_has(path, '\0'))
        return UM_FOLDER_ZERO;
    if (!um_str_starts(path, UM_STR("/")))
        return UM_FOLDER_RELATIVE;
    while (path.len > 0) {
        size_t end = um_str_find(path, '/');
        struct um_str part = um_str_head(path, end);

        path = um_str_skip(path, end + 1);
        if (um_str_eq(part, UM_STR("..")))
            return UM_FOLDER_CLIMBS;
        if (part.len == 0 || um_str_eq(part, UM_STR(".")))
            continue;
        to[n++] = '/';
        memcpy(to + n, part.p, part.len);
        n += part.len;
    }
    if (n == 0)
        to[n++] = '/';
    *out = um_str_n(to, n);
    return UM_FOLDER_FINE;
}

bool um_folder_holds(struct um_str folder, struct um_str path)
{
    if (folder.len == 1)
        return true;
    return um_str_starts(path, folder) &&
           (path.len == folder.len || path.p[folder.len] == '/');
}

bool um_folder_join(struct um_arena *a, struct um_str folder,
                    struct um_str path, struct um_str *out)
{
    char *to = um_arena_alloc(a, folder.len + 1 + path.len);
    size_t n = folder.len;

    if (to == NULL)
        return false;
    if (n > 0)
        memcpy(to, folder.p, n);
    to[n++] = '/';
    if (path.len > 0)
        memcpy(to + n, path.p, path.len);
    *out = um_str_n(to, n + path.len);
    return true;
}
