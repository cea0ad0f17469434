package org.mainstay.mirror.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Host;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitContract;

/** The volume kit keeps the contract of kits, on a machine in memory. */
class VolumeContractTest {
    @TempDir
    Path folder;

    private final Map<Path, String> holders = new HashMap<>();
    private final TestHost host = new TestHost("A", holders);

    /** As the real host: after its time every call is refused. */
    private CreateContext context(ResourceInfo resource, Duration limit) {
        boolean late = limit.compareTo(Duration.ofSeconds(1)) < 0;
        Host its = late ? refusing() : host;
        TestContext context = new TestContext(its, "A", resource.id(), resource.properties());
        context.pausesLeft = late ? 0 : context.pausesLeft;
        return context;
    }

    private static Host refusing() {
        return (Host) Proxy.newProxyInstance(
                Host.class.getClassLoader(), new Class<?>[] {Host.class}, (self, method, arguments) -> {
                    throw new CancellationException("its time is over");
                });
    }

    private Set<String> traces() {
        Set<String> traces = new TreeSet<>();
        host.mounted.forEach(mount -> traces.add("mount " + mount.target()));
        holders.forEach((area, holder) -> traces.add("reservation " + holder));
        return traces;
    }

    @Test
    void keepsTheContract() throws IOException {
        Path image = Files.createFile(folder.resolve("disk.img"));
        Path mount = folder.resolve("mnt/data");
        host.fileSystems.put(image, "ext4");
        VolumeKit kit = new VolumeKit(folder.resolve("fstab"), new MirrorAccess());
        Map<String, String> answers = Map.of("device", image.toString(), "mount", mount.toString());
        Creation creation = kit.create(new TestContext(host, "A", "", answers));
        assertThat(creation.refusal()).isEmpty();
        new KitContract(kit, this::context)
                .breaking(serving -> host.mounted.clear())
                .leavingNothing(this::traces)
                .unchangedByRepetition(this::traces)
                .verify(new ResourceInfo(
                        "A", "data", creation.id(), "filesys", "volume", creation.properties(), false));
    }
}
