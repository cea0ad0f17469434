package org.mainstay.kit.share.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ShareTest {
    @Test
    void theFormOfSmbConfIsReadAndWritten() {
        List<Share> shares = Share.parse("""
                [global]
                \tworkgroup = X
                [Docs]
                \tpath = /srv/docs/
                \tread only = no
                \tavailable = no
                \t;permissions = S-1-1-0:ALLOWED/0x0/READ
                [b]
                \tpath = relative
                """);
        assertThat(shares).hasSize(2);
        Share docs = shares.get(0);
        assertThat(docs.available()).isFalse();
        assertThat(docs.path()).hasToString("Optional[/srv/docs]");
        assertThat(docs.permissions()).isEqualTo("S-1-1-0:ALLOWED/0x0/READ");
        assertThat(shares.get(1).path()).isEmpty();
        assertThat(Share.find(shares, "docs")).contains(docs);
        Share again = Share.parse(Share.format(shares)).get(0);
        assertThat(again.sameAs(docs)).isTrue();
        assertThat(again.available())
                .as("written definitions are those in service")
                .isTrue();
    }
}
