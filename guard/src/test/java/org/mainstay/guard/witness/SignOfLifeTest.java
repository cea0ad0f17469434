package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SignOfLifeTest {
    private static final UUID CLUSTER = SignOfLife.idOf("cluster x");
    private static final UUID BEGUN = UUID.randomUUID();

    private static SignOfLife object(long incarnation, long sequence) {
        return new SignOfLife(
                CLUSTER, BEGUN, "ä-node", SignOfLife.State.RUNNING, incarnation, 7, sequence, 99, 10_000, 9000, -5);
    }

    // covers QUO-080
    @Test
    void is4096BytesAndComesBackAsItWas() throws Exception {
        SignOfLife object = object(-3, 12);

        assertThat(object.encode()).hasSize(4096);
        assertThat(SignOfLife.decode(object.encode())).isEqualTo(object);
    }

    @Test
    void everyDamagedBitIsNoticed() {
        byte[] whole = object(1, 1).encode();
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x10;
            assertThatThrownBy(() -> SignOfLife.decode(damaged)).isInstanceOf(SignOfLife.DamagedException.class);
        }
    }

    @Test
    void aWriteTornAtASectorIsNoticedAndStillKnownAsOwn() {
        byte[] before = object(1, 1).encode();
        byte[] after = object(1, 2).encode();
        for (int at = 512; at < 4096; at += 512) {
            byte[] torn = before.clone();
            System.arraycopy(after, 0, torn, 0, at);
            assertThatThrownBy(() -> SignOfLife.decode(torn)).hasMessageContaining("checksum");
            assertThat(SignOfLife.tornOf(torn, CLUSTER, BEGUN)).isTrue();
            assertThat(SignOfLife.tornOf(torn, CLUSTER, UUID.randomUUID())).isFalse();
            assertThat(SignOfLife.tornOf(torn, UUID.randomUUID(), BEGUN)).isFalse();
        }
    }

    @Test
    void anObjectOfAnotherVersionIsNotReadAndStillKnownAsOwn() throws Exception {
        for (short version : new short[] {1, 3}) {
            byte[] other = object(1, 1).encode();
            ByteBuffer page = ByteBuffer.wrap(other).putShort(4, version);
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(other, 4064));
            page.position(4064).put(digest);
            assertThatThrownBy(() -> SignOfLife.decode(other)).hasMessageContaining("version of Mainstay");
            assertThat(SignOfLife.tornOf(other, CLUSTER, BEGUN)).isTrue();
        }
    }

    @Test
    void otherThingsAreNoObjects() {
        assertThatThrownBy(() -> SignOfLife.decode(new byte[4096])).hasMessageContaining("no QWK object");
        assertThatThrownBy(() -> SignOfLife.decode(new byte[0])).hasMessageContaining("0 bytes");
        assertThat(SignOfLife.tornOf(new byte[10], CLUSTER, BEGUN)).isFalse();
    }
}
