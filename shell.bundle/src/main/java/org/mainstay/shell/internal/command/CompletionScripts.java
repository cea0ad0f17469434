package org.mainstay.shell.internal.command;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.shell.internal.registry.CommandRegistry;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Completion scripts, made from the definitions of the commands: for each command its options and what is below it, for each option and
 * parameter what it takes. That comes from its {@code completionCandidates}, else from its label; words such as {@code @tags} are asked of
 * the cluster ({@code mainstay complete}).
 */
public final class CompletionScripts {
    private static final String FILES = "";

    /** What a label of the commands' help stands for. */
    private static final Map<String, Set<String>> LABELS = Map.of(
            "@tags",
                    Set.of(
                            "TAG",
                            "PARENT",
                            "CHILD",
                            "tag",
                            "tag-name",
                            "othertag",
                            "parent",
                            "child",
                            "roottag",
                            "top"),
            "@servers", Set.of("NAME", "destsys", "destname", "sys", "othersys"),
            "@types", Set.of("TYPE", "restyp", "typ"),
            "@applications", Set.of("appname"),
            "@flags", Set.of("flag"),
            "@operations", Set.of("ID"),
            "@settings", Set.of("KEY=VALUE", "[TAG.]KEY=VALUE"),
            "SHARED", Set.of("SHARED"));

    private CompletionScripts() {}

    /** @param shell {@code bash} or {@code zsh} */
    public static String of(String shell) {
        CommandRegistry registry = Programs.registry();
        Map<String, String> places = new LinkedHashMap<>();
        Map<String, String> values = new LinkedHashMap<>();
        for (String name : registry.names()) {
            add(registry.model(name), name, places, values);
        }
        StringBuilder text = new StringBuilder();
        if (shell.equals("zsh")) {
            text.append("#compdef ").append(String.join(" ", registry.names())).append("\n");
            text.append("autoload -U +X bashcompinit && bashcompinit\n");
        }
        text.append("# Completion of Mainstay's commands; made by 'mainstay completion ")
                .append(shell)
                .append("'.\n");
        function("_mainstay_words", places, text);
        function("_mainstay_values", values, text);
        text.append(BODY);
        text.append("complete -o default -F _mainstay ")
                .append(String.join(" ", registry.names()))
                .append("\n");
        return text.toString();
    }

    private static void function(String name, Map<String, String> answers, StringBuilder text) {
        text.append(name).append("() {\n    case \"$1\" in\n");
        answers.forEach((place, words) -> text.append("    '")
                .append(place)
                .append("') echo '")
                .append(words)
                .append("' ;;\n"));
        text.append("    *) return 1 ;;\n    esac\n}\n");
    }

    private static void add(CommandLine line, String place, Map<String, String> places, Map<String, String> values) {
        TreeSet<String> words = new TreeSet<>();
        line.getSubcommands().forEach((name, below) -> {
            if (name.equals(below.getCommandName())
                    && !below.getCommandSpec().usageMessage().hidden()) {
                words.add(name);
                add(below, place + " " + name, places, values);
            }
        });
        for (OptionSpec option : line.getCommandSpec().options()) {
            if (!option.hidden()) {
                words.add(option.longestName());
            }
            if (option.arity().max() > 0) {
                for (String name : option.names()) {
                    values.put(place + " " + name, takes(option));
                }
            }
        }
        for (PositionalParamSpec parameter : line.getCommandSpec().positionalParameters()) {
            boolean several = parameter.index().max() == Integer.MAX_VALUE
                    || parameter.arity().max() > 1;
            values.put(place + " :" + (several ? "*" : parameter.index().min()), takes(parameter));
        }
        places.put(place, String.join(" ", words));
    }

    private static String takes(ArgSpec argument) {
        if (argument.completionCandidates() != null) {
            return String.join(" ", argument.completionCandidates());
        }
        String label = argument.paramLabel();
        for (Map.Entry<String, Set<String>> labels : LABELS.entrySet()) {
            if (labels.getValue().contains(label)) {
                return labels.getKey();
            }
        }
        // such as stay|switch-over: the words themselves
        return label.contains("|") && label.matches("[A-Za-z|-]+") ? label.replace('|', ' ') : FILES;
    }

    private static final String BODY = """
            _mainstay() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                local place="${COMP_WORDS[0]##*/}" client="${COMP_WORDS[0]%/*}/mainstay" word words all="" at=0 i
                [ "${COMP_WORDS[0]}" = "${COMP_WORDS[0]##*/}" ] && client=mainstay
                COMPREPLY=()
                if [ "$current" = "=" ] || [ "$previous" = "=" ]; then
                    COMPREPLY=($(compgen -f -- "${current#=}"))
                    return
                fi
                for ((i = 1; i < COMP_CWORD; i++)); do
                    word="${COMP_WORDS[i]}"
                    if [ "$at" = 0 ] && _mainstay_words "$place $word" >/dev/null; then
                        place="$place $word"
                    elif _mainstay_values "$place $word" >/dev/null; then
                        i=$((i + 1))
                    elif [ "${word#-}" = "$word" ]; then
                        at=$((at + 1))
                    fi
                done
                if [ "$i" -gt "$COMP_CWORD" ]; then
                    words="$(_mainstay_values "$place $previous")"
                else
                    words="$(_mainstay_values "$place :$at" || _mainstay_values "$place :*")"
                    words="$words $(_mainstay_words "$place")"
                fi
                for word in $words; do
                    case "$word" in
                    @*) word="$("$client" complete "${word#@}" -- "${COMP_WORDS[@]:0:$COMP_CWORD}" 2>/dev/null | tr '\\n' ' ')" ;;
                    esac
                    all="$all $word"
                done
                COMPREPLY=($(compgen -W "$all" -- "$current"))
                case "${COMPREPLY[*]}" in
                *=) compopt -o nospace 2>/dev/null ;;
                esac
                return 0
            }
            """;
}
