package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardFilesTest {
    private static final Map<String, List<String>> HANDLES = Map.of("db", List.of("CGROUP\t/sys/fs/cgroup/db"));

    @TempDir
    Path home;

    private final List<String> troubles = new ArrayList<>();

    private GuardFiles start(String bootId) throws IOException {
        troubles.clear();
        GuardFiles files = new GuardFiles(home, bootId, troubles::add);
        files.prepare();
        return files;
    }

    private Path state(String name) {
        return home.resolve("data/guard").resolve(name);
    }

    private void recorded() throws IOException {
        start("boot-1").writeInService(HANDLES);
    }

    @Test
    void whatWasInServiceIsKnownInTheSameBoot() throws IOException {
        recorded();
        assertThat(start("boot-1").readInService().byTag()).isEqualTo(HANDLES);
    }

    @Test
    void afterARebootNothingIsInService() throws IOException {
        recorded();
        assertThat(start("boot-2").readInService().isEmpty()).isTrue();
        assertThat(start("boot-2").readInService().isEmpty())
                .as("nor for the next guard of that boot")
                .isTrue();
        assertThat(troubles).isEmpty();
    }

    @Test
    void aDamagedCopyIsNotUsedAndWrittenAnew() throws IOException {
        recorded();
        Files.writeString(state("inservice"), "handles db");
        assertThat(start("boot-1").readInService().byTag()).isEqualTo(HANDLES);
        assertThat(troubles).hasSize(1).allMatch(text -> text.contains("inservice is cut off"));
        assertThat(start("boot-1").readInService().byTag()).isEqualTo(HANDLES);
        assertThat(troubles).isEmpty();
    }

    /** As a full disk, or one the kernel has made read-only: what is written first cannot be. */
    private void cannotBeWritten(String name) throws IOException {
        Files.createDirectory(state(name + ".2.new"));
        Files.createFile(state(name + ".2.new").resolve("in the way"));
    }

    @Test
    void aWholeCopyCountsAlsoWhereTheOtherCannotBeWrittenAnew() throws IOException {
        recorded();
        GuardFiles.Identity before = start("boot-1").readIdentity();
        for (String name : List.of("inservice", "identity")) {
            Files.write(state(name), new byte[0]);
            cannotBeWritten(name);
        }
        assertThat(start("boot-1").readInService().byTag()).isEqualTo(HANDLES);
        assertThat(troubles).hasSize(2);
        assertThat(troubles.get(1)).contains("inservice").contains("cannot be written anew");
        assertThat(start("boot-1").readIdentity()).isEqualTo(before);
    }

    @Test
    void withoutAWholeCopyWhatIsInServiceIsNotKnown() throws IOException {
        recorded();
        Files.delete(state("inservice"));
        Files.write(state("inservice.2"), new byte[0]);
        GuardFiles files = start("boot-1");
        assertThat(files.readInService().isEmpty()).isFalse();
        assertThat(files.readInService().unknown())
                .contains("inservice is missing", "inservice.2 is cut off", "lkstart");
        files.writeInService(Map.of());
        assertThat(start("boot-1").readInService().isEmpty()).isTrue();
    }

    @Test
    void afterARebootNothingIsInServiceWhateverCannotBeRead() throws IOException {
        recorded();
        Files.write(state("inservice"), new byte[0]);
        Files.write(state("inservice.2"), new byte[0]);
        assertThat(start("boot-2").readInService().isEmpty()).isTrue();
    }

    @Test
    void withoutTheMarkOfTheBootThereWasNoReboot() throws IOException {
        recorded();
        Files.write(state("boot"), new byte[0]);
        Files.write(state("boot.2"), new byte[0]);
        assertThat(start("boot-2").readInService().byTag()).isEqualTo(HANDLES);
        assertThat(troubles).hasSize(1);
    }

    @Test
    void whereThisBootCannotBeRecordedNoEarlierOneStays() throws IOException {
        recorded();
        cannotBeWritten("boot");
        start("boot-2").writeInService(HANDLES);
        assertThat(troubles).hasSize(1).allMatch(text -> text.contains("this boot cannot be recorded"));
        assertThat(start("boot-2").readInService().byTag()).isEqualTo(HANDLES);
    }

    @Test
    void aBootThatIsRecordedStaysRecordedWhereNothingCanBeWritten() throws IOException {
        recorded();
        cannotBeWritten("boot");
        start("boot-1");
        assertThat(troubles).isEmpty();
        assertThat(start("boot-2").readInService().isEmpty())
                .as("it was another boot")
                .isTrue();
    }

    @Test
    void aGuardWhoseProcessCannotBeRecordedRunsAllTheSame() throws IOException {
        start("boot-1").recordProcess();
        assertThat(troubles).isEmpty();
        assertThat(home.resolve("data/run/guard.pid")).exists();
        Files.createDirectory(home.resolve("data/run/guard.pid.new"));
        Files.createFile(home.resolve("data/run/guard.pid.new/in the way"));
        start("boot-1").recordProcess();
        assertThat(troubles).hasSize(1).allMatch(text -> text.contains("guard.pid"));
    }

    @Test
    void theRecordOfAnEarlierReleaseCounts() throws IOException {
        Files.createDirectories(state(""));
        Files.writeString(state("inservice"), "handles db CGROUP%09/sys/fs/cgroup/db\n");
        assertThat(start("boot-1").readInService().byTag()).isEqualTo(HANDLES);
    }

    @Test
    void aLineThatIsNotOneOfHandlesIsNotTakenForOne() throws IOException {
        Files.createDirectories(state(""));
        Files.writeString(state("inservice"), "handles db CGROUP%09/sys/fs/cgroup/db\nend 7\n");
        assertThat(start("boot-1").readInService().unknown()).contains("end 7");
    }

    @Test
    void aGuardWithoutAnIdGetsANewOne() throws IOException {
        GuardFiles.Identity before = start("boot-1").readIdentity();
        assertThat(start("boot-1").readIdentity()).isEqualTo(before);
        Files.write(state("identity"), new byte[0]);
        Files.write(state("identity.2"), new byte[0]);
        GuardFiles.Identity after = start("boot-1").readIdentity();
        assertThat(after).isNotEqualTo(before);
        assertThat(troubles).hasSize(1);
    }
}
