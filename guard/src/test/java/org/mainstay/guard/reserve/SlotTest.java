package org.mainstay.guard.reserve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SlotTest {
    private static final UUID ONE = new UUID(1, 1);
    private static final UUID TWO = new UUID(2, 2);

    private static Slot slot(UUID id, String server, long claim) {
        return new Slot(id, server, Slot.State.CLAIMED, claim, 7, 20, 500);
    }

    @Test
    void survivesItsPage() throws Slot.DamagedException {
        ByteBuffer pages = ByteBuffer.allocate(3 * Slot.BYTES);
        Slot slot = slot(ONE, "größe-A", Long.MAX_VALUE);
        slot.write(pages.position(Slot.BYTES));
        assertThat(pages.position()).isEqualTo(2 * Slot.BYTES);
        assertThat(Slot.read(pages, Slot.BYTES)).isEqualTo(slot);
        assertThat(Slot.read(pages, 0)).isNull();
    }

    @Test
    void everyTornOrChangedPageIsSeen() {
        ByteBuffer page = ByteBuffer.allocate(Slot.BYTES);
        slot(ONE, "A", 3).write(page);
        for (int i = 0; i < Slot.BYTES; i++) {
            ByteBuffer changed = ByteBuffer.wrap(page.array().clone());
            changed.put(i, (byte) (changed.get(i) ^ 0x10));
            assertThatThrownBy(() -> Slot.read(changed, 0)).as("byte %d", i).isInstanceOf(Slot.DamagedException.class);
        }
    }

    @Test
    void theOrderOfClaimsIsTotal() {
        assertThat(slot(ONE, "A", 2).beats(slot(TWO, "B", 1))).isTrue();
        assertThat(slot(ONE, "A", 1).beats(slot(TWO, "B", 1))).isTrue();
        assertThat(slot(TWO, "B", 1).beats(slot(ONE, "A", 1))).isFalse();
        assertThat(slot(ONE, "A", 1).beats(slot(TWO, "A", 1))).isTrue();
    }
}
