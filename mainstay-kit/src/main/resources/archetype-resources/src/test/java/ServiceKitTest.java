package ${package};

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit keeps the contract of kits, with a real program on this machine. */
class ServiceKitTest {
    @TempDir
    Path folder;

    private final ServiceKit kit = new ServiceKit();

    private KitBench bench() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: programs are started in control groups");
        return new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
    }

    private String startProgram() throws IOException {
        Path program = folder.resolve("start");
        Files.writeString(program, "#!/bin/sh\nsleep 3600 </dev/null >/dev/null 2>&1 &\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program.toString();
    }

    @Test
    void keepsTheContract() throws IOException {
        try (KitBench bench = bench()) {
            ResourceInfo resource = bench.create("one", Map.of("program", startProgram()));
            KitContract.on(bench, kit)
                    .breaking(serving -> bench.context(serving).host().processes().endAll())
                    .verify(resource);
        }
    }

    @Test
    void refusesWhatIsNoPath() {
        try (KitBench bench = bench()) {
            assertTrue(bench.tryCreate("one", Map.of("program", "start")).refusal().isPresent());
        }
    }
}
