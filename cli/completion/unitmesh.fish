# SPDX-License-Identifier: MIT OR Apache-2.0
# Completion of unitmesh for fish: the program itself knows the words.
function __unitmesh_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -l cur (commandline -ct)
    set -e words[1]
    for line in ($program __complete $words "$cur" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$cur")
        else
            echo $line
        end
    end
end
complete -c unitmesh -f -a '(__unitmesh_complete)'
