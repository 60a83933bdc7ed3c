/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mesh/model as a filter, for oracle.py: lines of words in, one line out for
 * each, about one mesh after another. Items are named by numbers, keys too;
 * key 0 is the root. Lists are numbers with commas, or "-".
 *
 *     begin                                       a new mesh, with its genesis
 *     rev I TIE AUTHOR NUMBER WALL POLICY N AUTO FIRST PARENTS NOW
 *     fact I REV OPEN|CONFIRM|ABORT BY WALL NODES
 *     grant I KEY ROLES
 *     revoke I KEY KEEP
 *     void I REVS
 *     view NOW KEYS
 *
 * Answers: "ok", "dup", "wait" or "never"; of a view: the heads, how many are
 * not listed, and what each of the keys is to run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mesh/model/view.h"
#include "p2p/err.h"

#define LINE_MAX_BYTES 65536
#define IDS_MAX        4096
#define WORDS_MAX      12

enum id_kind { ID_KEY = 1, ID_REV, ID_FACT, ID_STATEMENT };

struct mesh {
    struct um_roster roster;
    struct um_history history;
    struct um_view view;
    struct um_name mesh;
    uint64_t ties[IDS_MAX]; /* of revisions: the beginning of their ids */
};

static void die(const char *why)
{
    fprintf(stderr, "replay: %s\n", why);
    exit(2);
}

static void put64(uint8_t *p, uint64_t n)
{
    for (int i = 7; i >= 0; i--, n >>= 8)
        p[i] = (uint8_t)n;
}

static struct um_name id_of(enum id_kind kind, uint64_t tie, uint64_t n)
{
    struct um_name id = {{0}};

    put64(id.b, tie);
    put64(id.b + 8, n);
    id.b[16] = (uint8_t)kind;
    return id;
}

static uint64_t num(const char *word)
{
    return strtoull(word, NULL, 10);
}

static struct um_name key(uint64_t n)
{
    return id_of(ID_KEY, n, n);
}

static struct um_name rev_id(const struct mesh *m, uint64_t n)
{
    if (n >= IDS_MAX)
        die("too many revisions");
    return id_of(ID_REV, m->ties[n], n);
}

/* A list of keys or revisions; sorted if it is a set. */
static size_t list(const struct mesh *m, char *word, enum id_kind kind,
                   struct um_name *out, bool set)
{
    size_t n = 0;
    char *at = word;

    while (*at != '-' && *at != 0) {
        uint64_t k = strtoull(at, &at, 10);

        if (n == UM__CAP_NAMES)
            die("a list is too long");
        out[n++] = kind == ID_KEY ? key(k) : rev_id(m, k);
        if (*at == ',')
            at++;
    }
    return set ? um_namelist_sort(out, n) : n;
}

static void say(int err)
{
    puts(err == 0            ? "ok"
         : err == P2P_EDUP   ? "dup"
         : err == P2P_EAGAIN ? "wait"
         : err == P2P_EPROTO ? "never"
                             : "error");
}

static int add_statement(struct mesh *m, struct um_statement *s)
{
    struct um_known known = um_history_known(&m->history);
    struct um_need need;

    return um_roster_add(&m->roster, s, &known, &need);
}

static void end(struct mesh *m)
{
    um_view_fini(&m->view);
    um_history_fini(&m->history);
    um_roster_fini(&m->roster);
}

static void on_begin(struct mesh *m, char **w)
{
    static const uint64_t salt[8] = {3, 5, 7, 11, 13, 17, 19, 23};
    struct um_statement g = {
        .what = UM_GENESIS, .roles = UM_ROLES_ALL, .by = key(0), .wall_ms = 1};

    m->ties[0] = num(w[1]);
    end(m);
    m->mesh = id_of(ID_STATEMENT, 0, 0);
    g.id = m->mesh;
    g.first = rev_id(m, 0);
    um_roster_init(&m->roster, &m->mesh);
    um_history_init(&m->history, salt);
    say(add_statement(m, &g));
}

