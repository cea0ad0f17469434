package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.Release;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/**
 * Command lines with what they print: every file of src/test/resources/commands.
 *
 * <pre>
 * given two servers          the cluster, until the next given
 * as OPERATOR                role of the caller, for the next command
 * answers 8 in use           what the cluster answers to the next command
 * mirrors in step            how the mirrors are, for the next command: see FakeMirrors
 * mirror answers 8 in use    what they answer to it
 * progress stopping web      a progress line before the answer
 * on a terminal              the next command's output is a terminal of 80 columns
 * $ ins_list -f:             a command line; words with blanks in double quotes
 * pg:data                    a line of standard output; ^A and ^[ are control characters, @release@ is the version of the build, @time@ a time,
 *                            . alone is an empty line
 * ! error text               a line of standard error; ends with ... : only the beginning counts; ... alone: and more
 * -> Stop[...]               what was asked of the cluster
 * = 7                        the exit code; without it 0
 * </pre>
 */
class CommandScriptsTest {
    private static final Path SCRIPTS = Path.of("src/test/resources/commands");
    private static final Pattern TIME = Pattern.compile("[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9:]{8} [0-9]{4}");
    /** Ids that are drawn at random. */
    private static final Pattern ID = Pattern.compile("id=[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}, revision=0");

    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    @TestFactory
    Stream<DynamicTest> commands() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            for (Path file : files.sorted().toList()) {
                tests.addAll(new Script(file).tests());
            }
        }
        assertThat(tests).hasSizeGreaterThan(50);
        return tests.stream();
    }

    /** One file. */
    private static final class Script {
        private final Path file;
        private String fixture = "two servers";
        private Step step = new Step("two servers");
        private final List<DynamicTest> tests = new ArrayList<>();

        Script(Path file) {
            this.file = file;
        }

        List<DynamicTest> tests() throws IOException {
            for (String line : Files.readAllLines(file)) {
                if (!line.startsWith("#") && !line.isEmpty()) {
                    read(line);
                }
            }
            finish();
            return tests;
        }

        private void read(String line) {
            if (step.command != null && isSetup(line)) {
                finish();
            }
            if (line.startsWith("given ")) {
                fixture = line.substring("given ".length());
                step = new Step(fixture);
            } else if (line.startsWith("as ")) {
                step.role = Caller.Role.valueOf(line.substring("as ".length()));
            } else if (line.startsWith("answers ")) {
                int code = Character.digit(line.charAt("answers ".length()), 10);
                String text = line.substring("answers ".length() + 1).strip();
                step.reply = new Reply(code, text, List.of());
            } else if (line.startsWith("mirrors ")) {
                step.mirrors = line.substring("mirrors ".length());
            } else if (line.startsWith("mirror answers ")) {
                String answer = line.substring("mirror answers ".length());
                step.mirrorReply = new Reply(Character.digit(answer.charAt(0), 10), answer.substring(2), List.of());
            } else if (line.startsWith("progress ")) {
                step.progress.add(line.substring("progress ".length()));
            } else if (line.equals("on a terminal")) {
                step.terminal = new Terminal(true, 80, true, true);
            } else if (line.startsWith("$ ")) {
                step.command = line.substring(2);
            } else {
                step.expect(line);
            }
        }

        private static boolean isSetup(String line) {
            return Stream.of(
                            "given ",
                            "as ",
                            "answers ",
                            "mirrors ",
                            "mirror answers ",
                            "progress ",
                            "on a terminal",
                            "$ ")
                    .anyMatch(line::startsWith);
        }

        private void finish() {
            Step done = step;
            if (done.command != null) {
                tests.add(DynamicTest.dynamicTest(file.getFileName() + ": " + done.command, done::check));
            }
            step = new Step(fixture);
        }
    }

    /** One command line. */
    private static final class Step {
        private final String fixture;
        private Caller.Role role = Caller.Role.ADMINISTRATOR;
        private Reply reply = Reply.success("");
        private final List<String> progress = new ArrayList<>();
        private Terminal terminal = Terminal.NONE;
        private String mirrors = "two targets";
        private Reply mirrorReply;
        private String command;
        private final List<String> out = new ArrayList<>();
        private final List<String> err = new ArrayList<>();
        private final List<String> requests = new ArrayList<>();
        private int exit;

        Step(String fixture) {
            this.fixture = fixture;
        }

        void expect(String line) {
            if (line.startsWith("! ")) {
                err.add(line.substring(2));
            } else if (line.startsWith("-> ")) {
                requests.add(line.substring("-> ".length()));
            } else if (line.startsWith("= ")) {
                exit = Integer.parseInt(line.substring(2));
            } else {
                out.add(
                        line.equals(".")
                                ? ""
                                : line.replace("^A", "\u0001")
                                        .replace("^[", "\u001b")
                                        .replace("@release@", Release.version()));
            }
        }

        void check() throws InterruptedException {
            FakePlatform platform = new FakePlatform(Fixtures.named(fixture));
            platform.reply(reply);
            platform.progress(progress);
            platform.mirrors(mirrors);
            platform.mirrorReply(mirrorReply);
            Captured captured = new Captured(terminal, role);
            List<String> words = words(command);
            int code = Programs.registry()
                    .run(new CommandCall(words.get(0), words.subList(1, words.size())), captured.context(), platform);
            assertThat(captured.out()
                            .lines()
                            .map(String::stripTrailing)
                            .map(line -> TIME.matcher(line).replaceAll("@time@")))
                    .as("standard output")
                    .isEqualTo(out);
            checkErrors(captured.err().lines().toList());
            List<String> asked =
                    new ArrayList<>(platform.requests().stream().map(Step::text).toList());
            asked.addAll(platform.notes());
            assertThat(asked).as("requests").isEqualTo(requests);
            assertThat(code).as("exit code").isEqualTo(exit);
        }

        private void checkErrors(List<String> actual) {
            boolean open = !err.isEmpty() && err.get(err.size() - 1).equals("...");
            if (!open) {
                assertThat(actual).as("standard error").hasSameSizeAs(err);
            }
            for (int i = 0; i < err.size(); i++) {
                String expected = err.get(i);
                if (expected.endsWith("...")) {
                    assertThat(actual.get(i)).startsWith(expected.substring(0, expected.length() - 3));
                } else {
                    assertThat(actual.get(i)).isEqualTo(expected);
                }
            }
        }

        private static String text(Request request) {
            return ID.matcher(request.toString()).replaceAll("id=@id@, revision=0");
        }

        private static List<String> words(String line) {
            List<String> words = new ArrayList<>();
            Matcher matcher = WORD.matcher(line);
            while (matcher.find()) {
                words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
            }
            return words;
        }
    }

    static {
        Locale.setDefault(Locale.ROOT);
    }
}
