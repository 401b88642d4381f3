# Completion of notify for fish.
function __notify_is --argument-names command
    set --local words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $command
end
function __notify_sends
    not __notify_is run; and not __notify_is done
end
function __notify_has_command
    __notify_is run; and contains -- -- (commandline -opc)
end

complete -c notify -f
complete -c notify -n 'test (count (commandline -opc)) = 1' -a run -d 'Run a command and tell how it ended'
complete -c notify -n 'test (count (commandline -opc)) = 1' -a done -d 'Tell when a process ends'
complete -c notify -n 'not __notify_has_command' -s t -l title -x -d 'Bold first line'
complete -c notify -n 'not __notify_has_command' -l silent -d 'The phone makes no sound'
complete -c notify -n 'not __notify_has_command' -l urgent -d 'Pass quiet hours'
complete -c notify -n 'not __notify_has_command' -s h -l help -d 'Show the help'
complete -c notify -n __notify_sends -s i -l image -r -F -d 'A PNG or JPEG'
complete -c notify -n __notify_sends -s f -l file -r -F -d 'A document'
complete -c notify -n __notify_sends -l table -r -F -d 'A CSV file, shown as a table'
complete -c notify -n __notify_sends -l pre -d 'A block of code'
complete -c notify -n __notify_sends -l markdown -d 'The text is Markdown'
complete -c notify -n __notify_sends -l html -d 'The text is HTML'
complete -c notify -n __notify_sends -l plain -d 'The text is shown as it stands'
complete -c notify -n __notify_sends -l key -x -d 'Send it once'
complete -c notify -n __notify_sends -l button -x -d 'A button that opens an address'
complete -c notify -n __notify_sends -l wait -x -d 'Wait for the phone, in seconds'
complete -c notify -n __notify_sends -l json -d "Print the bot's answer"
complete -c notify -n __notify_sends -l version -d 'Show the version'
complete -c notify -n '__notify_is run; and not __notify_has_command' -l if-longer -x -a '30s 5m 1h' -d 'Tell only of what took so long'
complete -c notify -n '__notify_is run; and not __notify_has_command' -l only-failure -d 'Tell only of a failure'
complete -c notify -n '__notify_is run; and not __notify_has_command' -l tail -d 'Tell the last lines'
complete -c notify -n __notify_has_command -x -a '(__fish_complete_subcommand --fcs-skip=(math (contains -i -- -- (commandline -opc))))'
complete -c notify -n '__notify_is done' -l pid -x -a '(__fish_complete_pids)' -d 'The process to wait for'
