package org.mainstay.kit.genlb.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Command;
import org.mainstay.kit.genlb.internal.responder.Options;

class ProgramTest {
    @TempDir
    Path folder;

    private final Options options = new Options(Path.of("/f"), Path.of("/l"), 12345, 60000, 10000, 10, "", "Hello");

    @Test
    void everyClassOfTheResponderIsCopied() throws IOException {
        Command command = new Program(folder).command(options);
        assertThat(command.startsService()).isTrue();
        Path classes = Path.of(command.arguments().get(command.arguments().indexOf("-cp") + 1));
        Path compiled = Path.of("target/classes/org/mainstay/kit/genlb/internal/responder");
        try (Stream<Path> files = Files.list(compiled)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> !name.startsWith("package-info")))
                    .allMatch(name -> Files.exists(classes.resolve("org/mainstay/kit/genlb/internal/responder")
                            .resolve(name)));
        }
    }

    @Test
    void aSecondStartUsesTheSameFolder() throws IOException {
        assertThat(new Program(folder).command(options).arguments())
                .isEqualTo(new Program(folder).command(options).arguments());
        try (Stream<Path> versions = Files.list(folder)) {
            assertThat(versions).hasSize(1);
        }
    }

    @Test
    void optionsSurviveTheCommandLine() {
        assertThat(Options.parse(options.arguments())).isEqualTo(options);
        assertThat(options.arguments()).isEqualTo(List.of("/f", "/l", "12345", "60000", "10000", "10", "", "Hello"));
    }
}
