/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See segment.h. Patterns are matched against the path as sent, so an escaped
 * slash is in a segment, not between two. */
#include "mesh/app/segment.h"

#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/doc/path.h"

/* Takes the segment behind a slash off a path. */
static struct um_str take(const char **path)
{
    const char *from = *path + 1;

    *path = from + strcspn(from, "/");
    return um_str_n(from, (size_t)(*path - from));
}

bool um_segment_match(const char *pattern, const char *path)
{
    while (*pattern == '/' && *path == '/') {
        struct um_str want = take(&pattern), have = take(&path);
        bool any = um_str_eq(want, UM_STR("*")) && have.len > 0;

        if (!any && !um_str_eq(want, have)) {
            return false;
        }
        if (strcmp(pattern, "/") == 0) {
            return *path == '\0' || *path == '/';
        }
    }
    return *pattern == *path;
}

bool um_segment_get(struct um_http_req *req, struct um_arena *a, size_t i,
                    struct um_str *out)
{
    const char *path = um_http_path(req);
    struct um_str raw = {NULL, 0};

    do {
        raw = *path == '/' ? take(&path) : um_str_n(NULL, 0);
    } while (i-- > 0);
    if (raw.len == 0 || um_path_decode(a, raw, out) != 0) {
        um_answer_error(req, 404, "Value doesn't exist.", NULL);
        return false;
    }
    return true;
}
