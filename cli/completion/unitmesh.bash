# SPDX-License-Identifier: MIT OR Apache-2.0
# Completion of unitmesh for bash: the program itself knows the words.
_unitmesh() {
    local line=${COMP_LINE:0:COMP_POINT} prefix='' cur word text
    local -a words=()
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    words=("${words[@]//\\/}")
    cur=${words[-1]}
    # Readline puts its word behind the last = or : that was typed.
    [[ $cur == *[=:]* ]] && prefix=${cur%"${cur##*[=:]}"}
    COMPREPLY=()
    while IFS=$'\t' read -r word text; do
        if [[ $word == :files ]]; then
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY \
                < <(compgen -f -- "${cur#"$prefix"}")
            compopt -o filenames
        else
            printf -v word %q "${word#"$prefix"}"
            COMPREPLY+=("$word")
        fi
    done < <("${1/#\~/$HOME}" __complete "${words[@]:1}" 2> /dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=] ]]; then
        compopt -o nospace
    fi
}
complete -F _unitmesh unitmesh
