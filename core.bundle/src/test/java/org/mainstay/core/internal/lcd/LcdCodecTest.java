package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;

class LcdCodecTest {
    private final LcdCodec codec = new LcdCodec();

    private String changed(Change change) {
        JsonObject tree = JsonParser.parseString(codec.encode(Samples.own())).getAsJsonObject();
        change.on(tree);
        return tree.toString();
    }

    private interface Change {
        void on(JsonObject tree);
    }

    private static JsonObject vip(JsonObject tree) {
        return tree.getAsJsonObject("sections").getAsJsonObject("instances").getAsJsonObject("vip");
    }

    private void assertRefused(Change change, String... parts) {
        String json = changed(change);
        assertThatThrownBy(() -> codec.decode(json))
                .isInstanceOf(JsonParseException.class)
                .hasMessageContainingAll(parts);
    }

    @Test
    void schemaAndNamesArePartOfTheFormat() {
        JsonObject tree = JsonParser.parseString(codec.encode(Samples.own())).getAsJsonObject();
        assertThat(tree.keySet()).containsExactly("schema", "server", "incarnation", "version", "bootId", "sections");
        assertThat(tree.get("schema").getAsString()).isEqualTo("1.1");
        assertThat(vip(tree).get("state").getAsString()).isEqualTo("OSU");
        assertThat(vip(tree).getAsJsonObject("ownership").get("wanted").getAsString())
                .isEqualTo("OUT");
        assertThat(tree.getAsJsonObject("sections")
                        .getAsJsonObject("dependencies")
                        .keySet())
                .containsExactly("vip\tx");
    }

    @Test
    void whatIsWrongIsNamedWithItsPlace() {
        assertRefused(tree -> vip(tree).addProperty("state", "RUNNING"), "vip", "unknown value 'RUNNING'", "ISP");
        assertRefused(tree -> vip(tree).remove("reason"), "row 'vip' of section 'instances'", "no member 'reason'");
        assertRefused(tree -> vip(tree).addProperty("tag", ""), "vip", "not valid", "printable ASCII");
        assertRefused(tree -> vip(tree).add("changedAt", com.google.gson.JsonNull.INSTANCE), "must not be null");
        assertRefused(tree -> vip(tree).addProperty("settings", "none"), "expected an object");
        assertRefused(tree -> vip(tree).add("settings", com.google.gson.JsonNull.INSTANCE), "settings", "not be null");
        assertRefused(tree -> tree.remove("version"), "member 'version' must be a number");
        assertRefused(tree -> tree.addProperty("version", 1.5), "whole number");
        assertRefused(tree -> tree.addProperty("schema", "x"), "expected major.minor");
        assertRefused(tree -> tree.remove("sections"), "'sections' must be an object");
        assertThatThrownBy(() -> codec.decode("{\"schema\":\"1.0\"")).isInstanceOf(JsonParseException.class);
        assertThatThrownBy(() -> codec.decode("")).isInstanceOf(JsonParseException.class);
        assertThatThrownBy(() -> codec.decode("[]")).isInstanceOf(JsonParseException.class);
        assertThatThrownBy(() -> codec.decodeChanges("[{\"section\":\"instances\"}]"))
                .isInstanceOf(JsonParseException.class)
                .hasMessageContaining("'key'");
    }

    @Test
    void higherMajorSchemaIsRefusedAndSaysWhatToDo() {
        assertRefused(
                tree -> tree.addProperty("schema", "2.0"), "has schema 2.0", "reads up to 1.x", "install the release");
        assertThat(codec.decode(changed(tree -> tree.addProperty("schema", "1.9"))))
                .isEqualTo(Samples.own());
    }

    @Test
    void membersSectionsAndNestedMembersOfANewerReleaseSurvive() {
        String newer = changed(tree -> {
            tree.addProperty("schema", "1.3");
            tree.addProperty("sealedBy", "B");
            vip(tree).addProperty("colour", "red");
            vip(tree).getAsJsonObject("ownership").addProperty("lease", 17);
            tree.getAsJsonObject("sections").add("zones", JsonParser.parseString("{\"z1\":{\"a\":[1,2]},\"z2\":5}"));
            JsonObject member = tree.getAsJsonObject("sections")
                    .getAsJsonObject("membership")
                    .getAsJsonObject("membership")
                    .getAsJsonArray("members")
                    .get(1)
                    .getAsJsonObject();
            member.addProperty("site", "north");
        });
        JsonObject again =
                JsonParser.parseString(codec.encode(codec.decode(newer))).getAsJsonObject();
        JsonObject expected = JsonParser.parseString(newer).getAsJsonObject();
        expected.addProperty("schema", "1.1");
        assertThat(again).isEqualTo(expected);
    }

    @Test
    void rowsPassedOnInChangesKeepWhatIsNotKnown() {
        String json = codec.encodeChanges(List.of(LcdChange.put(
                        LcdSection.INSTANCES,
                        "vip",
                        Samples.own().instance("vip").orElseThrow())))
                .replace("\"failed\":false", "\"failed\":false,\"colour\":\"red\"");
        assertThat(json).contains("colour");
        List<LcdChange<?>> changes = codec.decodeChanges(json);
        Lcd applied = Samples.own().apply(changes);
        assertThat(codec.encode(applied)).contains("\"colour\":\"red\"");
        String zone = "[{\"section\":\"zones\",\"key\":\"z\",\"value\":{\"a\":1}}]";
        assertThat(codec.encodeChanges(codec.decodeChanges(zone))).isEqualTo(zone);
        assertThat(codec.encode(Samples.own().apply(codec.decodeChanges(zone))))
                .contains("\"zones\":{\"z\":{\"a\":1}}");
    }

    @Test
    void replacedRowsInheritWhatIsNotKnown() {
        Lcd read = codec.decode(changed(tree -> {
            vip(tree).addProperty("colour", "red");
            vip(tree).getAsJsonObject("settings").addProperty("pace", 3);
        }));
        Instance before = read.instance("vip").orElseThrow();
        Instance after = before.withState(InstanceState.ISP, "started", 5)
                .withSettings(before.settings().withQuickCheckSeconds(9));
        codec.inherit(before, after);
        String json = codec.encode(read.with(after));
        assertThat(json).contains("\"colour\":\"red\"").contains("\"pace\":3").contains("\"quickCheckSeconds\":9");
    }

    @Test
    void elementsOfListsInheritByName() {
        Membership before = codec.read(
                "{\"epoch\":1,\"members\":[{\"name\":\"A\",\"address\":\"x\",\"port\":1,\"keyPin\":\"\",\"site\":\"n\"}]}",
                Membership.class);
        Membership after = new Membership(2, List.of(new Member("B", "y", 2, ""), new Member("A", "z", 3, "")));
        codec.inherit(before, after);
        assertThat(codec.write(after, Membership.class))
                .isEqualTo("{\"epoch\":2,\"members\":["
                        + "{\"name\":\"A\",\"address\":\"z\",\"port\":3,\"keyPin\":\"\",\"site\":\"n\"},"
                        + "{\"name\":\"B\",\"address\":\"y\",\"port\":2,\"keyPin\":\"\"}]}");
    }

    @Test
    void halfSurrogatesSurviveBytes() {
        Lcd lcd = Samples.own()
                .with(Instance.create("t", "i", "a", "b")
                        .withState(
                                InstanceState.OSF, "cut \ud83d and \udc00 whole \ud83d\ude00 \u2028 \" \\ \u0000", 1));
        String text = new String(LcdCodec.utf8(codec.encode(lcd)), StandardCharsets.UTF_8);
        assertThat(codec.decode(text)).isEqualTo(lcd);
    }
}