static void on_rev(struct mesh *m, char **w)
{
    struct um_name first[UM__CAP_NAMES], parents[UM__CAP_NAMES];
    uint64_t i = num(w[1]);
    struct um_revision r = {.mesh = m->mesh};
    struct um_need need;

    if (i >= IDS_MAX)
        die("too many revisions");
    m->ties[i] = num(w[2]);
    r.id = rev_id(m, i);
    r.by = key(num(w[3]));
    r.number = num(w[4]);
    r.wall_ms = num(w[5]);
    r.policy = (enum um_rev_policy)num(w[6]);
    r.deadline_ms = num(w[7]);
    r.by_machine = num(w[8]) != 0;
    r.doc = r.id;
    r.first = (struct um_namelist){first, list(m, w[9], ID_KEY, first, true)};
    r.parents_n = (uint8_t)list(m, w[10], ID_REV, parents, false);
    memcpy(r.parents, parents, r.parents_n * sizeof *parents);
    if (r.parents_n == 0)
        r.mesh = (struct um_name){{0}};
    say(um_history_add_revision(&m->history, &m->roster, &r, num(w[11]),
                                &need));
}

static void on_fact(struct mesh *m, char **w)
{
    struct um_name nodes[UM__CAP_NAMES];
    struct um_fact f = {.mesh = m->mesh};
    struct um_need need;

    f.id = id_of(ID_FACT, num(w[1]), num(w[1]));
    f.revision = rev_id(m, num(w[2]));
    f.what = w[3][0] == 'O' ? UM_OPEN : w[3][0] == 'C' ? UM_CONFIRM : UM_ABORT;
    f.by = key(num(w[4]));
    f.wall_ms = num(w[5]);
    f.nodes = (struct um_namelist){nodes, list(m, w[6], ID_KEY, nodes, true)};
    say(um_history_add_fact(&m->history, &m->roster, &f, &need));
}

static void on_statement(struct mesh *m, char **w)
{
    struct um_name ids[UM__CAP_NAMES];
    struct um_statement s = {
        .mesh = m->mesh, .by = key(0), .wall_ms = 1, .what = UM_VOID};
    struct um_namelist set;

    s.id = id_of(ID_STATEMENT, num(w[1]) + 1, num(w[1]));
    if (w[0][0] == 'g') {
        s.what = UM_GRANT;
        s.key = key(num(w[2]));
        s.roles = (uint8_t)num(w[3]);
    } else if (w[0][0] == 'r') {
        set = (struct um_namelist){ids, list(m, w[3], ID_REV, ids, true)};
        s.what = UM_REVOKE;
        s.key = key(num(w[2]));
        s.keep = set;
    } else {
        s.ids = (struct um_namelist){ids, list(m, w[2], ID_REV, ids, true)};
    }
    say(add_statement(m, &s));
}

/* The number of a revision, which is in its id. */
static long number_in(const struct um_past *p)
{
    return p == NULL ? -1 : (long)p->rev.id.b[14] << 8 | p->rev.id.b[15];
}

static void on_view(struct mesh *m, char **w)
{
    char *at = w[2];

    if (um_view_update(&m->view, &m->history, &m->roster, num(w[1])) != 0)
        die("no memory");
    printf("heads");
    for (size_t i = 0; i < m->view.heads_n; i++)
        printf(" %ld", number_in(um_history_at(&m->history, m->view.heads[i])));
    printf(" more %zu desired", m->view.unlisted_n);
    while (*at != 0) {
        struct um_name k = key(strtoull(at, &at, 10));

        printf(" %ld", number_in(um_view_desired(&m->view, &m->history,
                                                 &m->roster, &k)));
        if (*at == ',')
            at++;
    }
    puts("");
}

static const struct {
    const char *word;
    size_t words;
    void (*run)(struct mesh *m, char **w);
} verbs[] = {
    {"begin", 2, on_begin},      {"rev", 12, on_rev},
    {"fact", 7, on_fact},        {"grant", 4, on_statement},
    {"revoke", 4, on_statement}, {"void", 3, on_statement},
    {"view", 3, on_view},
};

static void on_line(struct mesh *m, char *line)
{
    char *w[WORDS_MAX], *save = NULL;
    size_t n = 0;

    for (char *t = strtok_r(line, " \n", &save); t != NULL && n < WORDS_MAX;
         t = strtok_r(NULL, " \n", &save))
        w[n++] = t;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (n == verbs[i].words && strcmp(w[0], verbs[i].word) == 0) {
            verbs[i].run(m, w);
            return;
        }
    }
    die("a line that is none");
}

int main(void)
{
    static struct mesh m;
    static char line[LINE_MAX_BYTES];

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL)
        on_line(&m, line);
    end(&m);
    return 0;
}
