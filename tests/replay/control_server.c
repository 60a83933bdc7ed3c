/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mesh/control on a pipe, for replay_mesh.py, which plays the daemon around
 * it. A line is words between blanks; bytes are in hexadecimal, "-" is none.
 *
 *     ask METHOD PATH TYPE BODY SEALED   ->  KIND STATUS TYPE BODY CONFIG
 *     keep                               ->  kept       what was last made
 *     vault HASH BYTES                   ->  kept       for the vault
 *
 * CONFIG is what this node's Unit is to run, if the kind is "change".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/control/control.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"

enum { WORDS_MAX = 6, VAULT_MAX = 64 };

struct server {
    struct um_arena arena; /* of the document */
    struct um_val document;
    struct um_buf made;
    struct um_control_node node;
    struct um_control_vault vault;
    struct um_buf hash[VAULT_MAX];
    struct um_buf bytes[VAULT_MAX];
    size_t count;
};

static void die(const char *why)
{
    (void)fprintf(stderr, "control_server: %s\n", why);
    exit(1);
}

static int vault_read(void *user, enum um_bundle_kind kind, struct um_str hash,
                      struct um_buf *out)
{
    const struct server *s = user;

    (void)kind;
    for (size_t i = 0; i < s->count; i++) {
        if (um_str_eq(um_buf_view(&s->hash[i]), hash)) {
            um_buf_str(out, um_buf_view(&s->bytes[i]));
            return 0;
        }
    }
    return P2P_ENOTFOUND;
}

/* Reads a document, the one that is in force from now on. */
static void become(struct server *s, struct um_str text)
{
    struct um_arena fresh = UM_ARENA_INIT;

    if (um_doc_parse(text, &fresh, &s->document, NULL) != 0)
        die("what was made is no document");
    um_arena_fini(&s->arena);
    s->arena = fresh;
}

static struct um_str unhex(struct um_arena *a, struct um_str word)
{
    char *p = um_arena_alloc(a, word.len / 2 + 1);

    if (um_str_eq(word, UM_STR("-")))
        return um_str_n(NULL, 0);
    if (p == NULL || word.len % 2 != 0)
        die("a word is not in hexadecimal");
    for (size_t i = 0; i < word.len / 2; i++) {
        char two[3] = {word.p[2 * i], word.p[2 * i + 1], '\0'};
        char *end;

        p[i] = (char)strtol(two, &end, 16);
        if (*end != '\0')
            die("a word is not in hexadecimal");
    }
    return um_str_n(p, word.len / 2);
}

static void put_hex(struct um_str s)
{
    if (s.p == NULL)
        (void)putchar('-');
    for (size_t i = 0; i < s.len; i++)
        (void)printf("%02x", (unsigned)(unsigned char)s.p[i]);
}

/* What this node's Unit would be given of the document that was made. */
static void put_config(struct server *s, struct um_arena *a)
{
    const struct um_meshdoc_node node = {.facts = s->node.facts};
    struct um_buf text = UM_BUF_INIT;
    struct um_meshdoc doc;
    struct um_val v, config;

    if (um_doc_parse(um_buf_view(&s->made), a, &v, NULL) != 0 ||
        um_meshdoc_init(&doc, a, &v, NULL) != 0 ||
        um_meshdoc_effective(a, &doc, &node, &config, NULL) != 0 ||
        um_doc_print(&text, &config) != 0)
        die("what was made has no configuration");
    put_hex(um_buf_view(&text));
    um_buf_fini(&text);
}

static void ask(struct server *s, struct um_arena *a, const struct um_str *word)
{
    static const char *const kinds[] = {"elsewhere", "answer", "change", "seal",
                                        "adopt"};
    const struct um_control_state state = {.document = &s->document,
                                           .revision = UM_STR("r1.0000"),
                                           .node = &s->node,
                                           .vault = &s->vault};
    const struct um_control_request req = {.method = unhex(a, word[1]),
                                           .path = unhex(a, word[2]),
                                           .content_type = unhex(a, word[3]),
                                           .body = unhex(a, word[4]),
                                           .sealed = unhex(a, word[5])};
    struct um_control_answer out;

    um_control_answer(a, &state, &req, &out);
    um_buf_clear(&s->made);
    um_buf_str(&s->made, out.document);
    (void)printf("%s %u %s ", kinds[out.kind], out.status,
                 out.type != NULL ? out.type : "-");
    put_hex(out.body);
    (void)putchar(' ');
    if (out.kind == UM_CONTROL_CHANGE)
        put_config(s, a);
    else
        (void)putchar('-');
    (void)putchar('\n');
}

static void keep_bytes(struct server *s, struct um_arena *a,
                       const struct um_str *word)
{
    if (s->count == VAULT_MAX)
        die("the vault is full");
    um_buf_str(&s->hash[s->count], unhex(a, word[1]));
    um_buf_str(&s->bytes[s->count++], unhex(a, word[2]));
    (void)puts("kept");
}

static void obey(struct server *s, struct um_str line)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_str word[WORDS_MAX] = {{NULL, 0}};
    size_t n = 0;

    while (line.len > 0 && n < WORDS_MAX) {
        word[n] = um_str_head(line, um_str_find(line, ' '));
        line = um_str_skip(line, word[n++].len + 1);
    }
    if (n == WORDS_MAX && um_str_eq(word[0], UM_STR("ask"))) {
        ask(s, &a, word);
    } else if (n == 1 && um_str_eq(word[0], UM_STR("keep"))) {
        become(s, um_buf_view(&s->made));
        (void)puts("kept");
    } else if (n == 3 && um_str_eq(word[0], UM_STR("vault"))) {
        keep_bytes(s, &a, word);
    } else {
        die("there is no such order");
    }
    (void)fflush(stdout);
    um_arena_fini(&a);
}

int main(int argc, char **argv)
{
    static struct server s;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (argc != 4)
        die("usage: control_server unit|freeunit njs|plain MODULES_JSON");
    s.node = (struct um_control_node){
        .facts = {UM_STR("12D3KooWReplay"), UM_STR("replay"), NULL, 0},
        .flavour = strcmp(argv[1], "freeunit") == 0 ? UM_STANDIN_FREEUNIT
                                                    : UM_STANDIN_UNIT,
        .njs = strcmp(argv[2], "njs") == 0,
        .modules_json = argv[3]};
    s.vault = (struct um_control_vault){&s, vault_read};
    become(&s, UM_STR("{\"base\": {\"listeners\": {}, \"routes\": [], "
                      "\"applications\": {}}}"));
    while ((n = getline(&line, &room, stdin)) > 0)
        obey(&s, um_str_n(line, (size_t)n - (line[n - 1] == '\n')));
    free(line);
    return 0;
}
