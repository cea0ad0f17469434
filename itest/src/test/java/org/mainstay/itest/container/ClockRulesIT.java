package org.mainstay.itest.container;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.itest.container.Bundles.Bundle;

/**
 * Wall-clock time is for people only: everything else is measured on a monotonic clock, so that nothing happens when somebody sets
 * the clock. Every place that looks at the wall clock is named here, with what it is for. Checked on the jars that are delivered.
 */
class ClockRulesIT {
    private static final String OURS = "org.mainstay.";

    /** The only caller of the system's own functions: times in the guard's log. */
    private static final Set<String> DIRECT = Set.of("guard.util.SystemClock");

    /** Who hands a wall clock to others. */
    private static final Set<String> SOURCES = Set.of(
            "comm.internal.enrol.NodeSetupService",
            "comm.internal.node.EnrolmentComponent",
            "core.internal.lcd.LcdDatabaseSetup",
            "core.internal.node.NodeComponent",
            "guard.witness.Witnesses",
            "kit.genlb.internal.responder.Marks",
            "quorum.internal.node.QuorumComponent",
            "shell.internal.command.program.LkSupport",
            "shell.internal.event.EventIds",
            "shell.internal.snmp.TrapForwarder");

    /** Who looks at one that was handed over. */
    private static final Set<String> READERS = Set.of(
            // a server that joins with a clock of another day is refused, so that the times of both can be compared by
            // people
            "comm.internal.enrol.NodeSetupService",
            "comm.internal.enrol.JoinServer",
            // times of events and of who changed what
            "core.internal.event.Events",
            "core.internal.node.Loop",
            "core.internal.node.NodeRuntime",
            "core.internal.admin.AdminLock",
            "core.internal.admin.AdminService",
            "core.internal.admin.Job",
            // the time in the flag that the administrative lock shows as
            "core.internal.admin.GlobalLock",
            // until when a server is in maintenance: people say it by the clock on the wall, and it outlives a reboot
            "core.internal.admin.ServerOperations",
            "core.internal.admin.Tidying",
            "core.internal.lcd.LcdDatabaseSetup",
            // times in the log of the process that answers probes
            "kit.genlb.internal.responder.Marks",
            // which of the events, that bear the time people know, were before this bundle was there to tell them
            "shell.internal.snmp.TrapForwarder",
            // when an object was written, as status shows it
            "guard.witness.FirstObject",
            "guard.witness.StorageRun",
            "guard.witness.StorageWitness",
            "quorum.internal.node.QuorumNode",
            "quorum.internal.node.StorageMode",
            // times that only people are shown, from ages that the engine tells
            "shell.internal.command.mirror.EmText",
            // the name of an archive, and numbers of events, which rise whatever the clock does
            "shell.internal.command.program.LkSupport",
            "shell.internal.event.EventIds",
            // the date in a signature, and until when credentials are good: the other side asks for wall-clock time
            "guard.witness.S3Store",
            "guard.witness.Aws4Signer",
            "guard.witness.AwsCredentialsChain");

    @TempDir
    private static Path home;

    private static JavaClasses classes;

    @BeforeAll
    static void load() throws IOException {
        Bundles.unpack(Path.of(System.getProperty("mainstay.dist")), home);
        List<JarFile> jars = new ArrayList<>();
        for (Bundle bundle : Bundles.ours(home)) {
            jars.add(new JarFile(bundle.jar().toFile()));
        }
        jars.add(new JarFile(home.resolve("lib/guard.jar").toFile()));
        classes = new ClassFileImporter()
                .withImportOption(location -> location.contains("!/org/mainstay/"))
                .importJars(jars);
        for (JarFile jar : jars) {
            jar.close();
        }
    }

    /** Nested classes belong to the class around them. */
    private static DescribedPredicate<JavaClass> otherThan(Set<String> allowed) {
        return DescribedPredicate.describe(
                "other than " + allowed,
                type -> type.getName().startsWith(OURS)
                        && !allowed.contains(
                                type.getName().substring(OURS.length()).replaceAll("\\$.*", "")));
    }

    @Test
    void nobodyElseAsksTheSystemForTheTime() {
        noClasses()
                .that(otherThan(DIRECT))
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(LocalDateTime.class, "now")
                .orShould()
                .callMethod(ZonedDateTime.class, "now")
                .orShould()
                .callMethod(OffsetDateTime.class, "now")
                .orShould()
                .callConstructor(java.util.Date.class)
                .check(classes);
    }

    @Test
    void nobodyElseMakesAWallClock() {
        noClasses()
                .that(otherThan(SOURCES))
                .should()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(Clock.class, "systemDefaultZone")
                .orShould()
                .callMethod(InstantSource.class, "system")
                .check(classes);
    }

    @Test
    void nobodyElseLooksAtAWallClock() {
        noClasses()
                .that(otherThan(READERS))
                .should()
                .callMethod(Clock.class, "millis")
                .orShould()
                .callMethod(Clock.class, "instant")
                .orShould()
                .callMethod(Instant.class, "now", Clock.class)
                .check(classes);
    }
}
