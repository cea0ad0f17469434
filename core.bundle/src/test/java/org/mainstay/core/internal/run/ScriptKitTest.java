package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Action;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;

/** Directories of action scripts served as kits (CMD-382, CMD-383). */
class ScriptKitTest {
    @TempDir
    Path home;

    private final List<Command> commands = new ArrayList<>();
    private final Workers workers = new Workers(5, 2);
    private CommandResult result = new CommandResult(0, "fine\n", "");
    private List<Long> processes = List.of();
    private KitRegistry registry;
    private ActionRunner runner;

    @BeforeEach
    void scripts() throws IOException {
        script("web/Resources/site/actions/restore.ksh");
        script("web/actions/restore");
        script("web/actions/remove.sh");
        script("web/actions/quickchk.ksh");
        script("web/actions/reset-heads");
        script("half/Resources/thing/actions/restore");
        registry = new KitRegistry(home.resolve("subsys"), KitDescriptor.Platform.LINUX);
        FakeHosts hosts = new FakeHosts(
                command -> {
                    commands.add(command);
                    return result;
                },
                new Processes());
        runner = new ActionRunner(workers, registry, hosts, new Tunables(home.resolve("none")), new Handles(e -> {}));
    }

    @AfterEach
    void close() {
        workers.close();
    }

    private final class Processes implements HostProcesses {
        @Override
        public Optional<List<String>> commandLine(long pid) {
            return Optional.empty();
        }

        @Override
        public Optional<Path> directory(long pid) {
            return Optional.empty();
        }

        @Override
        public List<Long> workingIn(Path directory) {
            return List.of();
        }

        @Override
        public boolean signal(long pid, Signal signal) {
            return false;
        }

        @Override
        public List<Long> inService() {
            return processes;
        }

        @Override
        public Outcome endAll() {
            return Outcome.success("");
        }

        @Override
        public String owner(Path file) {
            return "root";
        }

        @Override
        public boolean userExists(String name) {
            return true;
        }
    }

    private void script(String path) throws IOException {
        Path file = home.resolve("subsys").resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private ActionOrder order(Action action) {
        ResourceInfo info = new ResourceInfo(
                "A", "my site", "id-7", "web", "site", Map.of("doc.root", "/srv/www", "port", "80"), true);
        return new ActionOrder(action, "", List.of(), info, "", List.of(), List.of(), List.of(), "test", false, false);
    }

    private Outcome run(ActionOrder order) throws Exception {
        return runner.run(order, line -> {})
                .result()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .value();
    }

    private Probe probe() throws Exception {
        return runner.probe(order(Action.PROBE))
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .value();
    }

    // covers CMD-382
    @Test
    void theTypesDirectoryComesBeforeTheApplications() throws Exception {
        assertThat(run(order(Action.RESTORE)).succeeded()).isTrue();
        Command command = commands.get(0);
        assertThat(command.arguments().get(0)).endsWith("web/Resources/site/actions/restore.ksh");
        assertThat(command.arguments().subList(1, 5)).containsExactly("-t", "my site", "-i", "id-7");
        assertThat(command.startsService()).isTrue();
        assertThat(command.environment())
                .containsEntry("LK_PROP_DOC_ROOT", "/srv/www")
                .containsEntry("LK_PROP_PORT", "80")
                .containsEntry("LK_TAG", "my site");
        run(order(Action.REMOVE));
        assertThat(commands.get(1).arguments().get(0)).endsWith("web/actions/remove.sh");
        assertThat(commands.get(1).startsService()).isFalse();
    }

    // covers CMD-381 CMD-383
    @Test
    void ownActionsGetTheTagAndTheOperatorsArguments() throws Exception {
        assertThat(run(order(Action.QUICK_CHECK).withOwnAction("reset-heads", List.of("-h", "7")))
                        .succeeded())
                .isTrue();
        assertThat(commands.get(0).arguments().subList(1, 5)).containsExactly("-t", "my site", "-h", "7");
        assertThat(registry.find("web", "site").orElseThrow().descriptor().extraActions())
                .containsExactly("reset-heads");
        Outcome outside = run(order(Action.QUICK_CHECK).withOwnAction("../remove", List.of()));
        assertThat(outside.succeeded()).isFalse();
    }

    @Test
    void aFailedScriptIsAFailureWithItsLastWords() throws Exception {
        result = new CommandResult(3, "", "trying\nport 80 is taken\n");
        Outcome outcome = run(order(Action.RESTORE));
        assertThat(outcome.succeeded()).isFalse();
        assertThat(outcome.message()).contains("restore.ksh", "3", "port 80 is taken");
    }

    @Test
    void aProbeComesFromTheQuickCheckAndNeverGuesses() throws Exception {
        assertThat(probe().state()).isEqualTo(Probe.State.RUNNING);
        result = new CommandResult(1, "", "down");
        assertThat(probe().state()).isEqualTo(Probe.State.STOPPED);
        processes = List.of(4711L);
        assertThat(probe().state()).isEqualTo(Probe.State.PARTIAL);
        result = new CommandResult(-2, "", "time ran out");
        assertThat(probe().state()).isEqualTo(Probe.State.UNKNOWN);
        result = new CommandResult(127, "", "not found");
        assertThat(probe().state()).isEqualTo(Probe.State.UNKNOWN);
        Files.delete(home.resolve("subsys/web/actions/quickchk.ksh"));
        assertThat(probe().state()).isEqualTo(Probe.State.UNKNOWN);
    }

    @Test
    void aScriptThatIsNotExecutableSaysWhatToDo() throws Exception {
        assertThat(home.resolve("subsys/web/actions/remove.sh").toFile().setExecutable(false, false))
                .isTrue();
        assertThat(run(order(Action.REMOVE)).message()).contains("chmod +x");
    }

    @Test
    void aKitNeedsRestoreAndRemove() {
        assertThat(registry.find("half", "thing")).isEmpty();
        assertThat(registry.find("web", "../site")).isEmpty();
        assertThat(registry.all()).extracting(RegisteredKit::key).containsExactly("web/site");
        KitDescriptor descriptor = registry.find("web", "site").orElseThrow().descriptor();
        assertThat(descriptor.quickCheckSeconds()).isEqualTo(180);
        assertThat(descriptor.deepCheckSeconds()).isZero();
        assertThat(descriptor.localRecovery()).isFalse();
    }

    @Test
    void aServiceComesBeforeScripts() {
        KitDescriptor descriptor =
                KitDescriptor.builder("web", "site", "1.0", "Site").build();
        registry.add(new FakeKit(descriptor));
        assertThat(registry.find("web", "site").orElseThrow().script()).isFalse();
    }
}
