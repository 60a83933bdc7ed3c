/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The files that shells read to complete words, put into the program when it is
 * built: what is installed and what is printed is the same. */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

#include "cli/answer.h"

static int completion(struct um_cli *c)
{
    const struct {
        const char *name;
        const char *text;
        size_t len;
    } shells[] = {{"bash", um_bash_text, um_bash_bytes},
                  {"zsh", um_zsh_text, um_zsh_bytes},
                  {"fish", um_fish_text, um_fish_bytes}};

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, c->words[0]) == 0) {
            return fwrite(shells[i].text, 1, shells[i].len, stdout) ==
                           shells[i].len
                       ? UM_EXIT_DONE
                       : UM_EXIT_ERROR;
        }
    }
    return um_cli_wrong(c, c->words[0], "must be bash, zsh or fish");
}

static const struct um_cli_verb completion_verbs[] = {
    {NULL, "bash|zsh|fish",
     "Prints what makes a shell complete words, of this program and of the "
     "mesh:\n\n"
     "  bash      source <(unitmesh completion bash)    in ~/.bashrc\n"
     "  zsh       source <(unitmesh completion zsh)     in ~/.zshrc, behind "
     "compinit\n"
     "  fish      unitmesh completion fish | source     in "
     "~/.config/fish/config.fish",
     0, completion},
};

const struct um_cli_command um_cli_completion[] = {
    UM_CLI_COMMAND("completion", "what makes a shell complete words",
                   completion_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
