package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Maintenance;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Parked;
import org.mainstay.cluster.lcd.ResourceType;
import org.mainstay.cluster.lcd.Restriction;
import org.mainstay.cluster.lcd.Switchback;
import org.mainstay.cluster.lcd.SystemEntry;
import org.mainstay.cluster.lcd.Wanted;

/** Every record of the model, with every kind of text and number, survives JSON and bytes exactly. */
class LcdCodecPropertyTest {
    private final LcdCodec codec = Samples.CODEC;

    private static final Arbitrary<String> TEXT = Arbitraries.strings().ofMaxLength(12);
    private static final Arbitrary<String> TAG =
            Arbitraries.strings().withCharRange(' ', '~').ofMinLength(1).ofMaxLength(12);
    private static final Arbitrary<Long> LONG = Arbitraries.longs();
    private static final Arbitrary<Boolean> BOOL = Arbitraries.of(true, false);
    private static final Arbitrary<Integer> PRIORITY = Arbitraries.integers().between(1, 99);

    private static Arbitrary<Ownership> ownership() {
        return Combinators.combine(
                        LONG,
                        TEXT,
                        Arbitraries.of(Wanted.class),
                        LONG,
                        BOOL,
                        TEXT.list().ofMaxSize(3),
                        PRIORITY)
                .as(Ownership::new);
    }

    private static Arbitrary<InstanceSettings> settings() {
        Arbitrary<Integer> seconds = Arbitraries.integers().between(0, InstanceSettings.MAX_CHECK_SECONDS);
        return Combinators.combine(
                        Arbitraries.of(InitOption.class), seconds, seconds, BOOL, Arbitraries.of(Switchback.class))
                .as(InstanceSettings::new);
    }

    private static Arbitrary<Instance> instances() {
        Arbitrary<Instance> plain = Combinators.combine(TAG, TEXT, TEXT, TEXT).as(Instance::create);
        Arbitrary<Map<String, String>> properties = Arbitraries.maps(TEXT, TEXT).ofMaxSize(3);
        return Combinators.combine(
                        plain, properties, Arbitraries.of(InstanceState.class), settings(), ownership(), LONG)
                .as((instance, map, state, settings, ownership, at) -> instance.withProperties(map, "1")
                        .withState(state, "because", at)
                        .withSettings(settings)
                        .withOwnership(ownership)
                        .withFailed(at % 2 == 0));
    }

    private static Arbitrary<Member> members() {
        return Combinators.combine(
                        Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(8),
                        TEXT,
                        Arbitraries.integers().between(1, 65_535),
                        TEXT)
                .as(Member::new);
    }

    private static Arbitrary<CommPath> paths() {
        // What begins with a slash is a device, which both ends would have to name.
        Arbitrary<String> address = TEXT.filter(text -> !text.startsWith("/"));
        return Combinators.combine(
                        TEXT,
                        TEXT,
                        address,
                        address,
                        PRIORITY,
                        Arbitraries.integers().between(50, 15_000),
                        Arbitraries.integers().between(2, 99))
                .as(CommPath::new);
    }

    private static Arbitrary<Handover> handovers() {
        return Combinators.combine(
                        TEXT,
                        TEXT,
                        TEXT,
                        Arbitraries.maps(TEXT, LONG).ofMaxSize(3),
                        Arbitraries.of(Handover.Step.class),
                        TEXT,
                        TEXT.list().ofMaxSize(2))
                .as(Handover::new);
    }

    private static <T> Arbitrary<LcdChange<?>> changes(LcdSection<T> section, Arbitrary<T> rows) {
        return Combinators.combine(TEXT, rows, Arbitraries.integers().between(0, 4))
                .as((key, row, kind) -> kind == 0 ? LcdChange.remove(section, key) : LcdChange.put(section, key, row));
    }

