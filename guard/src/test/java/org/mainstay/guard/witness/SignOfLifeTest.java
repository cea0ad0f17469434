package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.lease.Witness.ClaimEntry;
import org.mainstay.guard.lease.Witness.Phase;

class SignOfLifeTest {
    private static final UUID CLUSTER = SignOfLife.idOf("cluster x");
    private static final UUID BEGUN = UUID.randomUUID();

    static SignOfLife object(long incarnation, long sequence, List<ClaimEntry> claims) {
        return new SignOfLife(
                CLUSTER,
                BEGUN,
                "ä-node",
                SignOfLife.State.RUNNING,
                incarnation,
                7,
                sequence,
                99,
                10_000,
                9000,
                -5,
                claims);
    }

    @Test
    void is4096BytesAndComesBackAsItWas() throws Exception {
        SignOfLife object = object(
                -3, 12, List.of(new ClaimEntry("ä-node", Long.MIN_VALUE, 77, Phase.OWNED, 1), claim(8, Phase.CLAIMED)));

        assertThat(object.encode()).hasSize(4096);
        assertThat(SignOfLife.decode(object.encode())).isEqualTo(object);
    }

    private static ClaimEntry claim(long group, Phase phase) {
        return new ClaimEntry("ä-node", group, 1, phase, 999);
    }

    @Test
    void hasRoomForSoManyClaimsAndRefusesMore() throws Exception {
        List<ClaimEntry> claims = new ArrayList<>();
        for (int i = 0; i < SignOfLife.MOST_CLAIMS; i++) {
            claims.add(claim(i, Phase.OWNED));
        }
        assertThat(SignOfLife.decode(object(1, 1, claims).encode()).claims()).isEqualTo(claims);

        claims.add(claim(1000, Phase.OWNED));
        assertThatThrownBy(() -> object(1, 1, claims).encode()).hasMessageContaining("at most 154");
    }

    @Test
    void everyDamagedBitIsNoticed() {
        byte[] whole = object(1, 1, List.of(claim(8, Phase.CLAIMED))).encode();
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x10;
            assertThatThrownBy(() -> SignOfLife.decode(damaged)).isInstanceOf(SignOfLife.DamagedException.class);
        }
    }

    @Test
    void aWriteTornAtASectorIsNoticedAndStillKnownAsOwn() {
        byte[] before = object(1, 1, List.of()).encode();
        byte[] after = object(1, 2, List.of(claim(8, Phase.CLAIMED))).encode();
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
    void otherThingsAreNoObjects() {
        assertThatThrownBy(() -> SignOfLife.decode(new byte[4096])).hasMessageContaining("no QWK object");
        assertThatThrownBy(() -> SignOfLife.decode(new byte[0])).hasMessageContaining("0 bytes");
        assertThat(SignOfLife.tornOf(new byte[10], CLUSTER, BEGUN)).isFalse();
    }
}
