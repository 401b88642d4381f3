#compdef notify
# Completion of notify for zsh.
local -a shared sending
shared=(
    '(-t --title)'{-t,--title}'[bold first line]:text:'
    '--silent[the phone makes no sound]'
    '--urgent[pass quiet hours]'
    '(- *)'{-h,--help}'[show the help]'
)
sending=(
    '*'{-i,--image}'[a PNG or JPEG]:picture:_files -g "*.(png|jpg|jpeg)"'
    '*'{-f,--file}'[a document]:file:_files'
    '--table[a CSV file, shown as a table]:table:_files -g "*.(csv|tsv|txt)"'
    '(--markdown --html --plain)--pre[a block of code]'
    '(--pre --html --plain)--markdown[the text is Markdown]'
    '(--pre --markdown --plain)--html[the text is HTML]'
    '(--pre --markdown --html)--plain[the text is shown as it stands]'
    '--key[send it once]:name:'
    '*--button[a button that opens an address]:TEXT=URL:'
    '--wait[wait for the phone]:seconds:'
    "--json[print the bot's answer]"
    '(- *)--version[show the version]'
    '*:text:'
)
case ${words[2]} in
    run)
        (( CURRENT-- )); shift words
        _arguments -S $shared \
            '--if-longer[tell only of what took so long]:span:(30s 5m 1h)' \
            '--only-failure[tell only of a failure]' \
            '--tail=-[tell the last lines]::lines:' \
            '(-)*::command:_normal'
        ;;
    done)
        (( CURRENT-- )); shift words
        _arguments $shared '--pid[the process to wait for]:process:_pids'
        ;;
    *)
        if (( CURRENT == 2 )) && [[ ${words[2]} != -* ]]; then
            _values 'command' 'run[run a command and tell how it ended]' 'done[tell when a process ends]'
        else
            _arguments $shared $sending
        fi
        ;;
esac