    @SuppressWarnings("unchecked") // an array of changes of all sections
    private static Arbitrary<LcdChange<?>> simpleChanges() {
        return Arbitraries.oneOf(List.of(
                changes(LcdSection.SYSTEMS, Combinators.combine(TEXT, TEXT).as(SystemEntry::new)),
                changes(LcdSection.TYPES, Combinators.combine(TEXT, TEXT).as(ResourceType::new)),
                changes(LcdSection.INSTANCES, instances()),
                changes(LcdSection.DEPENDENCIES, Combinators.combine(TEXT, TEXT).as(Dependency::new)),
                changes(
                        LcdSection.EQUIVALENCIES,
                        Combinators.combine(TEXT, TEXT, TEXT, TEXT, PRIORITY, PRIORITY)
                                .as(Equivalency::new)),
                changes(LcdSection.FLAGS, TEXT.map(Flag::new)),
                changes(LcdSection.PATHS, paths()),
                changes(
                        LcdSection.MEMBERSHIP,
                        Combinators.combine(LONG, members().list().ofMaxSize(3)).as(Membership::new)),
                changes(LcdSection.HANDOVERS, handovers()),
                changes(
                        LcdSection.ACTIONS,
                        Combinators.combine(TEXT, TEXT, LONG, TEXT, BOOL, Arbitraries.integers(), BOOL)
                                .as(BegunAction::new)),
                changes(LcdSection.PARKED, Combinators.combine(TEXT, BOOL).as(Parked::new)),
                changes(
                        LcdSection.MAINTENANCE,
                        Combinators.combine(TEXT, LONG, TEXT).as(Maintenance::new)),
                changes(
                        LcdSection.RESTRICTIONS,
                        Combinators.combine(TEXT, BOOL).as((server, both) -> new Restriction(server, true, both))),
                changes(LcdSection.JOBS, jobs())));
    }

    private static Arbitrary<MirrorJob> jobs() {
        Arbitrary<String> words = Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(8);
        Arbitrary<MirrorJob.End> ends = Combinators.combine(words, words, words).as(MirrorJob.End::new);
        Arbitrary<MirrorJob.Pair> pairs = Combinators.combine(ends, ends, Arbitraries.of(MirrorJob.Type.class))
                .as(MirrorJob.Pair::new);
        return Combinators.combine(
                        Arbitraries.integers()
                                .between(0, 0xffff)
                                .map(number -> String.format("00000000-0000-0000-0000-%012x", number)),
                        LONG,
                        BOOL,
                        words,
                        words,
                        pairs.list().ofMaxSize(3))
                .as(MirrorJob::new);
    }

    @Provide
    Arbitrary<List<LcdChange<?>>> allChanges() {
        Arbitrary<Operation> operations = Combinators.combine(
                        TEXT,
                        TEXT,
                        TEXT.list().ofMaxSize(2),
                        TEXT.list().ofMaxSize(2),
                        TEXT,
                        Arbitraries.of(Operation.State.class),
                        simpleChanges().list().ofMaxSize(3))
                .as(Operation::new);
        return Arbitraries.oneOf(List.of(simpleChanges(), changes(LcdSection.OPERATIONS, operations)))
                .list()
                .ofMaxSize(8);
    }

    @Property(tries = 400)
    void changesSurvive(@ForAll("allChanges") List<LcdChange<?>> changes) {
        String text = new String(LcdCodec.utf8(codec.encodeChanges(changes)), StandardCharsets.UTF_8);
        assertThat(codec.decodeChanges(text)).isEqualTo(changes);
    }

    @Property(tries = 400)
    void databasesSurvive(
            @ForAll("allChanges") List<LcdChange<?>> changes, @ForAll long incarnation, @ForAll String bootId) {
        Lcd lcd = Lcd.empty("A", incarnation).apply(changes).withBootId(bootId).committed();
        String text = new String(LcdCodec.utf8(codec.encode(lcd)), StandardCharsets.UTF_8);
        assertThat(codec.decode(text)).isEqualTo(lcd);
    }

    @Property(tries = 200)
    void commitsSurvive(@ForAll("allChanges") List<LcdChange<?>> changes, @ForAll String who, @ForAll long at) {
        JournalBody body = JournalBody.of(
                List.of(
                        DocumentChange.update("A", 3, 4, 9, "boot", changes),
                        DocumentChange.replace(Lcd.empty("B", 1).apply(changes)),
                        DocumentChange.forget("C")),
                new Origin(who, "A shell", at, ""));
        assertThat(JournalBody.decode(codec, body.encode(codec))).isEqualTo(body);
    }

    @Property(tries = 200)
    void snapshotsSurvive(@ForAll("allChanges") List<LcdChange<?>> changes, @ForAll String who) {
        Map<String, Lcd> documents = new HashMap<>();
        documents.put("A", Lcd.empty("A", 1).apply(changes));
        documents.put("B", Lcd.empty("B", 2).apply(changes).committed());
        List<HistoryEntry> history = new ArrayList<>();
        history.add(HistoryEntry.of(
                5,
                new Origin(who, who, 5, who),
                List.of(DocumentChange.update("A", 1, 1, 2, "", changes), DocumentChange.forget("Z"))));
        Snapshot snapshot = new Snapshot(
                "A",
                new java.util.UUID(1, 2),
                new StoreState(77, documents, history, new com.google.gson.JsonObject()));
        assertThat(Snapshot.decode(snapshot.encode(codec), codec)).isEqualTo(snapshot);
    }
}
