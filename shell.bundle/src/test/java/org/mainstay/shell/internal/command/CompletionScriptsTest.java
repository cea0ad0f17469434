package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion scripts, asked by a real bash and a real zsh. */
class CompletionScriptsTest {
    @TempDir
    Path folder;

    private List<String> complete(String... words) throws Exception {
        return ask("bash", "COMP_WORDS=(%s); COMP_CWORD=%d; _mainstay; printf '%%s\\n' \"${COMPREPLY[@]}\"", words);
    }

    /** As zsh asks functions that were written for bash; it chooses by what is typed later. */
    private List<String> completeInZsh(String... words) throws Exception {
        return ask(
                "zsh",
                "ask() { local -a COMP_WORDS COMPREPLY; COMP_WORDS=(%s); COMP_CWORD=%d; compgen -F _mainstay; }; ask",
                words);
    }

    private List<String> ask(String shell, String question, String... words) throws Exception {
        Path script = folder.resolve("completion");
        Files.writeString(script, CompletionScripts.of(shell));
        Path client = folder.resolve("mainstay");
        Files.writeString(
                client,
                "#!/bin/sh\n"
                        + "[ \"$2\" = settings ] && echo \"restore=\" && echo \"$4-$5-$6\" && exit\n"
                        + "echo pg; echo \"vip-$2\"\n");
        assertThat(client.toFile().setExecutable(true)).isTrue();
        String typed = Stream.of(words).map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        // a terminal would have loaded compinit
        String interactive = shell.equals("zsh") ? "compdef() { : ; }; " : "";
        Process process = new ProcessBuilder(
                        shell,
                        "-c",
                        interactive + "PATH=" + folder + ":$PATH; . " + script + "; "
                                + question.formatted(typed, words.length - 1))
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed.lines().toList();
    }

    @Test
    void nounsVerbsOptionsAndNames() throws Exception {
        assertThat(complete("mainstay", "res")).containsExactly("resource");
        assertThat(complete("mainstay", "resource", "")).contains("create", "extend", "priorities", "--help");
        assertThat(complete("mainstay", "resource", "show", "")).contains("pg", "vip-tags", "--json");
        assertThat(complete("mainstay", "resource", "extend", "pg", "--to", "")).contains("pg", "vip-servers");
        assertThat(complete("ins_list", "-")).contains("-t", "-R");
        assertThat(complete("ins_list", "-t", "v")).containsExactly("vip-tags");
        assertThat(complete("mainstay", "nosuch", "x")).as("nothing").containsExactly("");
    }

    @Test
    void optionsAndParametersOfferWhatTheyTake() throws Exception {
        assertThat(complete("ins_setst", "-t", "pg", "-S", "")).containsExactly("ISP", "ISU", "OSU");
        assertThat(complete("ins_setit", "-I", "")).containsExactly("AUTORES_ISP", "INIT_ISP", "INIT_OSU");
        assertThat(complete("ins_setchkint", "-c", "d")).containsExactly("deep");
        assertThat(complete("perform_action", "-t", "pg", "-a", "re")).containsExactly("restore", "remove", "recover");
        assertThat(complete("dep_create", "-p", "")).containsExactly("pg", "vip-tags");
        assertThat(complete("flg_remove", "-f", "")).containsExactly("pg", "vip-flags");
        assertThat(complete("app_remove", "-a", "")).containsExactly("pg", "vip-applications");
        assertThat(complete("mainstay", "completion", "")).contains("bash", "zsh");
        assertThat(complete("mainstay", "events", "--lang", "")).containsExactly("en", "ja");
        assertThat(complete("mainstay", "node", "set", "A", "--shutdown-strategy", ""))
                .containsExactly("stay", "switch-over");
        assertThat(complete("mainstay", "dependency", "create", "pg", "")).contains("pg", "vip-tags");
        assertThat(complete("mainstay", "kit", "remove", "")).contains("vip-kits");
        assertThat(complete("mainstay", "operation", "abort", "")).contains("vip-operations");
        assertThat(complete("mainstay", "resource", "create", ""))
                .contains("vip-types")
                .doesNotContain("vip-tags");
        assertThat(complete("mainstay", "kit", "install", "a")).as("a file").containsExactly("");
    }

    @Test
    void settingsAreThoseOfTheTypeOrResourceNamed() throws Exception {
        assertThat(complete("mainstay", "resource", "create", "app", "--set", "res"))
                .containsExactly("restore=");
        assertThat(complete("mainstay", "resource", "set", "pg", ""))
                .as("the words so far are handed over")
                .contains("restore=", "mainstay-resource-set")
                .doesNotContain("vip-tags");
        assertThat(complete("mainstay", "resource", "set", ""))
                .contains("vip-tags")
                .doesNotContain("restore=");
    }

    @Test
    void zshGetsTheSameThroughItsBashLayer() throws Exception {
        assertThat(CompletionScripts.of("zsh")).startsWith("#compdef mainstay ").contains("bashcompinit");
        assumeTrue(
                Stream.of("/usr/bin/zsh", "/bin/zsh").anyMatch(file -> Files.isExecutable(Path.of(file))),
                "zsh is not installed");
        assertThat(completeInZsh("mainstay", "res")).contains("resource");
        assertThat(completeInZsh("ins_list", "-t", "v")).containsExactly("pg", "vip-tags");
        assertThat(completeInZsh("ins_setst", "-t", "pg", "-S", "")).containsExactly("ISP", "ISU", "OSU");
        assertThat(completeInZsh("mainstay", "resource", "set", "pg", ""))
                .contains("restore=", "mainstay-resource-set");
    }
}
