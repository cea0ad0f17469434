package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Whatever is typed: an exit code of the contract, a message where it is not 0, never an internal error. The seed is in the failure. */
@Timeout(900)
class ArgumentFuzzTest {
    private static final int LINES = 10_000;
    /** Commands that start programs. */
    private static final Set<String> LEFT_OUT = Set.of("lcdremexec", "lksupport", "sendevent");

    private static final List<String> WORDS = List.of(
            "",
            " ",
            "-",
            "--",
            "---",
            "-f:",
            "-f\u0001",
            "=",
            "@/etc/passwd",
            "${sys:user.home}",
            "%s%n",
            "vip",
            "pg",
            "A",
            "B",
            "0",
            "-1",
            "1025",
            "999999999999999999999",
            "1e9",
            "NaN",
            "key=value",
            "=value",
            "\u0000",
            "\n",
            "\u001b[31m",
            "'",
            "\"",
            "../../etc",
            "x".repeat(5_000),
            "\u00e9\u3042\ud83d\ude00");

    private final CommandRegistry registry = Programs.registry();

    private List<CommandLine> lines() {
        List<CommandLine> lines = new ArrayList<>();
        registry.names().stream()
                .filter(name -> !LEFT_OUT.contains(name))
                .forEach(name -> collect(registry.model(name), lines));
        return lines;
    }

    private static void collect(CommandLine line, List<CommandLine> lines) {
        lines.add(line);
        line.getSubcommands().values().forEach(below -> collect(below, lines));
    }

    /** Some words after a command: its options and anything else. */
    private static List<String> words(CommandLine line, Random random) {
        List<String> words =
                new ArrayList<>(List.of(line.getCommandSpec().qualifiedName().split(" ")));
        List<OptionSpec> options = line.getCommandSpec().options();
        // where -f means --follow, it does not end either
        boolean follows =
                options.stream().anyMatch(option -> option.longestName().equals("--follow"));
        int count = random.nextInt(7);
        for (int i = 0; i < count; i++) {
            String option = options.get(random.nextInt(options.size())).longestName();
            boolean endless = Set.of("--follow", "--interactive", "--wait").contains(option);
            String word = random.nextBoolean() && !endless ? option : WORDS.get(random.nextInt(WORDS.size()));
            words.add(follows && word.startsWith("-f") ? "-" : word);
        }
        return words;
    }

    // covers CMD-002 CMD-003 CMD-010
    @Test
    void anythingCanBeTyped() throws Exception {
        long seed = Long.getLong("mainstay.seed", 20_260_101L);
        Random random = new Random(seed);
        List<CommandLine> lines = lines();
        TreeSet<Integer> codes = new TreeSet<>();
        for (int i = 0; i < LINES; i++) {
            List<String> words = words(lines.get(random.nextInt(lines.size())), random);
            Captured captured = Captured.administrator();
            int code = registry.run(
                    new CommandCall(words.get(0), words.subList(1, words.size())),
                    captured.context(),
                    new FakePlatform(Fixtures.named("two servers")));
            codes.add(code);
            String what = "seed " + seed + ", line " + i + ": " + words + " ended with " + code + " and said "
                    + captured.err();
            assertThat(code).as(what).isBetween(0, 130).isNotEqualTo(ExitCode.INTERNAL_ERROR);
            assertThat(captured.err()).as(what).doesNotContain("Exception");
            if (code != ExitCode.SUCCESS && !words.get(0).equals("flg_test")) {
                assertThat(captured.err()).as(what).isNotBlank();
            }
        }
        assertThat(codes).contains(0, ExitCode.SYNTAX, ExitCode.INVALID_ARGUMENT, ExitCode.NOT_FOUND);
    }
}
