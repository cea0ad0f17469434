package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;

/** Kits come and go; the highest version of a type is used. */
class KitRegistryTest {
    private final KitRegistry registry = new KitRegistry(Path.of("/nowhere"), KitDescriptor.Platform.LINUX);
    private final List<KitNews.What> news = new ArrayList<>();

    @BeforeEach
    void listen() {
        registry.listen(one -> news.add(one.what()));
    }

    private static FakeKit kit(String application, String version, KitDescriptor.Platform... platforms) {
        KitDescriptor.Builder builder = KitDescriptor.builder(application, "ip", version, "Address");
        return new FakeKit((platforms.length == 0 ? builder : builder.platforms(platforms)).build());
    }

    private String used() {
        return registry.find("comm", "ip")
                .map(kit -> kit.descriptor().version())
                .orElse("none");
    }

    @Test
    void theHighestVersionIsUsedAndTheOtherReported() {
        FakeKit old = kit("comm", "1.9");
        FakeKit young = kit("comm", "1.10");
        registry.add(old);
        registry.add(young);
        assertThat(used()).isEqualTo("1.10");
        registry.add(kit("comm", "1.2"));
        assertThat(used()).isEqualTo("1.10");
        registry.remove(young);
        assertThat(used()).isEqualTo("1.9");
        assertThat(news)
                .containsExactly(
                        KitNews.What.APPEARED, KitNews.What.REPLACED, KitNews.What.NOT_USED, KitNews.What.REPLACED);
    }

    /** The core takes the last word for the truth. */
    @Test
    void whatHappensWhileSomethingIsToldIsToldAfterIt() {
        FakeKit only = kit("comm", "1.0");
        List<KitNews.What> order = new ArrayList<>();
        registry.listen(one -> {
            if (one.what() == KitNews.What.APPEARED) {
                CompletableFuture.runAsync(() -> registry.remove(only))
                        .orTimeout(30, TimeUnit.SECONDS)
                        .join();
            }
            order.add(one.what());
        });
        registry.add(only);
        assertThat(order).containsExactly(KitNews.What.APPEARED, KitNews.What.GONE);
    }

    @Test
    void theLastOneGoing() {
        FakeKit only = kit("comm", "1.0");
        registry.add(only);
        registry.remove(only);
        assertThat(used()).isEqualTo("none");
        assertThat(registry.remove(only)).isEmpty();
        assertThat(news).containsExactly(KitNews.What.APPEARED, KitNews.What.GONE);
    }

    @Test
    void aTypeOfTwoApplicationsIsAmbiguous() {
        registry.add(kit("comm", "1.0"));
        registry.add(kit("other", "1.0"));
        assertThat(registry.named("ip")).hasSize(2);
        assertThat(registry.named("other/ip")).hasSize(1);
        assertThat(registry.named("dns")).isEmpty();
    }

    @Test
    void kitsForOtherPlatformsAreNotUsed() {
        registry.add(kit("comm", "1.0", KitDescriptor.Platform.WINDOWS));
        assertThat(used()).isEqualTo("none");
        assertThat(news).containsExactly(KitNews.What.NOT_USED);
    }

    @Test
    void aKitWhoseDescriptorFailsIsNeverUsed() {
        registry.add(new RecoveryKit() {
            @Override
            public KitDescriptor descriptor() {
                throw new IllegalStateException("broken");
            }

            @Override
            public Outcome restore(ActionContext context) {
                return Outcome.success("");
            }

            @Override
            public Outcome remove(ActionContext context) {
                return Outcome.success("");
            }

            @Override
            public Probe probe(ActionContext context) {
                return Probe.unknown("");
            }
        });
        assertThat(registry.all()).isEmpty();
    }

    @Test
    void versionsAreComparedAsNumbers() {
        assertThat(KitRegistry.compareVersions("1.10", "1.9")).isPositive();
        assertThat(KitRegistry.compareVersions("2", "2.0.0")).isZero();
        assertThat(KitRegistry.compareVersions("1.0-beta", "1.0-alpha")).isPositive();
    }

    @Test
    void scriptKitsAreAnnouncedWhenTheyAreFoundAndWhenTheyAreGone(@TempDir Path subsys) throws IOException {
        KitRegistry scripts = new KitRegistry(subsys, KitDescriptor.Platform.LINUX);
        scripts.listen(one -> news.add(one.what()));
        assertThat(scripts.all()).isEmpty();
        Path actions = Files.createDirectories(subsys.resolve("house/Resources/lamp/actions"));
        Path restore = Files.writeString(actions.resolve("restore"), "#!/bin/sh\n");
        Files.writeString(actions.resolve("remove"), "#!/bin/sh\n");
        assertThat(scripts.find("house", "lamp")).isPresent();
        assertThat(scripts.named("lamp")).hasSize(1);
        assertThat(news).containsExactly(KitNews.What.APPEARED);
        Files.delete(restore);
        assertThat(scripts.all()).isEmpty();
        assertThat(news).containsExactly(KitNews.What.APPEARED, KitNews.What.GONE);
    }
}
