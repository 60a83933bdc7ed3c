/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage: slots-writer write|look FILE
 *
 * write: writes one text after the other into a file of two places, and says
 * the number of each once it is synced, until it is killed. look: says the
 * number of the text that is there, and fails if it is not whole.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/app/slots.h"
#include "p2p/err.h"

/* Some are longer than the file is, which is made anew for them. */
static void text_of(unsigned long n, struct um_buf *out)
{
    size_t len = 100 + n * 7919 % 9000 + n / 200 * 4000 % 90000;

    um_buf_clear(out);
    um_buf_fmt(out, "%lu ", n);
    for (size_t i = 0; i < len; i++)
        um_buf_byte(out, (char)('a' + (n + i) % 26));
}

static int fail(const char *what, int rv)
{
    printf("%s: %s\n", what, p2p_err_text(rv));
    return 1;
}

/* The number of a text; 0 if it is none of text_of(). */
static unsigned long number_of(const struct um_buf *text)
{
    struct um_buf like = UM_BUF_INIT;
    unsigned long n = 0;
    char digits[24] = "";

    memcpy(digits, text->p, text->len < 20 ? text->len : 20);
    n = strtoul(digits, NULL, 10);
    text_of(n, &like);
    if (!um_str_eq(um_buf_view(&like), um_buf_view(text)))
        n = 0;
    um_buf_fini(&like);
    return n;
}

/* Writes on from a number, until a write fails or it is killed. */
static int go_on(struct um_slots *s, int dir, const char *name, unsigned long n)
{
    struct um_buf text = UM_BUF_INIT;
    int rv = 0;

    while (rv == 0) {
        text_of(++n, &text);
        rv = um_slots_save(s, dir, name, um_buf_view(&text));
        if (rv == 0)
            printf("%lu\n", n);
        (void)fflush(stdout);
    }
    um_buf_fini(&text);
    return fail("a write", rv);
}

int main(int argc, char **argv)
{
    struct um_slots s = {.fd = -1};
    struct um_buf text = UM_BUF_INIT;
    char folder[512], file[512];
    const char *name;
    unsigned long n = 0;
    int dir, rv;

    if (argc < 3)
        return 2;
    (void)snprintf(folder, sizeof folder, "%s", argv[2]);
    (void)snprintf(file, sizeof file, "%s", argv[2]);
    name = basename(file);
    dir = open(dirname(folder), O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    rv = dir < 0 ? P2P_EIO : um_slots_load(&s, dir, name, &text);
    if (rv != 0 && rv != P2P_ENOTFOUND)
        return fail("what is there", rv);
    if (rv == 0)
        n = number_of(&text);
    if (rv == 0 && n == 0)
        return fail("what is there is no text of these", P2P_EFORMAT);
    um_buf_fini(&text);
    if (strcmp(argv[1], "write") == 0)
        return go_on(&s, dir, name, n);
    printf("%lu\n", n);
    um_slots_close(&s);
    return 0;
}
