/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See qr.h. Happy path: two rows of modules are a line. Failure modes: rows
 * that are no square; a terminal that is too narrow, which would break lines.
 */
#include "cli/qr.h"

#include <string.h>
#include <yyjson.h>

#include "cli/style.h"

/* Light modules around it, as ISO/IEC 18004 wants them. */
#define QUIET 4U

/* Colours 16 and 231 are black and white; the first sixteen are anybody's. */
#define BEGIN "\033[38;5;16;48;5;231m"
#define END   "\033[m"

/* A code: its rows. */
struct code {
    size_t side;
    const char *rows[UM_CLI_QR_SIDE];
};

static bool read_rows(struct code *q, yyjson_val *rows)
{
    yyjson_val *v;
    size_t i, n;

    q->side = yyjson_arr_size(rows);
    if (q->side == 0 || q->side > UM_CLI_QR_SIDE) {
        return false;
    }
    yyjson_arr_foreach(rows, i, n, v)
    {
        q->rows[i] = yyjson_get_str(v);
        if (q->rows[i] == NULL || strspn(q->rows[i], "01") != q->side ||
            q->rows[i][q->side] != '\0') {
            return false;
        }
    }
    return true;
}

/* Whether a module is dark; those around the code are not. */
static bool is_dark(const struct code *q, size_t y, size_t x)
{
    return y >= QUIET && y < q->side + QUIET && x >= QUIET &&
           x < q->side + QUIET && q->rows[y - QUIET][x - QUIET] == '1';
}

void um_cli_qr(FILE *out, yyjson_val *rows)
{
    /* Nothing, the upper half, the lower one, both. */
    static const char *const halves[] = {" ", "\xe2\x96\x80", "\xe2\x96\x84",
                                         "\xe2\x96\x88"};
    bool colours = um_style_colours(out);
    size_t room = um_style_columns(out), side;
    struct code q;

    if (!read_rows(&q, rows)) {
        (void)fputs("There is no QR code of it.\n", out);
        return;
    }
    side = q.side + 2 * QUIET;
    if (room > 0 && room < side) {
        (void)fprintf(out, "Its QR code takes %zu columns; here are %zu.\n",
                      side, room);
        return;
    }
    for (size_t y = 0; y < side; y += 2) {
        (void)fputs(colours ? BEGIN : "", out);
        for (size_t x = 0; x < side; x++) {
            unsigned dark = (unsigned)is_dark(&q, y, x) |
                            (unsigned)is_dark(&q, y + 1, x) << 1;

            (void)fputs(halves[colours ? dark : 3 - dark], out);
        }
        (void)fprintf(out, "%s\n", colours ? END : "");
    }
}
