package org.mainstay.mirror.engine.nat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileSpaceTest {
    /** A block device says EINVAL to what does not fit its sectors, and EBUSY now and then: zeros can be written there. */
    @Test
    void zerosAreWrittenWhereTheStorageDoesNotMakeThem() {
        assertThat(FileSpace.writable(95)).as("EOPNOTSUPP").isTrue();
        assertThat(FileSpace.writable(22)).as("EINVAL").isTrue();
        assertThat(FileSpace.writable(16)).as("EBUSY").isTrue();
        assertThat(FileSpace.writable(5)).as("EIO").isFalse();
        assertThat(FileSpace.writable(28)).as("ENOSPC").isFalse();
    }
}
