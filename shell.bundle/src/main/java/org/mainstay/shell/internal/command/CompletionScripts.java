package org.mainstay.shell.internal.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.mainstay.shell.internal.registry.CommandRegistry;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Completion scripts, made from the definitions of the commands. What can follow the words so far is one list of words for each place; a
 * few words stand for names that are asked of the cluster ({@code mainstay complete}).
 */
public final class CompletionScripts {
    private CompletionScripts() {}

    /** @param shell {@code bash} or {@code zsh} */
    public static String of(String shell) {
        CommandRegistry registry = Programs.registry();
        Map<String, List<String>> places = new LinkedHashMap<>();
        for (String name : registry.names()) {
            add(registry.model(name), name, places);
        }
        StringBuilder text = new StringBuilder();
        if (shell.equals("zsh")) {
            text.append("#compdef ").append(String.join(" ", registry.names())).append("\n");
            text.append("autoload -U +X bashcompinit && bashcompinit\n");
        }
        text.append("# Completion of Mainstay's commands; made by 'mainstay completion ")
                .append(shell)
                .append("'.\n");
        text.append("_mainstay_words() {\n    case \"$1\" in\n");
        places.forEach((place, words) -> text.append("    '")
                .append(place)
                .append("') echo '")
                .append(String.join(" ", words))
                .append("' ;;\n"));
        text.append("    esac\n}\n");
        text.append(BODY);
        text.append("complete -o default -F _mainstay ")
                .append(String.join(" ", registry.names()))
                .append("\n");
        return text.toString();
    }

    private static void add(CommandLine line, String place, Map<String, List<String>> places) {
        TreeSet<String> words = new TreeSet<>();
        line.getSubcommands().forEach((name, below) -> {
            if (name.equals(below.getCommandName())
                    && !below.getCommandSpec().usageMessage().hidden()) {
                words.add(name);
                add(below, place + " " + name, places);
            }
        });
        for (OptionSpec option : line.getCommandSpec().options()) {
            if (!option.hidden()) {
                words.add(option.longestName());
            }
        }
        List<String> all = new ArrayList<>(words);
        line.getCommandSpec().positionalParameters().forEach(parameter -> {
            if (parameter.paramLabel().equals("TAG")) {
                all.add("@tags");
            } else if (parameter.paramLabel().equals("NAME")) {
                all.add("@servers");
            } else if (parameter.paramLabel().equals("TYPE")) {
                all.add("@types");
            }
        });
        places.put(place, all);
    }

    private static final String BODY = """
            _mainstay() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                local place="${COMP_WORDS[0]##*/}" word words="" client="${COMP_WORDS[0]%/*}/mainstay" i
                [ "${COMP_WORDS[0]}" = "${COMP_WORDS[0]##*/}" ] && client=mainstay
                case "$previous" in
                -t) words="@tags" ;;
                -d|-S|--on|--to|--from|--node|--no-system-failover|--no-resource-failover|--allow-failover) words="@servers" ;;
                *)
                    for ((i = 1; i < COMP_CWORD; i++)); do
                        word="$(_mainstay_words "$place ${COMP_WORDS[i]}")"
                        [ -n "$word" ] && place="$place ${COMP_WORDS[i]}"
                    done
                    words="$(_mainstay_words "$place")"
                    ;;
                esac
                for word in tags servers types; do
                    case " $words " in
                    *" @$word "*) words="${words/@$word/} $("$client" complete "$word" 2>/dev/null | tr '\\n' ' ')" ;;
                    esac
                done
                COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            """;
}
