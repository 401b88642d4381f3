# Completion of notify for bash, loaded by the package bash-completion.
_notify() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} options word i
    COMPREPLY=()
    options='--title --image --file --table --pre --markdown --html --plain --silent --urgent --key --button --wait --json --help --version'
    case ${COMP_WORDS[1]} in
        run)
            options='--title --if-longer --only-failure --tail --silent --urgent --help --'
            for ((i = 2; i < COMP_CWORD; i++)); do
                [ "${COMP_WORDS[i]}" != -- ] || break
            done
            if [ "$i" -lt "$COMP_CWORD" ]; then
                # The command's own completion, else commands, then files.
                if declare -F _command_offset > /dev/null; then
                    _command_offset $((i + 1))
                elif [ $((i + 1)) = "$COMP_CWORD" ]; then
                    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
                fi
                return
            fi
            ;;
        done) options='--pid --title --silent --urgent --help' ;;
    esac
    case $previous in
        -i | --image | -f | --file | --table) return ;;
        --pid)
            mapfile -t COMPREPLY < <(compgen -W "$(ps -o pid= -u "$(id -u)")" -- "$cur")
            return
            ;;
    esac
    word=''
    [ "$COMP_CWORD" != 1 ] || word='run done'
    case $cur in
        -*) word=$options ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
}
complete -o default -F _notify notify
