/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See security.h. TLS is there if p2p-tls was when this was built. */
#include "security.h"

#include <string.h>

#ifdef WITH_TLS
#include <p2p/tls.h>
#endif

static const struct {
    const char *name;
    const struct p2p_security *(*get)(void);
} known[] = {
    {"noise", p2p_security_noise},
#ifdef WITH_TLS
    {"tls", p2p_security_tls},
#endif
};

#define N_KNOWN (sizeof known / sizeof known[0])

const char *security_names(void)
{
    return N_KNOWN > 1 ? "noise,tls" : "noise";
}

/* The protocol of a name of `len` letters, or NULL. */
static const struct p2p_security *find(const char *name, size_t len)
{
    for (size_t i = 0; i < N_KNOWN; i++) {
        if (strlen(known[i].name) == len &&
            strncmp(known[i].name, name, len) == 0) {
            return known[i].get();
        }
    }
    return NULL;
}

static bool has(const struct p2p_security *const *list, size_t n,
                const struct p2p_security *one)
{
    while (n > 0 && list[n - 1] != one) {
        n--;
    }
    return n > 0;
}

bool security_list(const char *names,
                   const struct p2p_security *out[SECURITY_MAX])
{
    size_t n = 0;

    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        const struct p2p_security *one = find(names, len);

        if (one == NULL || has(out, n, one)) {
            return false;
        }
        out[n++] = one;
        names += len + (names[len] == ',');
    }
    out[n] = NULL;
    return n > 0;
}
