package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Wanted;

class PolymorphicCodecTest {
    private final PolymorphicCodec<Word> codec = Samples.CODEC.polymorphic(Word.class);

    sealed interface Word {}

    sealed interface Vote extends Word {}

    record Hello(String from, long version, Optional<String> note) implements Word {
        Hello {
            Objects.requireNonNull(from, "from");
        }
    }

    record Grant(String tag, boolean given) implements Vote {}

    record Refusal(String tag, Wanted wanted) implements Vote {}

    record Bundle(
            List<Word> words, Map<String, Vote> votes, Vote first, Grant second, Lcd lcd, List<LcdChange<?>> changes)
            implements Word {}

    record Nullable(String text, Vote vote, Map<String, InstanceState> states) implements Word {}

    private void assertSurvives(Word word) {
        assertThat(codec.decode(codec.encode(word))).isEqualTo(word);
        assertThat(codec.decodeBytes(codec.encodeBytes(word))).isEqualTo(word);
    }

    @Test
    void everyKindSurvives() {
        assertSurvives(new Hello("A", Long.MAX_VALUE, Optional.of("x")));
        assertSurvives(new Hello("A", Long.MIN_VALUE, Optional.empty()));
        assertSurvives(new Grant("vip", true));
        assertSurvives(new Bundle(
                List.of(new Hello("B", 1, Optional.empty()), new Refusal("x", Wanted.OUT)),
                Map.of("v", new Grant("y", false)),
                new Refusal("z", Wanted.IN),
                new Grant("q", true),
                Samples.own(),
                List.of(LcdChange.remove(LcdSection.FLAGS, "f"))));
        assertSurvives(new Nullable(null, null, Map.of("a", InstanceState.ISP)));
    }

    @Test
    void formIsTypeAndMembers() {
        assertThat(codec.encode(new Hello("A", 5, Optional.empty())))
                .isEqualTo("{\"type\":\"Hello\",\"from\":\"A\",\"version\":5,\"note\":null}");
        assertThat(codec.encode(new Bundle(
                        List.of(new Grant("g", true)),
                        Map.of(),
                        new Grant("h", true),
                        new Grant("i", true),
                        Lcd.empty("A", 1),
                        List.of())))
                .startsWith("{\"type\":\"Bundle\",\"words\":[{\"type\":\"Grant\",\"tag\":\"g\",\"given\":true}]");
    }

    @Test
    void whatIsNotAllowedIsRefusedWithTheReason() {
        refused("{\"type\":\"Goodbye\"}", "unknown type 'Goodbye'", "Bundle, Grant, Hello, Nullable, Refusal");
        refused("{\"type\":\"java.lang.String\"}", "unknown type");
        refused("{\"from\":\"A\"}", "no member 'type'");
        refused("{\"type\":[]}", "no member 'type'");
        refused("[]", "expected an object for Word");
        refused("null", "empty or null");
        refused("{\"type\":\"Grant\",\"tag\":\"x\"}", "Grant", "no member 'given'");
        refused("{\"type\":\"Hello\",\"from\":null,\"version\":1}", "Hello", "not valid");
        refused("{\"type\":\"Refusal\",\"tag\":\"x\",\"wanted\":\"MAYBE\"}", "unknown value 'MAYBE'", "[IN, OUT]");
        refused("{\"type\":\"Grant\",\"tag\":\"x\",\"given\":true} x", "");
        refused("{\"type\":\"Hello\",\"from\":\"A\",\"version\":\"99999999999999999999\"}", "");
        refused("{type:'Grant'}", "");
        refused("{\"type\":\"Grant\",\"tag\":{},\"given\":true}", "");
    }

    private void refused(String json, String... parts) {
        assertThatThrownBy(() -> codec.decode(json))
                .isInstanceOf(JsonParseException.class)
                .hasMessageContainingAll(parts);
    }

    @Test
    void membersOfANewerReleaseArePassedOn() {
        String newer = "{\"type\":\"Grant\",\"tag\":\"x\",\"given\":true,\"until\":7}";
        assertThat(codec.encode(codec.decode(newer))).isEqualTo(newer);
    }

    @Test
    void onlySealedInterfacesOfRecordsHaveACodec() {
        assertThatThrownBy(() -> Samples.CODEC.polymorphic(Runnable.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sealed interface");
        assertThatThrownBy(() -> Samples.CODEC.polymorphic(Bad.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be a record");
        assertThatThrownBy(() -> Samples.CODEC.polymorphic(Worse.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must not have a component 'type'");
    }

    sealed interface Bad {}

    static final class NoRecord implements Bad {}

    sealed interface Worse {}

    record Typed(String type) implements Worse {}
}
