package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void readsWhatEtcdSays() throws Exception {
        Json json = Json.parse(" {\"header\":{\"revision\":\"9223372036854775807\"},\"kvs\":[{\"n\":-1},{\"n\":\"2\"}],"
                + "\"ok\":true,\"no\":null,\"t\":\"a\\\"\\u00e4\\n\"}\n{\"second\":1}");
        assertThat(json.get("header").number("revision")).isEqualTo(Long.MAX_VALUE);
        assertThat(json.get("kvs").list()).hasSize(2);
        assertThat(json.get("kvs").list().get(0).number("n")).isEqualTo(-1);
        assertThat(json.text("ok")).isEqualTo("true");
        assertThat(json.text("t")).isEqualTo("a\"ä\n");
        assertThat(json.text("no")).isEmpty();
        assertThat(json.get("missing").get("deeper").number("n")).isZero();
        assertThat(Json.parse(Json.quote("a\"\\\n")).list()).isEmpty();
    }

    @Test
    void whatIsNoJsonIsSaid() {
        for (String text : new String[] {
            "", "{", "{\"a\":}", "<html>", "[1,", "{\"a\" 1}", "\"x", "[".repeat(1000), "{\"a\":\"\\u12"
        }) {
            assertThatThrownBy(() -> Json.parse(text)).as(text).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> Json.parse("{\"a\":\"x\"}").number("a")).isInstanceOf(IOException.class);
    }
}
