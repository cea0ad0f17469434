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
        Files.writeString(client, "#!/bin/sh\necho pg; echo \"vip-$2\"\n");
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
    void zshGetsTheSameThroughItsBashLayer() {
        assertThat(CompletionScripts.of("zsh")).startsWith("#compdef mainstay ").contains("bashcompinit");
    }
}
