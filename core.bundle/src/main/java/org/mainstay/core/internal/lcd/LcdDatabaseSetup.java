package org.mainstay.core.internal.lcd;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.DatabaseSetup;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.cluster.lcd.SystemEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database while Mainstay is stopped: made by {@code node init} and {@code node join}, read by offline tools; under the
 * lock that the running server holds too.
 */
public final class LcdDatabaseSetup implements DatabaseSetup {
    private static final Logger LOG = LoggerFactory.getLogger(LcdDatabaseSetup.class);

    private final Clock clock;
    private final StoreSettings settings;

    /** For {@link java.util.ServiceLoader}. */
    public LcdDatabaseSetup() {
        this(Clock.systemUTC(), StoreSettings.DEFAULT);
    }

    LcdDatabaseSetup(Clock clock) {
        this(clock, StoreSettings.DEFAULT);
    }

    LcdDatabaseSetup(Clock clock, StoreSettings settings) {
        this.clock = clock;
        this.settings = settings;
    }

    /**
     * {@inheritDoc}
     *
     * <p>The incarnation is the time in seconds, so that a server that is made again under its old name is newer than what
     * peers may still hold of it. With a clock that is wrong it may be older; it then starts nothing before it has caught up
     * with its peers, as any server with an older database.
     */
    @Override
    public void create(Path dataDirectory, String server, Membership membership) throws IOException {
        long now = clock.millis();
        Lcd own = Lcd.empty(server, Math.max(1, now / 1000))
                .with(LcdSection.SYSTEMS, server, new SystemEntry(server, ""))
                .with(LcdSection.MEMBERSHIP, Membership.KEY, membership)
                .committed();
        LcdStore.create(dataDirectory, own, new Origin(Origin.SELF, server + " setup", now, ""));
        try {
            LcdStore.open(dataDirectory, new LcdCodec(), server).close(); // writes the readable file
        } catch (IOException e) {
            LOG.warn("the new database could not be read again at once; it is made nevertheless", e);
        }
    }

    @Override
    public Lcd read(Path dataDirectory) throws IOException {
        try (LcdStore store = LcdStore.open(dataDirectory, new LcdCodec(), "")) {
            if (store.damage().isPresent()) {
                throw new LcdStoreException(
                        LcdStoreException.Kind.DAMAGED, store.damage().get().sentence());
            }
            return store.own();
        }
    }

    /** What holds a server's name beside the database: docs/decisions/0285. */
    private static void requireSameMembers(Lcd before, Lcd after) {
        List<Member> members = after.membership().members();
        for (Member member : before.membership().members()) {
            if (members.stream().noneMatch(one -> one.name().equals(member.name()))) {
                throw new NameOfMember("the name of '" + member.name()
                        + "', a member of the cluster, cannot be replaced here. It need not be the name of the host: that may"
                        + " be changed without a change of Mainstay, so leave it out. How a server gets another name in the"
                        + " cluster without an outage: docs/administration.md, \"Another name for a server\"");
            }
        }
    }

    /** A value that must not be replaced, other than a database that would be invalid. */
    private static final class NameOfMember extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        NameOfMember(String message) {
            super(message);
        }
    }

    @Override
    public List<String> rewrite(Path dataDirectory, TextChange change, boolean dryRun) throws IOException {
        LcdCodec codec = new LcdCodec();
        try (LcdStore store = LcdStore.open(dataDirectory, codec, "", settings)) {
            if (store.damage().isPresent()) {
                throw new LcdStoreException(
                        LcdStoreException.Kind.DAMAGED, store.damage().get().sentence());
            }
            LcdRewrite rewrite = new LcdRewrite(codec, change);
            List<DocumentChange> changes = new ArrayList<>();
            try {
                Lcd own = rewrite.apply(store.own());
                requireSameMembers(store.own(), own);
                changes.add(DocumentChange.replace(own.committed()));
                for (Lcd copy : store.peers().values()) {
                    changes.add(DocumentChange.replace(rewrite.apply(copy)));
                }
            } catch (NameOfMember e) {
                throw e;
            } catch (JsonParseException | IllegalArgumentException e) {
                throw new IOException("the result would be no valid database: " + e.getMessage(), e);
            }
            if (!dryRun && !rewrite.changed().isEmpty()) {
                store.commit(changes, new Origin("root", store.server() + " lk_chg_value", clock.millis(), ""));
            }
            return rewrite.changed();
        }
    }
}
