/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See query.h. A list of what may be asked, and one of where that means
 * something, as the tables of docs/reference/rest-mesh.md have it. */
#include "mesh/app/query.h"

#include <stdio.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/segment.h"
#include "mesh/base/utf8.h"

/* Room for a name as it is told; a longer one is cut. */
#define SHOWN_BYTES 64

/* What an argument is of. */
enum group {
    DRY = 1,
    SECRET = 2,
    UNSIGNED = 4,
    MANNER = 8, /* how a revision comes into force */
    ANY = 16,   /* what says how long to wait, and guards: elsewhere there is
                   nothing to wait for, or to override */
    READS = 32  /* of a GET */
};

static const struct {
    const char *name;
    enum group group;
    bool valued; /* else it is there, or it is not */
} known[] = {{"dry-run", DRY, false},       {"secret", SECRET, false},
             {"unsigned", UNSIGNED, false}, {"trial", MANNER, true},
             {"staged", MANNER, true},      {"deadline", MANNER, true},
             {"soak", MANNER, true},        {"budget", MANNER, true},
             {"no-wait", ANY, false},       {"wait", ANY, true},
             {"timeout", ANY, true},        {"force", ANY, false},
             {"supersede", ANY, false},     {"despite", ANY, false},
             {"alone", ANY, false},         {"skewed", ANY, false},
             {"crowded", ANY, false},       {"effective", READS, false}};

#define KNOWN (sizeof known / sizeof known[0])

/* What means something below a path, see um_segment_match(); the first that
 * fits. */
static const struct {
    const char *path;
    unsigned groups;
} places[] = {{"/config/", DRY | MANNER},
              {"/certificates/", DRY | MANNER},
              {"/js_modules/", DRY | MANNER},
              {"/mesh/overlays/", DRY | MANNER | SECRET},
              {"/mesh/variables/", DRY | MANNER | SECRET},
              {"/mesh/probes/", DRY | MANNER},
              {"/mesh/revisions/*/rollback", MANNER},
              {"/mesh/conflicts/*/*", MANNER},
              {"/mesh/reseal", MANNER},
              {"/mesh/void", DRY | UNSIGNED},
              {"/mesh/members/*", DRY | UNSIGNED},
              {"/mesh/members/*/role", DRY | UNSIGNED},
              {"/mesh/members/*/replace", DRY | UNSIGNED},
              {"/mesh/members/*/labels/*", UNSIGNED},
              {"/mesh/pending/*", UNSIGNED},
              {"/mesh/settings/*", UNSIGNED}};

static unsigned groups_at(const char *path)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (um_segment_match(places[i].path, path)) {
            return places[i].groups | ANY;
        }
    }
    return ANY;
}

/* Says what is wrong with an argument. */
static void refuse(struct um_http_req *req, const char *name, const char *how)
{
    char shown[SHOWN_BYTES], text[SHOWN_BYTES + 100];

    (void)snprintf(shown, sizeof shown, "%s", name);
    um_utf8_harmless(shown);
    (void)snprintf(text, sizeof text,
                   "\"%s\" in the query %s: nothing was "
                   "done.",
                   shown, how);
    um_answer_error(req, 400, "Invalid request.", text);
}

/* The first of the flags that has a value; NULL: none has. One that says
 * "false" would do what was not to be done. */
static const char *valued(const struct um_http_req *req, unsigned groups)
{
    for (size_t i = 0; i < KNOWN; i++) {
        const char *value = (groups & known[i].group) != 0 && !known[i].valued
                                ? um_http_query(req, known[i].name)
                                : NULL;

        if (value != NULL && value[0] != '\0' && strcmp(value, "true") != 0) {
            return known[i].name;
        }
    }
    return NULL;
}

bool um_query_fits(struct um_http_req *req)
{
    const char *names[KNOWN], *wrong;
    bool reads = strcmp(um_http_method(req), "GET") == 0;
    unsigned groups = reads ? READS : groups_at(um_http_path(req));
    size_t n = 0;

    for (size_t i = 0; i < KNOWN; i++) {
        if ((groups & known[i].group) != 0) {
            names[n++] = known[i].name;
        }
    }
    wrong = reads ? NULL : um_http_query_other(req, names, n);
    if (wrong != NULL) {
        refuse(req, wrong, "means nothing here");
        return false;
    }
    wrong = valued(req, groups);
    if (wrong != NULL) {
        refuse(req, wrong, "is there or is not, and has no value");
    }
    return wrong == NULL;
}
