package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion script, asked by a real bash. */
class CompletionScriptsTest {
    @TempDir
    Path folder;

    private List<String> complete(String... words) throws Exception {
        Path script = folder.resolve("completion");
        Files.writeString(script, CompletionScripts.of("bash"));
        Path client = folder.resolve("mainstay");
        Files.writeString(
                client,
                "#!/bin/sh\n"
                        + "[ \"$2\" = settings ] && echo \"restore=\" && echo \"$4-$5-$6\" && exit\n"
                        + "echo pg; echo \"vip-$2\"\n");
        assertThat(client.toFile().setExecutable(true)).isTrue();
        StringBuilder line = new StringBuilder("PATH=" + folder + ":$PATH; . " + script + "; COMP_WORDS=(");
        for (String word : words) {
            line.append('\'').append(word).append("' ");
        }
        line.append("); COMP_CWORD=")
                .append(words.length - 1)
                .append("; _mainstay; printf '%s\\n' \"${COMPREPLY[@]}\"");
        Process process = new ProcessBuilder("bash", "-c", line.toString())
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
    void zshGetsTheSameThroughItsBashLayer() {
        assertThat(CompletionScripts.of("zsh")).startsWith("#compdef mainstay ").contains("bashcompinit");
    }
}
