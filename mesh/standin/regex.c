/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The seam to PCRE2. Expressions are compiled where they are used: a stand-in
 * is not fast. A subject that makes the matcher give up does not match.
 */
#include "mesh/standin/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MESSAGE_MAX = 256, MATCH_LIMIT = 100000 };

bool um_sregex_check(struct um_str pattern, struct um_buf *why)
{
    char message[MESSAGE_MAX];
    PCRE2_SIZE at = 0;
    int err = 0;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern.p, pattern.len, 0, &err, &at, NULL);

    if (code != NULL) {
        pcre2_code_free(code);
        return true;
    }
    pcre2_get_error_message(err, (PCRE2_UCHAR *)message, sizeof(message));
    um_buf_text(why, message);
    if (at < pattern.len) {
        um_buf_text(why, " at offset ");
        um_buf_u64(why, at);
    }
    return false;
}

bool um_sregex_match(struct um_str pattern, struct um_str subject)
{
    /* older PCRE2 takes no NULL, be it of no length */
    const char *bytes = subject.p != NULL ? subject.p : "";
    PCRE2_SIZE at;
    int err;
    int hits = -1;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern.p, pattern.len, 0, &err, &at, NULL);
    pcre2_match_data *data =
        code != NULL ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
    pcre2_match_context *ctx = pcre2_match_context_create(NULL);

    if (data != NULL && ctx != NULL) {
        pcre2_set_match_limit(ctx, MATCH_LIMIT);
        hits =
            pcre2_match(code, (PCRE2_SPTR)bytes, subject.len, 0, 0, data, ctx);
    }
    pcre2_match_context_free(ctx);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return hits >= 0;
}
